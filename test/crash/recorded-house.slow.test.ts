/**
 * A server that follows a venue and is pushed to, and four recorders, are killed at any moment, again and again. What
 * was acknowledged is stored once, what the venue traded is stored but for gaps that are told, the recorders' files
 * read to their last whole block, and what is in them is what was stored, heard and sent.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { inspectRecording } from "../../server/src/recordings/recording.ts";
import { recordedFiles } from "../../server/src/recordings/rotating-files.ts";
import { readTrades } from "../../server/src/recordings/trade-file.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { runHere } from "../support/command-here.ts";
import { type RecordedLine, recordedLines } from "../support/recorded-lines.ts";
import { rounds } from "../support/rounds.ts";
import { until, untilTrue } from "../support/until.ts";
import { madeUpHtx } from "../support/venues/htx.ts";
import { VenuePlayer, type VenueTrade } from "../support/venues/player.ts";
import { overHttp, Producer, storedTrades } from "./push-producer.ts";
import { RecordedHouse, recorders } from "./recorded-house.ts";

const kills = rounds(recorders.length + 1, 60);
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const tickers = ["BTC/USDT", "BTT/ETH"];

/** Trades that are acknowledged before a kill, at most; the kill comes in the middle of what follows. */
const acknowledgedMax = 400;
/** Frames that the venue has to tell, ten in a second of its time. */
const framesMax = 40_000;
const venueSpeed = 4;
/** How long the producer waits between two batches, in milliseconds: it is not what is measured here. */
const paceMs = 50;

