import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ReplayOptions } from "../feeds/replay/config.ts";
import { createReplayFeed } from "../feeds/replay/feed.ts";
import type { BarUpdate } from "../marketdata/bar-update.ts";
import { Catalog } from "../marketdata/catalog.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Feed, FeedOutcome } from "../ports/feed.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { FeedRunner } from "./bar-streams.ts";

const folder = mkdtempSync(join(tmpdir(), "feed-runner-"));
afterAll(() => rmSync(folder, { recursive: true }));

const startMs = Date.UTC(2024, 7, 8, 12);
const minuteUs = 60_000_000;

/** A runner in a house of its own, and everything that it said. */
function runnerOf(feed: Feed, waitsForAudience = false) {
  const clock = new VirtualClock(startMs * 1_000);
  const catalog = new Catalog();
  const dataset = { code: "d", name: "D", publisher: "p" };
  catalog.addDataset(dataset);
  const lines: { message: string; fields: Record<string, unknown> }[] = [];
  const say = (message: string, fields: object = {}) => {
    lines.push({ message, fields: { ...fields } });
  };
  const bars = new Map<string, BarUpdate>();
  const runner = new FeedRunner({
    dataset,
    opened: {
      feed,
      waitsForConsumers: true,
      waitsForAudience,
      simulated: false,
      isRecording: true,
    },
    latenessUs: 10_000_000,
    unchangedBars: false,
    catalog,
    clock,
    log: { debug: () => undefined, info: say, warn: say, error: say },
    publish: (bar, periodS) => {
      if (periodS === 60) bars.set(`${bar.ticker} ${bar.startUs}`, bar);
    },
    caughtUp: () => undefined,
  });
  const inBars = () => [...bars.values()].reduce((sum, { tradeCount }) => sum + tradeCount, 0);
  return { runner, clock, catalog, lines, bars, inBars };
}

/** A live feed that yields each batch once and then waits until it is stopped. */
function liveFeed(
  batches: (context: Parameters<Feed["run"]>[0]) => readonly (readonly Trade[])[],
): Feed {
  return {
    time: "wall",
    tickers: ["A/B"],
    async *run(context, signal) {
      for (const trades of batches(context)) yield [{ kind: "trades", trades }];
      await new Promise<void>((resolve) =>
        signal.addEventListener("abort", resolve, { once: true }),
      );
      return { kind: "stopped" } satisfies FeedOutcome;
    },
  };
}

function tradeOf(context: Parameters<Feed["run"]>[0], id: number, eventTimeUs: number): Trade {
  const instrument = context.instrument("A/B");
  if (instrument === undefined) throw new Error("there is room for one ticker");
  const figures = { price: 5, priceScale: 0, quantity: 1, quantityScale: 0 };
  return {
    instrument,
    venue: "v",
    id,
    ...figures,
    eventTimeUs,
    receiveTimeUs: startMs * 1_000,
    aggressor: "buy",
  };
}

function tardisFile(name: string, rows: readonly string[]): ReplayOptions {
  const path = join(folder, name);
  const header = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount";
  writeFileSync(path, `${[header, ...rows].join("\n")}\n`);
  return { files: [path], format: { kind: "tardis-trades" }, publisher: "p", speed: "max" };
}

describe("what a live feed is sent of the past at its subscription", () => {
  it("is in bars, newest first or not, in one batch or several", async () => {
    const nowUs = startMs * 1_000;
    const feed = liveFeed((context) => {
      const all = Array.from({ length: 1_000 }, (_, at) =>
        tradeOf(context, 1_000 - at, nowUs - at * 1_000_000),
      );
      return [all.slice(0, 600), all.slice(600)];
    });
    const { runner, clock, inBars, bars } = runnerOf(feed);
    // The clock ran before the feed said anything.
    runner.wallTime(clock.nowUs());

    runner.start();
    await expect.poll(() => runner.figures.verdicts.taken).toBe(1_000);
    runner.wallTime(nowUs + 2 * minuteUs);

    expect(inBars()).toBe(1_000);
    expect(bars.size).toBe(18);
    expect(runner.figures.unused.total).toBe(0);
    await runner.stop();
  });
});

describe("an exchange's clock that is ahead of the recorder's", () => {
  it("costs no trade: event time decides in a replay", async () => {
    const rows = Array.from({ length: 30 }, (_, at) => {
      const us = startMs * 1_000 + at * 1_000_000;
      return `x,AB,${us + 12_000_000},${us},${at},buy,5,1`;
    });
    const { runner, inBars } = runnerOf(createReplayFeed(tardisFile("ahead.csv", rows)));

    runner.start();
    await runner.finished();

    expect(inBars()).toBe(30);
    expect(runner.figures.unused.total).toBe(0);
  });
});

