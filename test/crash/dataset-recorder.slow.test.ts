/** Kills a process that records a dataset, again and again, and looks at what is stored and what was published. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import type { Bar } from "../../server/src/marketdata/bars/bar.ts";
import { secondsInterval } from "../../server/src/marketdata/bars/interval.ts";
import { atFinest, naiveBars } from "../../server/src/marketdata/bars/naive-bar.fixture.ts";
import type { DatasetStore } from "../../server/src/ports/dataset-store.ts";
import { isStorageFailure } from "../../server/src/ports/dataset-store.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { programFile } from "../support/programs.ts";
import { rounds } from "../support/rounds.ts";
import { sourceStartUs, sourceTickers, tradeOf } from "./dataset-recorder-source.ts";

const kills = rounds(5, 60);
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const minuteUs = 60_000_000;

const program = await programFile("datasetRecorderLife");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-recorder-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A minute as it was published. */
interface Published {
  readonly startUs: number;
  readonly ticker: string;
  readonly tradeCount: number;
  readonly state: string;
  readonly sequence: number;
}

/** What one life has said until it was killed. */
interface KilledLife {
  readonly published: readonly Published[];
  readonly epoch: string;
  readonly lastUs: number;
}

/** Lets a process that waits begin at a time, and kills it after so many lines. */
async function liveAndKill(
  child: ChildProcessWithoutNullStreams,
  startUs: number,
  lines: number,
): Promise<KilledLife> {
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const published: Published[] = [];
  let [epoch, lastUs, seen] = ["", startUs, 0];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    const [kind, first = "", ticker = "", count, state = "", sequence] = line.split(" ");
    if (kind === "S") epoch = first;
    if (kind === "T") lastUs = Number(first);
    if (kind === "C") {
      const figures = { tradeCount: Number(count), state, sequence: Number(sequence) };
      published.push({ startUs: Number(first), ticker, ...figures });
    }
    seen += 1;
    if (seen === lines) child.kill("SIGKILL");
  });
  const drained = once(output, "close");
  child.stdin.write(`${join(folder, "datasets")} ${startUs}\n`);
  const [, signal] = await once(child, "exit");
  await drained;
  expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
  return { published, epoch, lastUs };
}

/** Numbers of the stored trades, which must be all up to the last one; and the bars, which must be theirs. */
async function checkedTrades(store: DatasetStore): Promise<number> {
  const all = { dataset: "d", fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, limit: 10_000 };
  const order = "oldest-first" as const;
  let count = 0;
  const numbers: number[] = [];
  for (const ticker of sourceTickers) {
    const trades = [];
    for (;;) {
      const page = await store.trades({ ...all, ticker, order, offset: trades.length });
      if (isUnanswered(page)) throw new Error(JSON.stringify(page));
      trades.push(...page);
      if (page.length < all.limit) break;
    }
    expect(trades).toEqual(trades.map(({ id }) => tradeOf(Number(id))));
    numbers.push(...trades.map(({ id }) => Number(id)));
    count += trades.length;
    const answer = await store.bars({ ...all, ticker, order, interval: secondsInterval(60) });
    if (isUnanswered(answer)) throw new Error(JSON.stringify(answer));
    // How often a bar was revised depends on when the process was killed.
    const figures = answer.bars.map((bar) => ({ ...atFinest(bar as Bar), revision: 0 }));
    expect(figures).toEqual(naiveBars(trades, secondsInterval(60)));
  }
  expect(numbers.toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: count }, (_, index) => index + 1),
  );
  return count;
}

/** Checks what a life published against what was stored before it. */
function checkPublished(life: KilledLife, storedUs: number, highest: number): number {
  const closed = life.published.filter(({ state }) => state === "closed");
  const names = closed.map(({ startUs, ticker }) => `${startUs} ${ticker}`);
  // None is closed twice, and none that was stored as closed by an earlier life.
  expect(new Set(names).size).toBe(names.length);
  for (const { startUs } of closed) expect(startUs + minuteUs).toBeGreaterThan(storedUs);
  for (const { sequence } of life.published) expect(sequence).toBeGreaterThan(highest);
  return life.published.reduce((most, { sequence }) => Math.max(most, sequence), highest);
}

/** How many trades of a minute and ticker there are in all. */
function tradesOf(startUs: number, ticker: string, last: number): number {
  let count = 0;
  for (let number = 1; number <= last; number += 1) {
    const trade = tradeOf(number);
    const isWithin = trade.eventTimeUs >= startUs && trade.eventTimeUs < startUs + minuteUs;
    if (isWithin && trade.ticker === ticker) count += 1;
  }
  return count;
}

/** What is stored after a kill; checked. */
async function checkedStore(before: Stored): Promise<Stored> {
  const store = openDatasetStore(join(folder, "datasets"));
  const position = await store.position("d");
  if (isStorageFailure(position)) throw new Error(position.message);
  const trades = await checkedTrades(store);
  await store.close();
  const untilUs = position?.timeUs ?? 0;
  expect(trades).toBeGreaterThanOrEqual(before.trades);
  expect(untilUs).toBeGreaterThanOrEqual(before.untilUs);
  return { trades, untilUs };
}

/** Each minute that has ended was published, in the end with all of its trades. */
function checkMinutes(last: ReadonlyMap<string, Published>, stored: Stored): void {
  const endUs = stored.untilUs - (stored.untilUs % minuteUs) - minuteUs;
  for (let minute = sourceStartUs; minute < endUs; minute += minuteUs) {
    for (const ticker of sourceTickers) {
      const bar = last.get(`${minute} ${ticker}`);
      expect(bar?.tradeCount, `${minute} ${ticker}`).toBe(tradesOf(minute, ticker, stored.trades));
    }
  }
}

/** How many trades are stored, and market time at that moment. */
interface Stored {
  readonly trades: number;
  readonly untilUs: number;
}

describe("a process that records a dataset and is killed", () => {
  it(`leaves a complete prefix and a stream without hole or repeat, ${kills} times (seed ${seed})`, async () => {
    const random = new Random(seed, "kills");
    const start = () => spawn(process.execPath, [program]);
    const last = new Map<string, Published>();
    let stored: Stored = { trades: 0, untilUs: 0 };
    let [startUs, highest, epoch] = [sourceStartUs, 0, ""];
    let next = start();
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = next;
      // The next one is loaded meanwhile.
      if (kill < kills) next = start();
      const life = await liveAndKill(child, startUs, 1 + random.below(kill % 4 === 1 ? 12 : 400));
      // Once anything is stored, all that is published later belongs to the same.
      if (stored.untilUs > 0) expect(life.epoch).toBe(epoch);
      epoch = life.epoch;
      highest = checkPublished(life, stored.untilUs, highest);
      for (const bar of life.published) last.set(`${bar.startUs} ${bar.ticker}`, bar);
      stored = await checkedStore(stored);
      startUs = life.lastUs + 250_000 + random.below(300) * 1_000_000;
    }

    checkMinutes(last, stored);
    expect(stored.trades).toBeGreaterThan(100);
  });
});
