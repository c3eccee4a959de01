/**
 * The Node.js and Python samples of the Cryptomus reference, as printed there, with only host and token
 * filled in. They ping more often here, and the server's time passes with their pings;
 * `OPENBOURSE_TEST_LONG=1` runs both as they are.
 */
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import {
  type Sample,
  sampleConnected,
  samplePong,
  samples,
  startSample,
} from "../support/reference-samples.ts";
import { isLong } from "../support/rounds.ts";
import { startServerInside } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { until } from "../support/until.ts";

const idleSeconds = 60;
/** What passes for the server from one ping of a sample to the next: the samples' own period, or less where a machine may be late. */
const periodSeconds = isLong ? 50 : 30;
/** After how long a sample really pings: the server looks once a second whose time is up. */
const pingSeconds = isLong ? 50 : 0.7;
/** A sample that outlives its first two timeouts is kept alive by its pings. */
const pongsWanted = Math.ceil((2 * idleSeconds) / periodSeconds);

/** Runs a sample beside a server with a clock of its own, which only this sample's pings move. */
async function withSample(
  { sample, period }: { readonly sample: Sample; readonly period: number },
  look: (place: {
    readonly lines: AsyncIterableIterator<string>;
    end(): void;
    pass(seconds: number): void;
    /** Connections that are open; the server counts them once in a second. */
    connections(): Promise<number | undefined>;
  }) => Promise<void>,
): Promise<void> {
  const clock = new SteppedClock();
  const pass = (seconds: number) => {
    if (!isLong) clock.pass(seconds);
  };
  const yaml = "exchange: {participants: {enabled: false}}\ndatasets: []";
  const server = await startServerInside({ clock, yaml });
  try {
    const token = await new CryptomusClient(server, server.demoUser(0)).token();
    const child = startSample(sample, { ws: server.ws, token, pingSeconds: period });
    await look({
      pass,
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
      // The Node.js sample's timer keeps it alive after its connection has gone.
      end: () => void child.kill("SIGKILL"),
      async connections() {
        pass(1);
        return await server.figure("openbourse_connections");
      },
    });
  } finally {
    await server.stop();
  }
}

describe.each(samples)("the reference's $name sample", { concurrent: true }, (sample) => {
  const { missing } = sample;
  const why = missing === undefined ? "" : ` (${missing})`;

  it.skipIf(missing !== undefined)(
    `stays connected past the timeout by its pings${why}`,
    async () => {
      await withSample({ sample, period: pingSeconds }, async ({ lines, end, pass }) => {
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
      });
    },
  );

  it.skipIf(missing !== undefined)(
    `is disconnected when it does not ping in time${why}`,
    async () => {
      const silent = { sample, period: 100 * idleSeconds };
      await withSample(silent, async ({ lines, end, pass, connections }) => {
        expect(await lines.next()).toMatchObject({ value: sampleConnected });
        await until(async () => expect(await connections()).toBe(1));
        pass(idleSeconds);
        await until(async () => expect(await connections()).toBe(0));
        end();
        expect(await lines.next()).toMatchObject({ done: true });
      });
    },
  );
});
