/** The parts of a dataset's open file, for all that is written to it. */
import type { BarWriter } from "./bar-writer.ts";
import type { BlockWriter } from "./block-store.ts";
import type { RevisedMinutes } from "./revised-minutes.ts";
import type { SpanWriter } from "./span-writer.ts";
import type { TickerTable } from "./ticker-table.ts";

/** What a dataset's file is written with. */
export interface FileParts {
  readonly blocks: BlockWriter;
  readonly bars: BarWriter;
  readonly revised: RevisedMinutes;
  readonly spans: SpanWriter;
  readonly tickers: TickerTable;
}
