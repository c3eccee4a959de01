/** What clients of a session are told at a moment, whichever way its clock came there: over REST and by the stream. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-session-states-"));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const random = new Random(seed, "states");
const startMs = Date.UTC(2024, 7, 8, 10);
const lengthS = 900;
const tickers = ["A/B", "C/B"];
const clock = new StandingClock();
let house: ServerHere;

function file(name: string): string {
  const rows: string[] = [];
  let ms = startMs;
  for (let id = 0; ms < startMs + lengthS * 1_000; id += 1) {
    const price = `${100 + random.below(40)}.${random.below(100)}`;
    rows.push(`${id},${ms},${price},${1 + random.below(9)}e-1,${tickers[random.below(2)]}\n`);
    ms += random.below(100) === 0 ? random.below(20_000) : random.below(700);
  }
  const path = join(folder, name);
  writeFileSync(path, `id,time,price,quantity,symbol\n${rows.join("")}`);
  return path;
}

beforeAll(async () => {
  const feed = (name: string) => ({ kind: "replay", files: [file(name)] });
  const datasets = ["one", "two"].map((code) => ({ code, feed: feed(`${code}.csv`) }));
  house = await startServerHere({
    data: join(folder, "data"),
    clock,
    settings: { "exchange.enabled": false, datasets, "limits.restCallsPerMinuteMax": 100_000 },
  });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

const url = (path: string) =>
  `${house.http}${path}${path.includes("?") ? "&" : "?"}apikey=${house.server.demoKey}`;
const act = async (session: string, action: string, body: object = {}) => {
  const reply = await fetch(url(`/openbourse/v1/replay/${action}?session=${session}`), {
    ...{ method: "POST", body: JSON.stringify(body) },
  });
  expect(reply.status, `${action} of ${session}`).toBe(200);
  return (await reply.json()) as { at: number | null };
};
const seek = (session: string, seconds: number) =>
  act(session, "seek", { to: startMs / 1_000 + seconds });

/** A session that stands at its beginning. */
async function begun(session: string): Promise<void> {
  await act(session, "pause");
  await until(async () => expect((await act(session, "pause")).at).toBe(startMs / 1_000));
}

/** Ways to a second of the recording. */
const ways: Readonly<Record<string, (session: string, toS: number) => Promise<unknown>>> = {
  async played(session, toS) {
    await act(session, "speed", { speed: 100 });
    await act(session, "play");
    for (let piece = 0; piece < 4; piece += 1) clock.pass(toS / 400);
    await act(session, "pause");
  },
  forward: seek,
  async back(session, toS) {
    await seek(session, lengthS + 300);
    await seek(session, toS);
  },
  async around(session, toS) {
    for (let jump = 0; jump < 4; jump += 1) await seek(session, random.below(lengthS));
    await seek(session, toS);
  },
};

/** All that REST says of a session, and all that the stream says after another second. */
async function told(session: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const dataset of ["one", "two"]) {
    for (const ticker of tickers) {
      const of = `dataset=${dataset}&ticker=${ticker}&session=${session}`;
      for (const path of [
        ...["1m", "5m", "1h"].map((interval) => `time_series?interval=${interval}&${of}`),
        ...["trades", "price", "ticker/snapshot"].map((name) => `${name}?${of}`),
      ]) {
        const reply = await fetch(url(`/latest/${path}`));
        found[`${path.split("&")[0]} ${dataset} ${ticker}`] =
          `${reply.status} ${await reply.text()}`;
      }
    }
  }
  const stream = await openStream(
    `${house.ws}/v1?apikey=${house.server.demoKey}&session=${session}`,
  );
  const bars = (event: string, dataset: string) => ({
    ...{ event, dataset, tickers, channel: "bars", frequency: "1s", aggregation: "1m" },
  });
  for (const dataset of ["one", "two"]) await stream.ask(bars("subscribe", dataset));
  const { at } = await act(session, "step", { step: "second" });
  await stream.ask(bars("unsubscribe", "one"));
  await stream.close();
  const frames = stream.received.map(({ text }) => text).filter((text) => text.includes('"o":'));
  expect(frames.length).toBeGreaterThan(0);
  return { ...found, stream: `${at} ${frames.toSorted().join("\n")}` };
}

const hashOf = (values: object) =>
  createHash("sha256").update(JSON.stringify(values)).digest("hex");

describe(`a session's clock (seed ${seed})`, () => {
  it("leads to one state of a moment, whichever way it comes there", async () => {
    const hashes = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      // So late in a minute that something has been traded in it.
      const toS = 60 * random.below(lengthS / 60 - 1) + 25 + random.below(30);
      const states: Record<string, Readonly<Record<string, string>>> = {};
      for (const [name, go] of Object.entries(ways)) {
        await begun(name);
        await go(name, toS);
        states[name] = await told(name);
        await act(name, "end");
      }
      for (const [name, state] of Object.entries(states)) {
        expect(state, `${name} to ${toS}`).toEqual(states["played"]);
        hashes.add(hashOf(state));
      }
    }
    // One for each moment.
    expect(hashes.size).toBe(2);
  });
});