it(`keep what was acknowledged, stored and recorded, over ${kills} kills (seed ${seed})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-recorded-house-"));
  const random = new Random(seed, "kills");
  const player = await VenuePlayer.open(madeUpHtx(tickers, framesMax));
  const pace = () => pause(paceMs);
  const producer = new Producer(random, { way: overHttp, agoMsMax: 1_000, pace });
  const yaml = yamlOf(player);
  const house = new RecordedHouse({ folder, yaml, producer, tickers });
  await house.startServer();
  for (const recorder of house.recorders) await recorder.start();
  void player.play({ speed: venueSpeed });
  for (let kill = 0; kill < kills; kill += 1) {
    const enough = producer.acknowledged.length + 1 + random.below(acknowledgedMax);
    await untilTrue(() => producer.acknowledged.length >= enough);
    await killOne(house, victimOf(kill, random));
  }
  await untilRecorded(house, player);
  await house.stopServer("SIGTERM");
  for (const recorder of house.recorders) expect(await recorder.stop("SIGTERM")).toBe(0);
  await player.close();
  await recordTheRest(folder, house);

  await expectPushed(house, producer);
  await expectFollowed(house, player);
  for (const [dataset, names] of [["htx", tickers] as const, ["desk", ["A/B"]] as const]) {
    await expectRecorded(house, dataset, names);
  }
  const lines = (name: string) => recordedLines({ folder: house.output, name });
  expectFrames(await lines("htx-venue"), player);
  expectSent(await lines("sent"), house.received);
  rmSync(folder, { recursive: true, force: true });
});

function yamlOf({ settings }: VenuePlayer): string {
  const feed = { kind: "ccxt", exchange: "htx", tickers, settings };
  return [
    "exchange: { enabled: false }",
    // What is sent again after a kill is never too late, however busy the machine is.
    "bars: { latenessMs: 120000 }",
    `datasets: [{ code: desk, feed: { kind: push } }, { code: htx, feed: ${JSON.stringify(feed)} }]`,
    "",
  ].join("\n");
}

/** Each once, and then the server as often as all recorders together. */
function victimOf(kill: number, random: Random): number | "server" {
  if (kill <= recorders.length) return kill < recorders.length ? kill : "server";
  return random.chance(0.5) ? "server" : random.below(recorders.length);
}

async function killOne(house: RecordedHouse, victim: number | "server"): Promise<void> {
  if (victim === "server") {
    await house.stopServer("SIGKILL");
    await house.startServer();
    return;
  }
  const recorder = house.recorders[victim];
  await recorder?.stop("SIGKILL");
  await recorder?.start();
}

/** After the last kill everything works again: what comes now is recorded. */
async function untilRecorded({ output }: RecordedHouse, { traded }: VenuePlayer): Promise<void> {
  const fromUs = Date.now() * 1_000;
  const count = traded.length;
  await until(async () => {
    const frames = await recordedLines({ folder: output, name: "htx-venue" });
    const newest = new Set(frames.flatMap(framedTrades).map(({ id }) => id));
    expect(traded.slice(count).some(({ id }) => newest.has(id))).toBe(true);
    const sent = await recordedLines({ folder: output, name: "sent" });
    expect(sent.some(({ t, ts }) => t === "sent" && ts * 1e6 > fromUs)).toBe(true);
  });
}

/** What a recorder leaves to the next one, since its minute may still change. */
async function recordTheRest(folder: string, { data, output }: RecordedHouse): Promise<void> {
  const config = join(folder, "at-rest.yaml");
  writeFileSync(config, `data: ${data}\ndatasets: [{ code: desk }, { code: htx }]\n`);
  for (const dataset of ["desk", "htx"]) {
    const args = ["record", "--config", config, "--dataset", dataset, "--output", output, "--once"];
    const { code, stderr } = await runHere(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining("trades of dataset")]);
  }
}

async function expectPushed({ data }: RecordedHouse, { acknowledged }: Producer): Promise<void> {
  const stored = (await storedTrades(data, "desk", "A/B")).map(({ id }) => Number(id));
  expect(stored.toSorted(byNumber)).toEqual(acknowledged.toSorted(byNumber));
}

/** From the first trade on that is stored all are, each once, but for those in gaps that are told. */
async function expectFollowed({ data }: RecordedHouse, player: VenuePlayer): Promise<void> {
  for (const ticker of tickers) {
    const stored = (await storedTrades(data, "htx", ticker)).map(({ id }) => String(id));
    const has = new Set(stored);
    expect(stored.length).toBe(has.size);
    const traded = player.traded.filter((trade) => trade.ticker === ticker);
    const ids = traded.map(({ id }) => id);
    expect(stored.length).toBeGreaterThan(10);
    const known = new Set(ids);
    expect(stored.filter((id) => !known.has(id))).toEqual([]);
    const gaps = await gapsOf(data, ticker);
    const span = traded.slice(
      ids.findIndex((id) => has.has(id)),
      ids.findLastIndex((id) => has.has(id)),
    );
    const untold = span.filter(({ id, timeMs }) => {
      const us = timeMs * 1_000;
      return !has.has(id) && !gaps.some(({ fromUs, toUs }) => fromUs <= us && us < toUs);
    });
    expect(untold).toEqual([]);
  }
}

async function gapsOf(data: string, ticker: string) {
  const store = openDatasetStore(dataFolder(data).datasetsFolder);
  const all = { dataset: "htx", ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const coverage = await store.coverage(all);
  await store.close();
  if (isUnanswered(coverage)) throw new Error("the store cannot be read");
  return coverage.gaps;
}

/** The trades in the files are those that are stored. */
async function expectRecorded(
  { data, output }: RecordedHouse,
  dataset: string,
  names: readonly string[],
): Promise<void> {
  const recorded: string[] = [];
  for (const path of await recordedFiles({ folder: output, name: dataset })) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    const context = { count: () => undefined, warn: () => undefined };
    const options = { recording, format: { kind: "auto" }, context, isQuiet: false } as const;
    for await (const block of readTrades(options)) {
      if (block.kind === "failed") throw new Error(block.reason);
      recorded.push(...block.trades.map(({ symbol, id }) => `${symbol} ${id}`));
    }
  }
  const stored: string[] = [];
  for (const ticker of names) {
    const trades = await storedTrades(data, dataset, ticker);
    stored.push(...trades.map(({ id }) => `${ticker} ${id}`));
  }
  expect(recorded.toSorted()).toEqual(stored.toSorted());
}

/** The frames are the venue's, in their order, each once; where some are missing a gap or an end of a connection is told. */
function expectFrames(lines: readonly RecordedLine[], { traded }: VenuePlayer): void {
  const places = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { ticker, id } of traded) {
    const count = counts.get(ticker) ?? 0;
    places.set(`${ticker} ${id}`, count);
    counts.set(ticker, count + 1);
  }
  const last = new Map<string, { readonly place: number; readonly breaks: number }>();
  let breaks = 0;
  for (const line of lines) {
    if (line.t === "gap" || line.t === "connect" || line.t === "close") breaks += 1;
    for (const { ticker, id } of framedTrades(line)) {
      const place = places.get(`${ticker} ${id}`) ?? Number.NaN;
      const before = last.get(ticker);
      const isNext = before === undefined || place === before.place + 1;
      const isTold = before !== undefined && before.breaks < breaks && place > before.place;
      expect(isNext || isTold, `${ticker} ${id} behind ${before?.place}`).toBe(true);
      last.set(ticker, { place, breaks });
    }
  }
  expect(last.size).toBe(tickers.length);
}

/** The trades of a frame. */
function framedTrades({ t, b64 = "" }: RecordedLine): readonly Pick<VenueTrade, "ticker" | "id">[] {
  if (t !== "recv") return [];
  const text = String(gunzipSync(Buffer.from(b64, "base64")));
  const symbol = /"ch":"market\.(\w+)\.trade\.detail"/.exec(text)?.[1];
  const ticker = tickers.find((name) => name.replace("/", "").toLowerCase() === symbol);
  if (ticker === undefined) return [];
  return [...text.matchAll(/"tradeId":(\d+)/g)].map(([, id = ""]) => ({ ticker, id }));
}

/** What is recorded between two gaps is what the client received in a row. */
function expectSent(lines: readonly RecordedLine[], received: readonly string[]): void {
  let at = 0;
  let run: string[] = [];
  const check = () => {
    const from = startOf(run, received, at);
    expect(from, `${run.length} messages behind ${at}: ${run[0]}`).toBeGreaterThanOrEqual(0);
    at = from + run.length;
    run = [];
  };
  for (const { t, to = [], data = "" } of lines) {
    if (t === "gap" || t === "connect" || t === "open") check();
    if (t === "sent" && to.includes(1)) run.push(data);
  }
  check();
  expect(at).toBe(received.length);
}

function startOf(run: readonly string[], all: readonly string[], from: number): number {
  for (let at = from; at + run.length <= all.length; at += 1) {
    if (run.every((text, n) => text === all[at + n])) return at;
  }
  return -1;
}

const byNumber = (left: number, right: number) => left - right;
