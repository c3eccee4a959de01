/**
 * What the store of datasets and its threads, the one that writes and the one that reads, say to each
 * other. Trades and bars travel as bytes that are handed over: copying so many objects would hold up the
 * thread that puts or asks.
 */

import type {
  Coverage,
  CoverageQuery,
  Gap,
  KnownSpan,
  StoredBarQuery,
  StoredTicker,
  StoredTradeQuery,
  UnknownSpan,
} from "../../../ports/dataset-reader.ts";
import type {
  DatasetBatch,
  ImportOutcome,
  MinuteOfTicker,
  NewTickers,
  StoredPosition,
} from "../../../ports/dataset-store.ts";
import type { HistoryBusy } from "../../../ports/history.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";

/** Trades and bars on their way to the thread that writes; `packing.ts` knows what is in the bytes. */
export interface PackedRows {
  readonly trades: Uint8Array<ArrayBuffer>;
  readonly bars: Uint8Array<ArrayBuffer>;
}

/** To the thread that writes: each is answered with one {@link FromWriter}. */
export type WriteRequest =
  | {
      readonly kind: "put";
      readonly dataset: string;
      readonly position: StoredPosition;
      readonly follows: DatasetBatch["follows"];
      readonly rows: PackedRows;
      readonly known: readonly KnownSpan[];
      readonly gaps: readonly Gap[];
    }
  | {
      readonly kind: "import";
      readonly dataset: string;
      readonly rows: PackedRows;
      readonly known: readonly KnownSpan[];
    }
  | { readonly kind: "position" | "revised"; readonly dataset: string }
  /** Forgets a part; `isDone` says whether it was the last one. */
  | { readonly kind: "forget"; readonly dataset: string; readonly beforeUs: number };

/** From the thread that writes. It says first, unasked, that it is ready. */
export type FromWriter =
  | { readonly kind: "ready" }
  | { readonly kind: "stored" }
  | ImportOutcome
  | { readonly kind: "position"; readonly position: StoredPosition | undefined }
  | { readonly kind: "revised"; readonly minutes: readonly MinuteOfTicker[] }
  | { readonly kind: "forgotten"; readonly isDone: boolean }
  | StorageFailure;

/** What the thread that reads is asked of a dataset. */
export type ReadQuery =
  | { readonly kind: "bars"; readonly query: StoredBarQuery }
  | { readonly kind: "trades"; readonly query: StoredTradeQuery }
  | { readonly kind: "coverage"; readonly query: CoverageQuery }
  | { readonly kind: "position" | "tickers"; readonly dataset: string }
  | { readonly kind: "tickers-after"; readonly dataset: string; readonly after: number };

/** To the thread that reads. */
export type ReadRequest =
  | ReadQuery
  /** Goes on with a query that was not answered yet. */
  | { readonly kind: "go-on"; readonly id: number }
  /** Nobody waits any more for a query, which may have been begun. It is answered `busy`. */
  | { readonly kind: "leave"; readonly id: number | undefined };

/** From the thread that reads. It says first, unasked, that it is ready. */
export type FromReader =
  | { readonly kind: "ready" }
  | {
      readonly kind: "bars";
      readonly bars: Uint8Array<ArrayBuffer>;
      readonly unknown: readonly UnknownSpan[];
    }
  /** Segments (`trade-bytes.ts`), in the order of the query; those of each are oldest first. */
  | { readonly kind: "trades"; readonly segments: Uint8Array<ArrayBuffer> }
  | { readonly kind: "coverage"; readonly coverage: Coverage }
  | { readonly kind: "position"; readonly position: StoredPosition | undefined }
  | { readonly kind: "tickers-after"; readonly tickers: NewTickers }
  | { readonly kind: "tickers"; readonly tickers: readonly StoredTicker[] }
  /** Too many queries are begun. */
  | HistoryBusy
  /** It takes longer: others have their turn first. */
  | { readonly kind: "unfinished"; readonly id: number }
  | StorageFailure;
