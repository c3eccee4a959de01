import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { readSortedOnDisk } from "../../recordings/disk-sort.ts";
import type { CsvFormat } from "../../recordings/format.ts";
import { openFilesMax } from "../../recordings/merge.ts";
import { inspectRecording } from "../../recordings/recording.ts";
import { windowRowsMax } from "../../recordings/sort-window.ts";
import { readTrades } from "../../recordings/trade-file.ts";
import type { ReplayOptions } from "./config.ts";
import { createReplayFeed } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-order-"));
afterAll(() => rmSync(folder, { recursive: true }));

const startS = 1_700_000_000;
const dayS = 86_400;
const format: CsvFormat = {
  kind: "csv",
  timeUnit: "s",
  columns: { time: 0, price: 1, quantity: 2, id: 3 },
};

let written = 0;
/** A file of trades that happened so many seconds after the start, with their positions as ids. */
function fileOf(seconds: readonly number[]): string {
  written += 1;
  const path = join(folder, `trades-${written}.csv`);
  writeFileSync(path, seconds.map((at, id) => `${startS + at},5,5,${id}\n`).join(""));
  return path;
}

/** Plays files; the times that came, in seconds after the start, and what was said about the others. */
async function played(files: readonly string[], options: Partial<ReplayOptions> = {}) {
  const context = new VirtualFeedContext();
  const feed = createReplayFeed({
    files,
    format,
    publisher: "p",
    ticker: "A/B",
    speed: "max",
    ...options,
  });
  const { trades, outcome } = await runFeed(feed, { context });
  const times = trades.map(({ eventTimeUs }) => eventTimeUs / 1e6 - startS);
  const { counts, places, warnings, sleepsMs } = context;
  return { times, outcome, counts, places, warnings, sleepsMs };
}

/** 0, 1, 2 … with some positions changed. */
function everySecond(count: number, changes: Readonly<Record<number, number>> = {}): number[] {
  return Array.from({ length: count }, (_, at) => changes[at] ?? at);
}

const ascending = (times: readonly number[]) => times.toSorted((a, b) => a - b);

/** The same numbers in an order that a fixed rule makes. */
function shuffled(values: readonly number[]): number[] {
  const result = [...values];
  let state = 12_345;
  for (let at = result.length - 1; at > 0; at -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (at + 1);
    [result[at], result[other]] = [result[other] ?? 0, result[at] ?? 0];
  }
  return result;
}

describe("a file that is not in order of time", () => {
  const hours = everySecond(6_000).map((at) => at * 7);

  it.each([
    ["newest first", hours.toReversed()],
    ["newest first, four rows hours apart", [36_000, 21_600, 10_800, 0]],
    ["shuffled", shuffled(hours)],
    ["of two halves the wrong way round", [...hours.slice(3_000), ...hours.slice(0, 3_000)]],
    [
      "in order at first",
      [...everySecond(10_000), ...shuffled(everySecond(900)).map((at) => at + 10_000)],
    ],
    ["with rows a little late", everySecond(10_000).map((at) => at - (at % 10 === 0 ? 30 : 0))],
  ])("%s, is sorted: no trade is missing", async (_name, seconds) => {
    const { times, outcome, counts } = await played([fileOf(seconds)]);

    expect(outcome).toEqual({ kind: "finished" });
    expect(times).toEqual(ascending(seconds));
    expect(counts).toMatchObject({ trades: seconds.length, late: 0, outlying: 0, malformed: 0 });
  });

  it("keeps trades of one moment in the order of their ids, or as the venue wrote them", async () => {
    const path = join(folder, "ties.csv");
    const rows = [
      [3, "b"],
      [3, "a"],
      [1, "y"],
      [1, "x"],
    ] as const;
    writeFileSync(path, rows.map(([at, id]) => `${startS + at},5,5,${id}\n`).join(""));
    const feed = createReplayFeed({
      files: [path],
      format,
      publisher: "p",
      ticker: "A/B",
      speed: "max",
    });

    const { trades } = await runFeed(feed, { context: new VirtualFeedContext() });

    expect(trades.map(({ id }) => id)).toEqual(["x", "y", "a", "b"]);
  });

  it("beyond the window is refused, and the refusal says what helps", async () => {
    const { outcome, counts, places } = await played([
      fileOf(
        everySecond(windowRowsMax + 5_000, {})
          .map((at) => at / 100)
          .toReversed(),
      ),
    ]);

    expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining("--sort") });
    expect(counts.late).toBeGreaterThan(0);
    expect(places.get("late")).toMatch(/trades-\d+\.csv:\d+$/);
  });

  it("with a row here and there beyond the window plays on and counts them", async () => {
    const count = windowRowsMax;
    const seconds = everySecond(count, { [count - 10]: count - 510, [count - 5]: 5 }).map(
      (at) => at / 10_000,
    );

    const { outcome, times, counts, places } = await played([fileOf(seconds)]);

    expect(outcome).toEqual({ kind: "finished" });
    expect(times).toHaveLength(count - 1);
    expect(counts.late).toBe(1);
    expect(places.get("late")).toContain(`:${count - 4}`);
  });
});

