import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { zipOf } from "../../recordings/zip.fixture.ts";
import type { ReplayOptions } from "./config.ts";
import { createReplayFeed } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

const atMs = 1_722_000_000_000;
const row = (id: number) => `${id},5,1,5,${atMs + id * 1_000},true\n`;

async function played(changes: Partial<ReplayOptions>) {
  const context = new VirtualFeedContext();
  const feed = createReplayFeed({
    files: [folder],
    format: { kind: "auto" },
    publisher: "binance",
    ticker: "A/B",
    speed: "max",
    ...changes,
  });
  const { trades, outcome } = await runFeed(feed, { context });
  return { ids: trades.map(({ id }) => id), outcome };
}

describe("a replay of files that nobody has described", () => {
  it("plays a folder of differently packed files as one recording, in the order of their times", async () => {
    const days = join(folder, "days");
    mkdirSync(days);
    writeFileSync(join(days, "b.zip"), zipOf([["b.csv", Buffer.from(row(2) + row(5))]]));
    writeFileSync(join(days, "a.csv.zst"), zstdCompressSync(row(1) + row(4)));
    const json = { id: 3, data: { ts: atMs + 3_000, p: "5", q: "1" } };
    writeFileSync(join(days, "c.ndjson"), `${JSON.stringify(json)}\n`);
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: "trade_id", data: [6n], type: "INT64" },
        { name: "price", data: [5], type: "DOUBLE" },
        { name: "size", data: [1], type: "DOUBLE" },
        { name: "timestamp", data: [new Date(atMs + 6_000)], type: "TIMESTAMP" },
      ],
    });
    writeFileSync(join(days, "d.parquet"), Buffer.from(parquet));

    expect(await played({ files: [days] })).toEqual({
      ids: [1, 2, 3, 4, 5, 6],
      outcome: { kind: "finished" },
    });
    expect((await played({ files: [join(days, "*.{zip,zst}")] })).ids).toEqual([1, 2, 4, 5]);
  });

  it("refuses bars, files that name no ticker, and patterns without a match, with what to do", async () => {
    const bars = join(folder, "bars.csv");
    writeFileSync(bars, `open_time,open,high,low,close,volume\n${atMs},1,1,1,1,1\n`);
    const trades = join(folder, "trades.csv");
    writeFileSync(trades, row(1));
    const failed = async (changes: Partial<ReplayOptions>) => {
      const { outcome } = await played(changes);
      return outcome.kind === "failed" ? outcome.reason : outcome.kind;
    };

    expect(await failed({ files: [bars] })).toContain(
      "it holds bars, not trades; openbourse import takes",
    );
    expect(await failed({ files: [trades], ticker: undefined })).toContain(
      "do not name a ticker: set ticker",
    );
    expect(await failed({ files: [join(folder, "*.zip")] })).toContain("no file matches");
  });
});
