import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import {
  type FeedRecord,
  runFeed,
  VirtualFeedContext,
  virtualStartUs,
} from "../../../../test/support/virtual-feed-context.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { ReplayClock, ReplaySpeed } from "./config.ts";
import { createReplayFeed } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-property-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "trades.csv");

interface Arrival {
  readonly trade: Trade;
  readonly wallUs: number;
  readonly toldUs: number;
}

/** Event time and time of receipt in microseconds, in any order and up to five minutes apart. */
const times = fc.array(
  fc.tuple(fc.nat({ max: 300_000_000 }), fc.integer({ min: -5_000, max: 3_000_000 })),
  { minLength: 1, maxLength: 40 },
);
const speeds = fc.constantFrom<ReplaySpeed>("max", 0.3, 1, 1.7, 60, 5000);
const clocks = fc.constantFrom<ReplayClock>("recorded", "shifted");

/** Each trade with the wall time at which it was yielded and the market time told last before it. */
function* arrivals({ timed }: FeedRecord): Generator<Arrival> {
  let toldUs = 0;
  for (const { event, wallUs } of timed) {
    if (event.kind === "time") toldUs = event.atUs;
    if (event.kind === "trades") for (const trade of event.trades) yield { trade, wallUs, toldUs };
  }
}

it("whatever the times, speed and clock, trades come in order of time, none is lost or early", async () => {
  await fc.assert(
    fc.asyncProperty(times, speeds, clocks, async (rows, speed, clock) => {
      const startUs = 1_600_000_000_000_000;
      const text = rows.map(
        ([at, late], id) => `${id},${startUs + at},${startUs + at + late},5,5\n`,
      );
      writeFileSync(path, text.join(""));
      const columns = { id: 0, time: 1, receiveTime: 2, price: 3, quantity: 4 };
      const feed = createReplayFeed({
        files: [path],
        format: { kind: "csv", timeUnit: "us", columns },
        publisher: "p",
        ticker: "A/B",
        speed,
        clock,
      });

      const record = await runFeed(feed, { context: new VirtualFeedContext() });

      const { trades, timesUs } = record;
      const byTime = rows
        .map(([at], id) => ({ at, id }))
        .sort((a, b) => a.at - b.at || a.id - b.id);
      expect(trades.map(({ id }) => id)).toEqual(byTime.map(({ id }) => id));
      expect(timesUs).toEqual([...new Set(timesUs)].sort((a, b) => a - b));
      expect(timesUs.length > 0).toBe(feed.time === "feed");
      const first = trades[0]?.eventTimeUs ?? 0;
      for (const { trade, wallUs, toldUs } of arrivals(record)) {
        const waitedUs = wallUs - virtualStartUs;
        const dueUs = speed === "max" ? 0 : (trade.eventTimeUs - first) / speed;
        expect(waitedUs).toBeGreaterThanOrEqual(dueUs - 1);
        if (feed.time === "feed") expect(trade.eventTimeUs - toldUs).toBeLessThan(1_000_000);
      }
    }),
    { numRuns: rounds(40, 150) },
  );
});
