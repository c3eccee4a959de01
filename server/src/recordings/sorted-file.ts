/**
 * Reads the trades of one recording in the order of their times, as far as a window reaches. Rows whose
 * times are far from all others are counted and left out.
 */
import type { FeedContext } from "../ports/feed.ts";
import { readSortedOnDisk } from "./disk-sort.ts";
import { type RowSort, sortDefault } from "./format.ts";
import type { RecordingFailure } from "./recording.ts";
import { type OrderedRows, type SortedRun, SortWindow, windowRowsMax } from "./sort-window.ts";
import { readTrades, type TradeFileOptions } from "./trade-file.ts";

/** What reading one file in order needs. */
export interface SortedFileOptions extends Omit<TradeFileOptions, "context"> {
  readonly context: Pick<FeedContext, "count" | "warn">;
  /** Rows that are looked at before the first is released. */
  readonly headRows?: number;
  readonly sort?: RowSort | undefined;
}

/** Reads one file from its start; the last item is a failure when the file is unusable. */
export async function* readSorted(
  options: SortedFileOptions,
): AsyncGenerator<SortedRun | RecordingFailure, void> {
  const { recording, context, headRows = windowRowsMax, sort = sortDefault } = options;
  const window = new SortWindow(headRows);
  let rowsRead = 0;
  let rowsReleased = 0;
  let bytesRead = 0;
  const run = (ordered: OrderedRows): SortedRun => {
    rowsReleased += ordered.rows.length + ordered.outlying.length;
    const done = (bytesRead / recording.sizeBytes) * (rowsRead === 0 ? 1 : rowsReleased / rowsRead);
    for (const { line } of ordered.outlying) {
      context.count("outlying", 1, `${recording.path}:${line}`);
    }
    return { kind: "trades", path: recording.path, trades: ordered.rows, done };
  };
  const blocks = sort === "disk" ? readSortedOnDisk(options) : readTrades(options);
  for await (const block of blocks) {
    if (block.kind === "failed") {
      // What came before a file turned out to be damaged is played.
      yield run(window.end());
      yield block;
      return;
    }
    context.count("bytes", block.bytesRead - bytesRead);
    bytesRead = block.bytesRead;
    rowsRead += block.trades.length;
    const ordered = window.push(block.trades);
    if (ordered.rows.length + ordered.outlying.length > 0) yield run(ordered);
  }
  yield run(window.end());
}