describe("trades that are in no bar", () => {
  const rows = Array.from({ length: 600 }, (_, at) => {
    const us = startMs * 1_000 + at * 1_000_000;
    return `x,AB,${us},${us},${at},buy,5,1`;
  });
  const wild = rows.with(29, rows[29]?.replaceAll(String(startMs).slice(0, 6), "172549") ?? "");

  it("are counted by kind, and the end tells where the first of each was", async () => {
    const duplicated = [...wild.slice(0, 100), ...wild.slice(99), "x,AB,never,1,1,buy,5,1"];
    const { runner, lines, inBars } = runnerOf(
      createReplayFeed(tardisFile("dirty.csv", duplicated)),
    );

    runner.start();
    await runner.finished();

    const path = join(folder, "dirty.csv");
    expect(inBars()).toBe(599);
    expect(runner.figures.unused.found).toEqual({ duplicate: 1, malformed: 1, outlying: 1 });
    expect(runner.figures.unused.missing).toBe(2);
    expect(lines.at(-1)).toEqual({
      message: "feed finished",
      fields: {
        dataset: "d",
        trades: 599,
        unused: `1 duplicate (first: ${path}:102), 1 malformed (first: ${path}:603), 1 outlying (first: ${path}:31)`,
      },
    });
  });

  it("are told once a minute while there are more of them", async () => {
    let say = (_trades: readonly Trade[]) => {};
    let made: Parameters<Feed["run"]>[0] | undefined;
    const feed: Feed = {
      time: "wall",
      tickers: ["A/B"],
      async *run(context, signal) {
        made = context;
        while (!signal.aborted) {
          const trades = await new Promise<readonly Trade[]>((resolve) => {
            say = resolve;
            signal.addEventListener("abort", () => resolve([]), { once: true });
          });
          yield [{ kind: "trades", trades }];
        }
        return { kind: "stopped" };
      },
    };
    const { runner, clock, lines } = runnerOf(feed);
    const told = () => lines.filter(({ message }) => message === "trades were not used");
    runner.start();
    await expect.poll(() => made).toBeDefined();
    const early = (id: number) => made && [tradeOf(made, id, clock.nowUs() + 3_600_000_000)];

    say(early(7) ?? []);
    await expect.poll(() => runner.figures.verdicts.early).toBe(1);
    clock.advanceBy(59_000_000);
    expect(told()).toHaveLength(0);
    clock.advanceBy(1_000_000);
    clock.advanceBy(60_000_000);
    expect(told()).toHaveLength(1);
    expect(told()[0]?.fields["unused"]).toBe("1 early (first: A/B 7 at 2024-08-08T13:00:00.000Z)");
    say(early(8) ?? []);
    await expect.poll(() => runner.figures.verdicts.early).toBe(2);
    clock.advanceBy(60_000_000);
    expect(told()).toHaveLength(2);
    await runner.stop();
  });
});

describe("a replay that waits for its audience and finds its tickers in the file", () => {
  it("knows them before anybody subscribes, and begins when somebody does", async () => {
    const us = startMs * 1_000;
    const options = tardisFile("several.csv", [
      `x,AB,${us},${us},1,buy,5,1`,
      `x,CD,${us},${us},1,buy,5,1`,
    ]);
    const feed = createReplayFeed({ ...options, tickers: { CD: "C/D" } });
    const { runner, catalog, inBars } = runnerOf(feed, true);

    await runner.prepare();
    runner.start();

    expect(catalog.instruments("d").map(({ ticker }) => ticker)).toEqual(["C/D", "AB"]);
    expect(runner.state).toBe("waiting");
    const [instrument] = catalog.instruments("d");
    if (instrument === undefined) throw new Error("there is a ticker");
    runner.audienceCame({ kind: "bars", dataset: "d", ticker: instrument.ticker, periodS: 60 });
    await runner.finished();
    expect(inBars()).toBe(2);
  });

  it("fails at once where the file cannot be read, audience or not", async () => {
    const options = tardisFile("broken.csv", ["nothing", "of", "use"]);
    const { runner, lines } = runnerOf(createReplayFeed(options), true);

    await runner.prepare();
    runner.start();
    await runner.finished();

    expect(runner.state).toBe("failed");
    expect(lines.at(-1)?.fields["reason"]).toContain("broken.csv");
  });
});
