/**
 * `openbourse record` as it is called: a dataset is recorded, and what is played from its files is the same
 * client stream, byte for byte; a WebSocket is recorded as it came.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { minuteInterval } from "../../server/src/marketdata/bars/interval.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { blocksOf } from "../../server/src/recordings/blocks.ts";
import { inspectRecording, readRecording } from "../../server/src/recordings/recording.ts";
import { makeKey } from "../crash/push-producer.ts";
import { runHere } from "../support/command-here.ts";
import { startServerHere } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";
import { openStream } from "../support/stream-client.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-record-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tickers = ["BTC/USDT", "ETH/USDT"];

/** A made-up tape: two tickers, minutes without trades, several trades in one moment. */
function tape(): string {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let ms = Date.UTC(2024, 7, 8, 12, 0, 3);
  const rows = Array.from({ length: 800 }, (_, n) => {
    ms += random() < 0.3 ? 0 : Math.floor(random() * (random() < 0.03 ? 150_000 : 1_500));
    const price = (100 + random() * 5).toFixed(2);
    const side = random() < 0.5 ? "buy" : "sell";
    return `${ms},${tickers[n % 2]},${n},${price},${(random() + 0.01).toFixed(3)},${side}`;
  });
  return `timestamp,symbol,id,price,amount,side\n${rows.join("\n")}\n`;
}

/** Everything that a client of all bars is sent while files are played from their beginning to their end. */
async function played(data: string, files: string) {
  const feed = { kind: "replay", files: [files], speed: "max", start: "first-subscription" };
  const house = await startServerHere({
    data: join(folder, data),
    settings: { "exchange.enabled": false, datasets: [{ code: "tape", feed }] },
  });
  const client = await openStream(`${house.ws}/v1?apikey=${house.server.demoKey}`);
  const topic = { dataset: "tape", channel: "bars", frequency: "1s", aggregation: "1m" };
  client.send({ event: "subscribe", tickers, ...topic });
  await until(() => expect(house.server.feeds[0]?.state).toBe("finished"));
  // Its answer comes behind everything that was sent before.
  client.send({ event: "heartbeat" });
  await client.until(({ json }) => json["event"] === "heartbeat");
  const texts = client.received.map(({ text }) => text).slice(0, -1);
  expect(texts.length).toBeGreaterThan(100);
  await client.close();
  await house.server.stop();
  return texts;
}

describe("a recorded dataset", () => {
  it("is the same stream, byte for byte, when its files are played on the recorded clock", async () => {
    writeFileSync(join(folder, "tape.csv"), tape());
    const original = await played("first", join(folder, "tape.csv"));
    const config = join(folder, "openbourse.yaml");
    writeFileSync(
      config,
      `data: ${join(folder, "first")}\nexchange: {enabled: false}\ndatasets:\n  - {code: tape, feed: {kind: replay, files: [${join(folder, "tape.csv")}]}}\n`,
    );
    const output = join(folder, "recorded");
    const recorded = await runHere([
      "record",
      "--config",
      config,
      "--dataset",
      "tape",
      "--output",
      output,
      "--once",
    ]);
    expect(recorded.stderr).toContain("800 trades of dataset tape");
    expect(recorded.code).toBe(0);

    const again = await played("second", output);
    expect(again).toEqual(original);

    const more = await runHere([
      "record",
      "--config",
      config,
      "--dataset",
      "tape",
      "--output",
      output,
      "--once",
    ]);
    expect(more.stderr).toContain("going on after 2024-08-08");
    expect(more.stderr).toContain("0 trades of dataset tape");
  });

  it("that a producer pushed gives the same bars when it is played", async () => {
    const clock = new StandingClock(Date.UTC(2024, 7, 8, 12) * 1_000);
    const data = join(folder, "pushed");
    const house = await startServerHere({
      ...{ data, clock },
      settings: { "exchange.enabled": false, datasets: [{ code: "desk", feed: { kind: "push" } }] },
    });
    const key = makeKey(data);
    for (let round = 0; round < 12; round += 1) {
      // Some are told after later ones.
      const rows = Array.from({ length: 20 }, (_, n) => ({
        ...{ ticker: tickers[n % 2], id: round * 20 + n, price: `${100 + ((n * 7) % 13)}.25` },
        ...{ quantity: `0.${n + 1}`, time: clock.nowUs() - n * 370_000 },
      }));
      const reply = await fetch(`${house.http}/openbourse/v1/ingest/desk`, {
        method: "POST",
        headers: { authorization: `apikey ${key}` },
        body: rows.map((row) => JSON.stringify(row)).join("\n"),
      });
      expect(reply.status).toBe(200);
      clock.pass(17);
    }
    await house.server.stop();
    const config = join(folder, "pushed.yaml");
    writeFileSync(config, `data: ${data}\nexchange: {enabled: false}\ndatasets: [{code: desk}]\n`);
    const output = join(folder, "pushed-recorded");
    const args = ["record", "--config", config, "--dataset", "desk", "--output", output, "--once"];
    expect((await runHere(args)).stderr).toContain("240 trades of dataset desk");

    const again = join(folder, "pushed-played");
    const feed = { kind: "replay", files: [output], speed: "max" };
    const player = await startServerHere({
      data: again,
      settings: { "exchange.enabled": false, datasets: [{ code: "desk", feed }] },
    });
    await until(() => expect(player.server.feeds[0]?.state).toBe("finished"));
    await player.server.stop();
    const bars = await storedBars(data);
    expect(bars.length).toBeGreaterThan(7);
    expect(await storedBars(again)).toEqual(bars);
  });
});

