import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  type FeedRecord,
  runFeed,
  VirtualFeedContext,
  virtualStartUs,
} from "../../../../test/support/virtual-feed-context.ts";
import type { CsvFormat } from "../../recordings/format.ts";
import type { ReplayOptions } from "./config.ts";
import { createReplayFeed } from "./feed.ts";
import { batchTradesMax } from "./pace.ts";
import { endOfDataLeadMs } from "./playback.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-pacing-"));
afterAll(() => rmSync(folder, { recursive: true }));

const second = 1_000_000;
const format: CsvFormat = {
  kind: "csv",
  timeUnit: "s",
  timeOriginUs: 0,
  columns: { time: 0, receiveTime: 1, price: 2, quantity: 3 },
};

/** A feed over trades given as [event second, receive second]. */
function replayOf(
  times: readonly (readonly [number, number])[],
  options: Partial<ReplayOptions>,
): ReturnType<typeof createReplayFeed> {
  const path = join(folder, "trades.csv");
  writeFileSync(path, times.map(([event, receive]) => `${event},${receive},5,5\n`).join(""));
  return createReplayFeed({ files: [path], format, publisher: "p", ticker: "A/B", ...options });
}

/** When each trade was yielded, in seconds of wall time after the start. */
function tradeMoments({ timed }: FeedRecord): number[] {
  return timed.flatMap(({ event, wallUs }) =>
    event.kind === "trades" ? event.trades.map(() => (wallUs - virtualStartUs) / second) : [],
  );
}

/** Each time that was told and when, both in seconds, the told one from the first trade on. */
function toldMoments({ timed }: FeedRecord, firstUs: number): [number, number][] {
  return timed.flatMap(({ event, wallUs }): [number, number][] =>
    event.kind === "time"
      ? [[(event.atUs - firstUs) / second, (wallUs - virtualStartUs) / second]]
      : [],
  );
}

describe("whose clock closes bars", () => {
  it.each<[Partial<ReplayOptions>]>([
    [{}],
    [{ speed: 1, clock: "recorded" }],
    [{ speed: 1, clock: "shifted" }],
    [{ speed: "max", clock: "shifted" }],
  ])("with %j is the feed's", (options) => {
    expect(replayOf([], options).time).toBe("feed");
  });
});

describe("the recording's own clock", () => {
  const times = [
    [1000.25, 1000.25],
    [1000.75, 1000.75],
    [1003.5, 1003.5],
  ] as const;

  it("at speed 1 yields each trade when it is due and tells every whole second between", async () => {
    const context = new VirtualFeedContext();

    const record = await runFeed(replayOf(times, { speed: 1 }), { context });

    expect(tradeMoments(record)).toEqual([0, 0.5, 3.25]);
    expect(record.timesUs.map((at) => at / second)).toEqual([
      1000.25,
      1001,
      1002,
      1003,
      1003.5 + endOfDataLeadMs / 1000,
    ]);
    expect(toldMoments(record, 1000.25 * second).slice(1, 4)).toEqual([
      [0.75, 0.75],
      [1.75, 1.75],
      [2.75, 2.75],
    ]);
  });

  it.each([
    [60, [0, 0.009, 0.055]],
    [0.5, [0, 1, 6.5]],
    [2.5, [0, 0.2, 1.3]],
  ])("at speed %s waits accordingly, to the millisecond", async (speed, moments) => {
    const context = new VirtualFeedContext();

    const record = await runFeed(replayOf(times, { speed }), { context });

    expect(tradeMoments(record)).toEqual(moments);
    expect(record.trades.map(({ eventTimeUs }) => eventTimeUs / second)).toEqual([
      1000.25, 1000.75, 1003.5,
    ]);
  });

  it("at speed max never sleeps", async () => {
    const context = new VirtualFeedContext();

    const record = await runFeed(replayOf(times, { speed: "max" }), { context });

    expect(context.sleepsMs).toEqual([]);
    expect(record.events.map(({ kind }) => kind)).toEqual([
      "time",
      "trades",
      "time",
      "trades",
      "time",
    ]);
    expect(record.timesUs.at(-1)).toBe(1003.5 * second + endOfDataLeadMs * 1000);
  });

  it("goes by event time, whatever the order of receipt", async () => {
    const context = new VirtualFeedContext();
    const late = [
      [59.9, 59.95],
      [60.1, 60.15],
      [59.99, 61.5],
      [61.2, 61.3],
    ] as const;

    const record = await runFeed(replayOf(late, { speed: "max" }), { context });

    expect(record.trades.map(({ eventTimeUs }) => eventTimeUs / second)).toEqual([
      59.9, 59.99, 60.1, 61.2,
    ]);
    expect(record.timesUs.map((at) => at / second)).toEqual([59.9, 60.1, 61.2, 181.2]);
  });

  it("catches up in full batches when the consumer was slow", async () => {
    const context = new VirtualFeedContext();
    const count = 3 * batchTradesMax;
    const many = Array.from({ length: count }, (_, at) => [at / 1000, at / 1000] as const);
    const largest = { trades: 0 };

    await runFeed(replayOf(many, { speed: 1 }), {
      context,
      onBatch: (batch) => {
        const sizes = batch.map((event) => (event.kind === "trades" ? event.trades.length : 0));
        largest.trades = Math.max(
          largest.trades,
          sizes.reduce((sum, size) => sum + size, 0),
        );
        context.pass(5 * second);
      },
    });

    expect(context.counts.trades).toBe(count);
    expect(largest.trades).toBe(batchTradesMax);
  });
});

