import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../../../../test/support/recorded-data.ts";
import { type Tape, tapes } from "../../../../test/support/recorded-tapes.ts";
import { isLong } from "../../../../test/support/rounds.ts";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedOutcome } from "../../ports/feed.ts";
import type { RecordingFormat } from "../../recordings/format.ts";
import { windowRowsMax } from "../../recordings/sort-window.ts";
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

/** Rows of a piece: three have more than are held to be sorted. */
const pieceRows = Math.ceil(windowRowsMax / 3) + 1_000;

function rowsOf(path: string): readonly string[] {
  return gunzipSync(readFileSync(path)).toString("latin1").trimEnd().split("\n");
}

/**
 * What is played of a tape, and how many trades that has: in the long form all of it, else three pieces of a large one. They
 * are its beginning, its end, and what follows on its first third, where one tape has its malformed rows.
 */
function partOf(tape: Tape, path: string): { readonly path: string; readonly trades: number } {
  const { trades, malformed = 0 } = tape;
  if (isLong || trades < 100_000) return { path, trades };
  const rows = rowsOf(path);
  const third = Math.floor(rows.length / 3);
  const pieces = [
    ...rows.slice(0, pieceRows),
    ...rows.slice(third, third + pieceRows),
    ...rows.slice(-pieceRows),
  ];
  const part = join(scratch, `${tape.trades}.csv`);
  writeFileSync(part, pieces.join("\n"));
  return { path: part, trades: pieces.length - malformed };
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
    const { path, trades } = partOf(tape, join(folder, "trades", tape.file));

    const { context, outcome, timesUs, idGaps } = await played(path, tape.format);

    expect(outcome).toEqual({ kind: "finished" });
    expect(context.counts).toMatchObject({
      trades,
      skipped: tape.skipped ?? 0,
      malformed: tape.malformed ?? 0,
    });
    expect(timesUs).toHaveLength(trades);
    expect([toSecond(timesUs[0]), toSecond(timesUs.at(-1))]).toEqual([tape.first, tape.last]);
    expect(timesUs.every((at, index) => at >= (timesUs[index - 1] ?? 0))).toBe(true);
    if (tape.hasIds) expect(idGaps).toBe(0);
  });

  it("newest first with one wild row, and cut into two that overlap, a tape has the trades that it has", async () => {
    const { file, format, trades } = tapes[0]!;
    const [header = "", ...rows] = rowsOf(join(folder, "trades", file));
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
