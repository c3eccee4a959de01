/**
 * The Node.js and Python samples of the Cryptomus reference, as printed there, with only host and token
 * filled in. They ping more often here, and the server's time passes with their pings;
 * `OPENBOURSE_TEST_LONG=1` runs both as they are.
 */
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import {
  type Sample,
  sampleConnected,
  samplePong,
  samples,
  startSample,
} from "../support/reference-samples.ts";
import { isLong } from "../support/rounds.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";

const idleSeconds = 60;
/** What passes for the server from one ping of a sample to the next: the samples' own period, or less where a machine may be late. */
const periodSeconds = isLong ? 50 : 30;
/** After how long a sample really pings: the server looks once a second whose time is up. */
const pingSeconds = isLong ? 50 : 0.7;
/** A sample that outlives its first two timeouts is kept alive by its pings. */
const pongsWanted = Math.ceil((2 * idleSeconds) / periodSeconds);

const clock = new SteppedClock();
const pass = (seconds: number) => {
  if (!isLong) clock.pass(seconds);
};

let server: ServerInside;
beforeAll(async () => {
  const yaml = "exchange: {participants: {enabled: false}}\ndatasets: []";
  server = await startServerInside({ clock, yaml });
});
afterAll(() => server.stop());

/** Starts a sample, and gives what it says. */
async function start(sample: Sample, period: number) {
  await expect.poll(connections).toBe(0);
  const token = await new CryptomusClient(server, server.demoUser(0)).token();
  const child = startSample(sample, { ws: server.ws, token, pingSeconds: period });
  return {
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    // The Node.js sample's timer keeps it alive after its connection has gone.
    end: () => child.kill("SIGKILL"),
  };
}

describe.each(samples)("the reference's $name sample", (sample) => {
  const { missing } = sample;
  const why = missing === undefined ? "" : ` (${missing})`;

  it.skipIf(missing !== undefined)(
    `stays connected past the timeout by its pings${why}`,
    async () => {
      const { lines, end } = await start(sample, pingSeconds);
      const said: string[] = [];
      for await (const line of lines) {
        said.push(line);
        if (said.length > pongsWanted) end();
        else pass(periodSeconds);
      }
      expect(said).toEqual([
        sampleConnected,
        ...Array.from({ length: pongsWanted }, () => samplePong),
      ]);
    },
  );

  it.skipIf(missing !== undefined)(
    `is disconnected when it does not ping in time${why}`,
    async () => {
      const { lines, end } = await start(sample, 100 * idleSeconds);
      expect(await lines.next()).toMatchObject({ value: sampleConnected });
      await expect.poll(connections).toBe(1);
      pass(idleSeconds);
      await expect.poll(connections).toBe(0);
      end();
      expect(await lines.next()).toMatchObject({ done: true });
    },
  );
});

/** Connections that are open; the server counts them once in a second. */
async function connections(): Promise<number> {
  pass(1);
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(/^openbourse_connections (\d+)$/m.exec(text)?.[1]);
}
