/**
 * Where the trades and bars of datasets are kept. Minutes are stored and longer intervals rolled up when
 * they are asked for. What a store holds of a dataset is always that of one position: trades, bars, spans
 * and the position itself are stored together or not at all.
 */
import { assert } from "../core/assert.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import type { DatasetReader, Gap, KnownSpan, StoredTrade } from "./dataset-reader.ts";
import type { Unanswered } from "./history.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** Most bars of one batch. */
export const batchBarsMax = 100_000;

/** Most trades of one batch. */
export const batchTradesMax = 100_000;

/** Up to where a dataset is stored. */
export interface StoredPosition {
  /** Identity of what is counted; sequences of different epochs cannot be compared. */
  readonly epoch: string;
  /** Of the last batch of trades that is stored. */
  readonly sequence: number;
  /** Market time at that moment: bars that end by then were closed. */
  readonly timeUs: number;
}

/** The bar of one minute of a ticker. */
export interface TickerBar {
  readonly ticker: string;
  readonly bar: StoredBar;
}

/** A minute of a ticker. */
export interface MinuteOfTicker {
  readonly ticker: string;
  readonly startUs: number;
}

/** Tickers in the order in which they were stored first. */
export interface NewTickers {
  readonly names: readonly string[];
  /** Number of the last one. */
  readonly upTo: number;
}

/** What a feed has said, stored at once. */
export interface DatasetBatch {
  readonly dataset: string;
  /**
   * Up to where the dataset is stored with this batch. One that is not after the stored position of the
   * same epoch was stored before: nothing of the batch is stored again.
   */
  readonly position: StoredPosition;
  /**
   * Up to where the dataset has to be stored for this to be its next batch; where it is elsewhere nothing is
   * stored and {@link elsewhereFailure} says so. Not looked at when left out.
   */
  readonly follows?: StoredPosition | "nothing" | undefined;
  /** Trades that were counted, as they came, at most {@link batchTradesMax}. Nobody looks for duplicates here. */
  readonly trades: readonly StoredTrade[];
  /** Minutes, open ones included, at most {@link batchBarsMax}. A newer state takes the place of an older one. */
  readonly bars: readonly TickerBar[];
  /** Spans that are known with this batch. They are joined with those that touch them. */
  readonly known: readonly KnownSpan[];
  /** Why something is not known. It is kept until the span is known or forgotten. */
  readonly gaps: readonly Gap[];
}

/**
 * What comes from files, in any order and perhaps not for the first time. It does not move the position.
 * Trades of one ticker and event time that have no ids come in one batch.
 */
export interface ImportBatch {
  readonly dataset: string;
  /**
   * At most {@link batchTradesMax}. One whose venue, id and content are stored is not stored again; of
   * those without an id, equal ones are stored as often as this batch has them, together with what is
   * there. The bars of their minutes are folded again from all stored trades.
   */
  readonly trades: readonly StoredTrade[];
  /**
   * Minutes of others' making, at most {@link batchBarsMax}. They take the place of what is stored, but for minutes that
   * are known wholly by their trades.
   */
  readonly bars: readonly TickerBar[];
  readonly known: readonly KnownSpan[];
}

/** What became of an import. */
export interface ImportOutcome {
  readonly kind: "imported";
  readonly tradesStored: number;
  /** Trades that were stored before. */
  readonly tradesKnown: number;
  readonly barsStored: number;
  /** Bars that were not needed: the same is stored, or the minute is known by its trades. */
  readonly barsKnown: number;
}

/** A store with one writer for what feeds say of each dataset; imports may come from other processes. */
export interface DatasetStore extends DatasetReader {
  /** Up to where a dataset is stored, for its one writer; undefined before its first batch. */
  position(dataset: string): Promise<StoredPosition | undefined | StorageFailure>;
  /** The same for whoever only reads, while another process may be writing. */
  reached(dataset: string): Promise<StoredPosition | undefined | StorageFailure>;
  /**
   * Minutes that batches have revised since market time last passed a whole minute, oldest first: at a whole
   * minute the last of those who follow a bar are sent its state.
   */
  revised(dataset: string): Promise<readonly MinuteOfTicker[] | StorageFailure>;
  /**
   * Tickers of which anything was stored for the first time after an earlier answer, whoever stored it; all of
   * them with 0. `upTo` is what to ask with the next time.
   */
  tickersAfter(dataset: string, after: number): Promise<NewTickers | Unanswered>;
  /** Resolves when all of the batch is stored, or nothing of it is. Batches are stored in the order of the calls. */
  put(batch: DatasetBatch): Promise<StorageFailure | undefined>;
  /** Resolves when all of the batch is stored, or nothing of it is. */
  import(batch: ImportBatch): Promise<ImportOutcome | StorageFailure>;
  /**
   * Forgets a dataset's trades and minutes that begin before a time, and that anything was known before it. The
   * position stays.
   */
  forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined>;
  /** Waits until what was put is stored, then lets the storage go. Closing again does nothing. */
  close(): Promise<void>;
}

/** Whether a store says that it failed. */
export function isStorageFailure(answer: object | undefined): answer is StorageFailure {
  return answer !== undefined && "kind" in answer && answer.kind === "failure";
}

/** How new a state of a bar is. */
type BarRank = Pick<StoredBar, "revision" | "tradeCount">;

/**
 * Whether a state of a bar takes the place of the stored one: it has been revised more often, or grown. The same
 * state again does as well, which changes nothing.
 */
export function isNewerBar(bar: BarRank, stored: BarRank): boolean {
  if (bar.revision !== stored.revision) return bar.revision > stored.revision;
  return (bar.tradeCount ?? 0) >= (stored.tradeCount ?? 0);
}

/** Checks a batch; one out of bounds is a bug of the caller. */
export function assertBatch({ trades, bars }: DatasetBatch | ImportBatch): void {
  assert(bars.length <= batchBarsMax, "a batch has no more bars than its maximum");
  assert(trades.length <= batchTradesMax, "a batch has no more trades than its maximum");
  const areMinutes = bars.every(({ bar }) => bar.startUs % barIntervalUs === 0);
  assert(areMinutes, "what is stored are minutes");
}

/**
 * Why a batch does not follow what is stored of its dataset; undefined where it does. Whoever goes on from
 * another place would store trades twice, or leave some out.
 */
export function elsewhereFailure(
  { dataset, follows }: Pick<DatasetBatch, "dataset" | "follows">,
  stored: StoredPosition | undefined,
): StorageFailure | undefined {
  if (follows === undefined) return undefined;
  const [expected, found] = [placeOf(follows), placeOf(stored ?? "nothing")];
  if (expected === found) return undefined;
  const message = `dataset ${dataset} is stored up to ${found} and not up to ${expected}, where this server goes on: another one records it too, or its file was exchanged; stop what else writes to it, then start again`;
  return { kind: "failure", fault: "failed", message };
}

function placeOf(position: StoredPosition | "nothing"): string {
  return position === "nothing" ? position : `${position.sequence} of ${position.epoch}`;
}

/** Whether a batch is to be stored, was stored before, or cannot be; in that case why. */
export function judgedBatch(
  batch: Pick<DatasetBatch, "dataset" | "position" | "follows">,
  stored: StoredPosition | undefined,
): "next" | "stored" | StorageFailure {
  const { position, follows } = batch;
  const isOfEpoch = position.epoch === stored?.epoch;
  if (follows === undefined)
    return isOfEpoch && position.sequence <= stored.sequence ? "stored" : "next";
  const isStored = isOfEpoch && position.sequence === stored.sequence;
  return isStored ? "stored" : (elsewhereFailure(batch, stored) ?? "next");
}
