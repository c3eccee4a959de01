import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../../../../test/support/recorded-data.ts";
import { tapes } from "../../../../test/support/recorded-tapes.ts";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedOutcome } from "../../ports/feed.ts";
import type { RecordingFormat } from "../../recordings/format.ts";
import { createReplayFeed } from "./feed.ts";

const folder = recordedDataFolder();
const scratch = mkdtempSync(join(tmpdir(), "replay-real-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a tape came to when it was played at full speed. */
interface Played {
  readonly context: VirtualFeedContext;
  readonly outcome: FeedOutcome;
  readonly timesUs: readonly number[];
  readonly idGaps: number;
}

async function played(path: string | readonly string[], format: RecordingFormat): Promise<Played> {
  const context = new VirtualFeedContext();
  const options = { files: [path].flat(), format, publisher: "recorder", ticker: "A/B" };
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

  it("newest first with one wild row, and cut into two that overlap, a tape has the trades that it has", async () => {
    const { file, format, trades } = tapes[0]!;
    const text = gunzipSync(readFileSync(join(folder, "trades", file))).toString("latin1");
    const [header = "", ...rows] = text.trim().split("\n");
    const wild = (rows[500] ?? "")
      .split(",")
      .with(3, String(Date.UTC(2024, 8, 3)))
      .join(",");
    const variants = [
      [[...rows.toSpliced(501, 0, wild)].reverse()],
      [rows.filter((_, at) => at % 2 === 0), rows.filter((_, at) => at % 2 === 1)],
    ];
    for (const [variant, files] of variants.entries()) {
      const paths = files.map((lines, at) => {
        const path = join(scratch, `${variant}-${at}.csv`);
        writeFileSync(path, `${header}\n${lines.join("\n")}\n`);
        return path;
      });

      const { context, idGaps, timesUs } = await played(paths, format);

      expect(context.counts).toMatchObject({ trades, late: 0, outlying: variant === 0 ? 1 : 0 });
      expect(timesUs).toHaveLength(trades);
      // Trades of one moment that lie in two files come file by file.
      if (variant === 0) expect(idGaps).toBe(0);
    }
  });

  it("a tape of another format is refused, not misread", async () => {
    const path = join(folder, "trades", "okcoin-btcusd-2017-08-07_2018-01-21.trades.csv.gz");

    const { outcome, timesUs } = await played(path, { kind: "binance-trades" });

    expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining("line 1") });
    expect(timesUs).toEqual([]);
  });
});