/** All stored minutes; how often one was revised is no figure of it. */
async function storedBars(data: string): Promise<readonly object[]> {
  const store = openDatasetStore(dataFolder(data).datasetsFolder);
  const all = { dataset: "desk", fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, limit: 10_000 };
  const found: object[] = [];
  for (const ticker of tickers) {
    const query = { ...all, ticker, interval: minuteInterval, order: "oldest-first" } as const;
    const answer = await store.bars(query);
    if (isUnanswered(answer)) throw new Error("the store cannot be read");
    found.push(...answer.bars.map((bar) => ({ ticker, ...bar, revision: 0 })));
  }
  await store.close();
  return found;
}

const market = {
  ...{ ticker: "BTC/USDT", startPrice: "50000", tickSize: "0.01", lotSize: "0.001" },
  ...{ medianQuantity: "1", tradesPerSecond: 50 },
};

describe("a recorded WebSocket", () => {
  it("has every message as it came, and no key", async () => {
    const feed = { kind: "simulator", tickers: [market] };
    const house = await startServerHere({
      data: join(folder, "stream"),
      settings: { "exchange.enabled": false, datasets: [{ code: "sim", feed }] },
    });
    const output = join(folder, "streams");
    const topic = { dataset: "sim", channel: "bars", frequency: "1s", aggregation: "1m" };
    const send = JSON.stringify({ event: "subscribe", tickers: ["BTC/USDT"], ...topic });
    const url = `${house.ws}/v1?apikey=${house.server.demoKey}`;
    const recording = runHere([
      ...["record", "--url", url, "--send", send, "--output", output, "--once"],
    ]);
    const files = () => readdirSync(output).map((file) => join(output, file));
    await until(async () => {
      const counts = (await blocksOf(files()[0] ?? "")).blocks.map(({ lines }) => lines);
      expect(counts.reduce((sum, lines) => sum + lines, 0)).toBeGreaterThan(3);
    });
    await house.server.stop();
    const { code, stderr } = await recording;
    expect([code, stderr]).toEqual([1, expect.stringContaining("the connection was closed: 1001")]);

    const inspected = await inspectRecording(files()[0] ?? "");
    if ("kind" in inspected) throw new Error(inspected.reason);
    const lines: { t: string; data?: string; addr?: string }[] = [];
    for await (const block of readRecording(inspected)) {
      if (block.kind === "lines") {
        lines.push(
          ...block.lines.filter((line) => line !== "").map((line) => JSON.parse(line ?? "")),
        );
      }
    }
    expect(lines.slice(0, 2)).toMatchObject([
      { t: "connect", addr: `${house.ws}/v1` },
      { t: "send", data: send },
    ]);
    expect(lines.at(-1)?.t).toBe("close");
    const received = lines.filter(({ t }) => t === "recv").map(({ data = "" }) => JSON.parse(data));
    expect(received[0]).toMatchObject({ event: "subscribe", status: "success" });
    expect(JSON.stringify(lines)).not.toContain(house.server.demoKey);
    expect(
      readFileSync(files()[0] ?? "")
        .subarray(0, 4)
        .toString("hex"),
    ).toBe("5b2a4d18");
  });
});

describe("a recording refuses", () => {
  it.each([
    [["--dataset", "tape", "--url", "ws://x"], "name what is recorded"],
    [["--sent", "--venue", "tape"], "name what is recorded"],
    [["--sent", "--send", "x"], "--send is for --url"],
    [["--sent", "--name", "a/b"], "--name is a word"],
    [[], "name what is recorded"],
    [["--url", "http://x"], "is no address of a WebSocket"],
    [
      ["--dataset", "tape", "--file-size", "64", "--disk-size", "100"],
      "at least twice --file-size",
    ],
  ])("%j", async (args, words) => {
    const { code, stderr } = await runHere(["record", ...args, "--output", join(folder, "none")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
