import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../../../../test/support/recorded-data.ts";
import { tapes } from "../../../../test/support/recorded-tapes.ts";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedOutcome } from "../../ports/feed.ts";
import type { ReplayFormat } from "./config.ts";
import { createReplayFeed } from "./feed.ts";

const folder = recordedDataFolder();

/** What a tape came to when it was played at full speed. */
interface Played {
  readonly context: VirtualFeedContext;
  readonly outcome: FeedOutcome;
  readonly timesUs: readonly number[];
  readonly idGaps: number;
}

async function played(path: string, format: ReplayFormat): Promise<Played> {
  const context = new VirtualFeedContext();
  const options = { files: [path], format, publisher: "recorder", ticker: "A/B" };
  const feed = createReplayFeed({ ...options, speed: "max" });
  const { trades, outcome } = await runFeed(feed, { context });
  const timesUs = trades.map(({ eventTimeUs }) => eventTimeUs);
  const follows = (trade: Trade, before: Trade | undefined) =>
    before === undefined || trade.id === Number(before.id) + 1;
  const idGaps = trades.filter((trade, at) => !follows(trade, trades[at - 1])).length;
  return { context, outcome, timesUs, idGaps };
}

function toSecond(us: number | undefined): string {
  return new Date((us ?? 0) / 1000).toISOString().slice(0, 19);
}

describe("real recordings", () => {
  if (folder === undefined) {
    it.skip(`parse completely (${recordedDataMissing})`);
    return;
  }

  it.each(tapes)("$file parses completely", async (tape) => {
    const { context, outcome, timesUs, idGaps } = await played(
      join(folder, "trades", tape.file),
      tape.format,
    );

    expect(outcome).toEqual({ kind: "finished" });
    expect(context.counts).toMatchObject({
      trades: tape.trades,
      skipped: tape.skipped ?? 0,
      malformed: tape.malformed ?? 0,
    });
    expect(timesUs).toHaveLength(tape.trades);
    expect([toSecond(timesUs[0]), toSecond(timesUs.at(-1))]).toEqual([tape.first, tape.last]);
    expect(timesUs.every((at, index) => at >= (timesUs[index - 1] ?? 0))).toBe(true);
    if (tape.hasIds) expect(idGaps).toBe(0);
  });

  it("a tape of another format is refused, not misread", async () => {
    const path = join(folder, "trades", "okcoin-btcusd-2017-08-07_2018-01-21.trades.csv.gz");

    const { outcome, timesUs } = await played(path, { kind: "binance-trades" });

    expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining("line 1") });
    expect(timesUs).toEqual([]);
  });
});