describe("one row whose time is far from all others", () => {
  it.each([
    ["the 30th of 600, 26 days later", everySecond(600, { 29: 26 * dayS }), 30],
    ["the first, 26 days later", everySecond(600, { 0: 26 * dayS }), 1],
    ["the last, 26 days later", everySecond(600, { 599: 26 * dayS }), 600],
    ["the 30th, 26 days earlier", everySecond(600, { 29: -26 * dayS }), 30],
    ["the last, 26 days earlier", everySecond(600, { 599: -26 * dayS }), 600],
    ["the third of five", everySecond(5, { 2: 26 * dayS }), 3],
    [
      "in a long file, far behind the window's start",
      everySecond(70_000, { 68000: -26 * dayS }),
      68_001,
    ],
    ["in a long file, held until its end", everySecond(70_000, { 70: 26 * dayS }), 71],
  ])(
    "%s: it is left out, counted and named, and all others are played",
    async (_name, seconds, line) => {
      const { times, outcome, counts, places } = await played([fileOf(seconds)]);

      expect(outcome).toEqual({ kind: "finished" });
      expect(times).toEqual(seconds.toSpliced(line - 1, 1));
      expect(counts).toMatchObject({ outlying: 1, late: 0 });
      expect(places.get("outlying")).toMatch(new RegExp(`:${line}$`));
    },
  );

  it("is left out with others at both ends", async () => {
    const seconds = everySecond(600, { 29: 26 * dayS, 80: 300 * dayS, 200: -26 * dayS });

    const { times, counts } = await played([fileOf(seconds)]);

    expect(times).toHaveLength(597);
    expect(counts.outlying).toBe(3);
  });

  it("does not let a served feed stand still", async () => {
    const { sleepsMs, times } = await played([fileOf(everySecond(600, { 29: 26 * dayS }))], {
      speed: 60,
    });

    expect(times).toHaveLength(599);
    expect(sleepsMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(12_000);
  });
});

describe("sorting on disk", () => {
  it("plays what no window can hold, and knows a wild row in it", async () => {
    const seconds = everySecond(windowRowsMax + 5_000, { 70: 26 * dayS }).toReversed();

    const { times, outcome, counts } = await played([fileOf(seconds)], { sort: "disk" });

    expect(outcome).toEqual({ kind: "finished" });
    expect(times).toEqual(ascending(seconds).slice(0, -1));
    expect(counts).toMatchObject({ trades: seconds.length - 1, late: 0, outlying: 1 });
  });

  it("keeps every digit of what it writes to disk and reads back, in many parts", async () => {
    const path = join(folder, "parts.csv");
    const count = 1_000;
    const rows = Array.from({ length: count }, (_, at) => {
      const id = at % 3 === 0 ? "" : `id-${at}`;
      return `${startS + count - at},123456789012345678.${at + 1},0.00000000000000000000${at + 1},${id}`;
    });
    writeFileSync(path, `${rows.join("\n")}\n`);
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    const context = new VirtualFeedContext();
    const read = async (blocks: ReturnType<typeof readTrades>) => {
      const trades = [];
      for await (const block of blocks) if (block.kind === "trades") trades.push(...block.trades);
      return trades;
    };
    const options = { recording, format, context, isQuiet: true };

    const sorted = await read(readSortedOnDisk(options, 100));

    expect(sorted).toHaveLength(count);
    expect(sorted).toEqual((await read(readTrades(options))).toReversed());
  });
});

describe("a gap in a recording", () => {
  it.each([
    ["a night", [...everySecond(300), ...everySecond(300).map((at) => at + dayS / 2)]],
    [
      "a weekend before the last few trades",
      [...everySecond(300), 2 * dayS, 2 * dayS + 1, 2 * dayS + 2],
    ],
    ["hours between all trades", everySecond(40).map((at) => at * 3 * 3_600 + at)],
    ["one trade long before all others", [0, ...everySecond(300).map((at) => at + 9 * dayS)]],
    ["two trades", [0, 5 * 3_600]],
  ])("%s, is no mistake: all trades are played", async (_name, seconds) => {
    const { times, counts } = await played([fileOf(seconds)]);

    expect(times).toEqual(seconds);
    expect(counts.outlying).toBe(0);
  });

  it.each(["recorded", "shifted"] as const)(
    "of days is passed over where waiting would take long, on the %s clock",
    async (clock) => {
      const seconds = [...everySecond(60), ...everySecond(60).map((at) => at + 26 * dayS)];

      const { times, sleepsMs, warnings } = await played([fileOf(seconds)], { speed: 60, clock });

      expect(times).toHaveLength(120);
      expect(sleepsMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(5_000);
      expect(warnings).toEqual([expect.stringContaining("passed over")]);
      if (clock === "recorded") expect(times).toEqual(seconds);
      else expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(240);
    },
  );

  it("of an hour is waited for", async () => {
    const { sleepsMs } = await played([fileOf([0, 3_600])], { speed: 1 });

    expect(sleepsMs.reduce((sum, ms) => sum + ms, 0)).toBe(3_600_000);
  });
});

describe("files of one ticker", () => {
  it("are merged, in whichever order they are given and however they overlap", async () => {
    const first = everySecond(5_000).map((at) => at * 2);
    const second = everySecond(5_000).map((at) => at * 2 + 1);
    const later = everySecond(300).map((at) => at + 40_000);
    const files = [fileOf(later), fileOf(second), fileOf(first.toReversed())];

    const { times, outcome, counts } = await played(files);

    expect(outcome).toEqual({ kind: "finished" });
    expect(times).toEqual(ascending([...first, ...second, ...later]));
    expect(counts).toMatchObject({ late: 0, outlying: 0 });
  });

  it("may be hundreds, as long as few of them overlap", async () => {
    const files = Array.from({ length: 3 * openFilesMax }, (_, day) =>
      fileOf([day * dayS, day * dayS + 10]),
    );

    const { times } = await played(files.toReversed());

    expect(times).toHaveLength(6 * openFilesMax);
    expect(times).toEqual(ascending(times));
  });

  it("are refused where too many overlap", async () => {
    const files = Array.from({ length: openFilesMax + 1 }, () => fileOf([0, 1, 2]));

    expect((await played(files)).outcome).toMatchObject({
      reason: expect.stringContaining("overlap"),
    });
  });
});