describe("the shifted clock", () => {
  it("moves both times by whole minutes, so that the first trade happens in this minute at its own second", async () => {
    const context = new VirtualFeedContext();
    const times = [
      [1000.25, 1000.26],
      [1002.25, 1002.5],
    ] as const;

    const record = await runFeed(replayOf(times, { clock: "shifted" }), { context });

    // 1000.25 is second 40.25 of its minute; the present minute began half a second ago, so it was the one before.
    const firstUs = virtualStartUs - 0.5 * second - 60 * second + 40.25 * second;
    expect(record.trades.map((trade) => trade.eventTimeUs - firstUs)).toEqual([0, 2 * second]);
    expect(record.trades.map((trade) => trade.receiveTimeUs - firstUs)).toEqual([
      0.01 * second,
      2.25 * second,
    ]);
    expect(tradeMoments(record)).toEqual([0, 2]);
    expect(record.timesUs.at(-1)).toBe(firstUs + 2 * second + endOfDataLeadMs * 1_000);
  });

  it("at another speed tells the time by itself", async () => {
    const context = new VirtualFeedContext();
    const times = [
      [1000, 1000],
      [1120, 1120],
    ] as const;

    const record = await runFeed(replayOf(times, { clock: "shifted", speed: 60 }), { context });

    const firstUs = virtualStartUs - 0.5 * second - 60 * second + 40 * second;
    expect(record.trades[1]?.eventTimeUs).toBe(firstUs + 120 * second);
    expect(tradeMoments(record)).toEqual([0, 2]);
    expect(record.timesUs[0]).toBe(firstUs);
    expect(record.timesUs.length).toBeGreaterThan(100);
  });

  it("keeps a loop in step with the wall clock lap after lap", async () => {
    const context = new VirtualFeedContext();
    const feed = replayOf(
      [
        [1000, 1000],
        [1010, 1010],
      ],
      { clock: "shifted", loop: true },
    );

    const record = await runFeed(feed, { context, stopAfterTrades: 6 });

    expect(tradeMoments(record)).toEqual([0, 10, 60, 70, 120, 130]);
  });
});

describe("stopping", () => {
  const times = [
    [1000, 1000],
    [4000, 4000],
  ] as const;

  it("before the start yields nothing", async () => {
    const context = new VirtualFeedContext();
    const controller = new AbortController();
    controller.abort();

    const record = await runFeed(replayOf(times, {}), { context, controller });

    expect([record.events, record.outcome]).toEqual([[], { kind: "stopped" }]);
  });

  it("ends a wait, and what is not due yet is not yielded", async () => {
    const context = new VirtualFeedContext();
    const feed = replayOf(times, { speed: 1 });

    const record = await runFeed(feed, { context, stopAfterTrades: 1 });

    expect(record.trades).toHaveLength(1);
    expect(record.outcome).toEqual({ kind: "stopped" });
    expect(context.sleepsMs.length).toBeLessThanOrEqual(1);
  });

  it("by leaving the generator ends it", async () => {
    const batches = replayOf(times, { speed: 1 }).run(
      new VirtualFeedContext(),
      new AbortController().signal,
    );
    await batches.next();

    await batches.return({ kind: "stopped" });

    expect(await batches.next()).toMatchObject({ done: true });
  });
});
