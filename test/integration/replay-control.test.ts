/** `openbourse replay-control` as an operator calls it, and a recording that is played twice. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-replay-control-"));
const startMs = Date.UTC(2024, 7, 8, 10);
const tape = (name: string, seconds: readonly number[]) => {
  const path = join(folder, name);
  const rows = seconds.map((s, id) => `${id},${startMs + s * 1_000},${100 + (id % 7)},1\n`);
  writeFileSync(path, `id,time,price,quantity\n${rows.join("")}`);
  return path;
};
const data = join(folder, "data");
const feed = (path: string) => ({ kind: "replay", files: [path], ticker: "BTC/USDT" });
let house: ServerHere;

beforeAll(async () => {
  const datasets = [
    { code: "one", feed: feed(tape("one.csv", [0, 20, 600])) },
    { code: "two", feed: feed(tape("two.csv", [113, 200, 600])) },
    { code: "fast", feed: { ...feed(tape("fast.csv", [0, 900])), speed: 2 } },
  ];
  house = await startServerHere({ data, settings: { "exchange.enabled": false, datasets } });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

const control = (...args: readonly string[]) =>
  runHere(["replay-control", ...args, "--data", data]);

describe("replay-control", () => {
  it("moves recordings that share a clock, and tells where they are", async () => {
    // A clock begins once its recordings have been looked at.
    await until(async () =>
      expect((await control("status")).stdout).toMatch(/^one, two: playing at 2024/m),
    );
    expect(await control("pause", "--dataset", "two")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^one, two: paused at 2024-08-08T10:00:\d\d\.\d{3}Z, speed 1\n$/,
      ),
    });
    await control("seek", "2024-08-08T10:01:00Z", "--dataset", "one");
    expect(await control("step", "trade", "--dataset", "one")).toMatchObject({
      stdout: "one, two: paused at 2024-08-08T10:01:53.000Z, speed 1\n",
    });
    await control("seek", "2024-08-08T10:00:10Z", "--dataset", "one");
    await control("speed", "0.5", "--dataset", "one");
    const { stdout } = await control("status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      replays: [
        {
          ...{ datasets: ["one", "two"], state: "paused", speed: 0.5 },
          ...{ marketUs: (startMs + 10_000) * 1_000, firstUs: startMs * 1_000 },
        },
        { datasets: ["fast"], state: "playing", speed: 2 },
      ],
    });
  });

  it.each([
    [["pause"], "there are several clocks: name one by a dataset of it (one, two; fast)"],
    [["pause", "--dataset", "three"], "dataset three is no replay; those are one, two; fast"],
    [["seek", "yesterday", "--dataset", "one"], "name the moment, as: seek 2024-08-08T10:00:00Z"],
    [["speed", "0", "--dataset", "one"], "name the speed, as: speed 10, or speed max"],
    [["step", "year", "--dataset", "one"], "a step is a trade, a second or a bar, not year"],
  ])("says of %j what would be right", async (args, words) => {
    const answer = await control(...args);
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain(words);
  });

  it("says that no server runs where none does", async () => {
    const answer = await runHere(["replay-control", "status", "--data", join(folder, "none")]);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("no server runs on the data folder");
  });
});

describe("two replays of one file", () => {
  it.each([
    [
      "current",
      '"dataset":"d","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m"',
    ],
    [
      "first",
      '"publisher":"d","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m"',
    ],
  ])(
    "send their clients the same bytes on the recorded clock, at whatever speed (%s generation)",
    async (generation, request) => {
      const seconds = Array.from({ length: 400 }, (_, at) => Math.floor(at * 1.7 * 10) / 10);
      const path = tape(`twice-${generation}.csv`, seconds);
      const streams: string[][] = [];
      for (const speed of [3_000, "max"]) {
        const settings = { "exchange.enabled": false };
        const dataset = { code: "d", feed: { ...feed(path), speed, start: "first-subscription" } };
        const once = await startServerHere({
          data: join(folder, `data-${generation}-${speed}`),
          settings: { ...settings, datasets: [dataset] },
        });
        streams.push(await framesOf(once, request));
        await once.server.stop();
      }
      expect(streams[1]).toEqual(streams[0]);
    },
  );
});

/** So many of the bars that a client is sent; that is nearly all of them. */
const comparedFrames = 640;

async function framesOf({ ws, server }: ServerHere, request: string): Promise<string[]> {
  const socket = new WebSocket(`${ws}/v1?apikey=${server.demoKey}`);
  const frames: string[] = [];
  const over = Promise.withResolvers<void>();
  socket.onmessage = ({ data: text }) => {
    const message = String(text);
    if (message.includes('"p"') || message.includes('"t":')) frames.push(message);
    if (frames.length === comparedFrames) over.resolve();
  };
  socket.onopen = () => socket.send(`{"event":"subscribe",${request}}`);
  await over.promise;
  socket.close();
  return frames.slice(0, comparedFrames);
}
