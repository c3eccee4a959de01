/**
 * What waits to be stored of one dataset, in order and bounded: one batch is under way, a failure is
 * tried again where that may help. It never drops bars or what is known; trades that there is no room
 * for become a gap.
 */
import type { Clock } from "../ports/clock.ts";
import type { Gap, StoredTrade } from "../ports/dataset-reader.ts";
import {
  batchTradesMax,
  type DatasetBatch,
  type DatasetStore,
  type StoredPosition,
} from "../ports/dataset-store.ts";
import type { Log } from "../ports/log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { mergedBatch, withGap, withoutKnown } from "./merged-batch.ts";

/** Most trades of a dataset that wait to be stored; beyond it the oldest are given up. */
export const unstoredTradesMax = 200_000;

/** With more trades than these a feed that can wait is held until they are stored. */
export const heldTradesMin = 50_000;

/** Most batches that wait; beyond it some are put together. */
export const waitingBatchesMax = 256;

/** How long after a failure it is tried again, in milliseconds. */
export const retryMs = 1_000;

/** What a queue is made of. */
export interface StoreQueueOptions {
  readonly dataset: string;
  readonly store: Pick<DatasetStore, "put">;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** By default {@link unstoredTradesMax}. */
  readonly tradesMax?: number | undefined;
}

/** Batches on their way to the store. */
export class StoreQueue {
  /** Trades that were given up because the store was behind. */
  givenUp = 0;
  /** Failures of the store. */
  failures = 0;
  /** Trades and states of bars that were stored. */
  readonly stored = { trades: 0, bars: 0 };
  /** Up to where it is stored; undefined before the first batch of this start. */
  position: StoredPosition | undefined;
  readonly #options: StoreQueueOptions;
  #waiting: DatasetBatch[] = [];
  #trades = 0;
  /** Why nothing is stored at present. */
  #failure: StorageFailure | undefined;
  /** Whether nothing will be stored any more. */
  #isOver = false;
  #pumping: Promise<void> | undefined;
  #progress = Promise.withResolvers<void>();
  /** Ends a wait for the next try. */
  #tryNow: (() => void) | undefined;
  #isClosing = false;

  constructor(options: StoreQueueOptions) {
    this.#options = options;
  }

  /** Trades that are not stored yet. */
  get unstoredTrades(): number {
    return this.#trades;
  }

  /** Why nothing is stored at present; undefined while all is well. */
  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  /** Takes a batch that follows the last one. */
  add(batch: DatasetBatch): void {
    if (this.#isOver) return;
    this.#waiting.push(batch);
    this.#trades += batch.trades.length;
    this.#bound();
    this.#pumping ??= this.#pump();
  }

  /** Resolves when a feed that can wait may go on; undefined when it may now. */
  room(): Promise<void> | undefined {
    if (this.#trades <= heldTradesMin || this.#failure !== undefined) return undefined;
    return this.#roomLater();
  }

  /** Resolves when everything that was added is stored; with why it is not while the store fails. */
  async flushed(): Promise<StorageFailure | undefined> {
    const last = this.#waiting.at(-1)?.position.sequence ?? 0;
    while (this.#failure === undefined && this.#awaits(last)) {
      await this.#progress.promise;
    }
    return this.#failure;
  }

  /** Stores what waits, trying a failing store once more, and takes nothing from then on. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#tryNow?.();
    await this.#pumping;
    this.#isOver = true;
  }

  /** Whether a batch is not stored yet, which may have been put together with later ones. */
  #awaits(sequence: number): boolean {
    return this.#waiting.length > 0 && (this.position?.sequence ?? 0) < sequence;
  }

  async #roomLater(): Promise<void> {
    while (this.#trades > heldTradesMin && this.#failure === undefined) {
      await this.#progress.promise;
    }
  }

  async #pump(): Promise<void> {
    for (;;) {
      const [batch] = this.#waiting;
      if (batch === undefined) break;
      const failure = await this.#options.store.put(batch);
      if (failure === undefined) this.#done(batch);
      else if (!(await this.#failed(failure))) break;
    }
    this.#pumping = undefined;
  }

  #done(batch: DatasetBatch): void {
    this.#waiting.shift();
    this.#trades -= batch.trades.length;
    this.position = batch.position;
    this.stored.trades += batch.trades.length;
    this.stored.bars += batch.bars.length;
    if (this.#failure !== undefined) {
      this.#options.log.warn("the dataset is stored again", { dataset: this.#options.dataset });
    }
    this.#failure = undefined;
    this.#tellProgress();
  }

  /** Whether it is tried again, after a while. */
  async #failed(failure: StorageFailure): Promise<boolean> {
    const { clock, dataset, log } = this.#options;
    const { message: reason, fault } = failure;
    this.failures += 1;
    const mayHelp = fault === "disk-full" || fault === "read-only";
    if (this.#failure?.message !== reason) {
      const what = mayHelp ? "and is tried again every second" : "and is not stored any more";
      log.error(`the dataset cannot be stored ${what}; its streams go on`, { dataset, reason });
    }
    this.#failure = failure;
    this.#tellProgress();
    if (!mayHelp || this.#isClosing) {
      this.#isOver = true;
      this.#waiting = [];
      this.#trades = 0;
      return false;
    }
    await new Promise<void>((resolve) => {
      const cancel = clock.after(retryMs, resolve);
      this.#tryNow = () => {
        cancel();
        resolve();
      };
    });
    this.#tryNow = undefined;
    return true;
  }

  /** Gives up the oldest trades, and puts batches together; the first one may be under way and stays. */
  #bound(): void {
    const { tradesMax = unstoredTradesMax } = this.#options;
    for (let at = 1; this.#trades > tradesMax && at < this.#waiting.length - 1; at += 1) {
      const batch = this.#waiting[at];
      if (batch !== undefined && batch.trades.length > 0) this.#giveUp(at, batch);
    }
    if (this.#waiting.length > waitingBatchesMax) this.#mergeSmallest();
  }

  #giveUp(at: number, batch: DatasetBatch): void {
    const gap = gapOf(batch.trades);
    this.#trades -= batch.trades.length;
    this.givenUp += batch.trades.length;
    this.#waiting[at] = withGap({ ...batch, trades: [] }, gap);
    for (const near of [at - 1, at + 1]) {
      const other = near > 0 ? this.#waiting[near] : undefined;
      if (other !== undefined) this.#waiting[near] = withoutKnown(other, gap);
    }
  }

  /** Puts the two together that are smallest, so that each row is moved few times. */
  #mergeSmallest(): void {
    const size = (at: number) => {
      const [one, next] = [this.#waiting[at], this.#waiting[at + 1]];
      if (one === undefined || next === undefined) return Number.POSITIVE_INFINITY;
      return one.trades.length + next.trades.length + one.bars.length + next.bars.length;
    };
    let best = 1;
    for (let at = 2; at < this.#waiting.length - 1; at += 1) if (size(at) < size(best)) best = at;
    const [one, next] = [this.#waiting[best], this.#waiting[best + 1]];
    if (one === undefined || next === undefined) return;
    if (one.trades.length + next.trades.length > batchTradesMax) return;
    this.#waiting.splice(best, 2, mergedBatch(one, next));
  }

  #tellProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}

/** What is missing without these trades. */
function gapOf(trades: readonly StoredTrade[]): Gap {
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = 0;
  for (const { eventTimeUs } of trades) {
    fromUs = Math.min(fromUs, eventTimeUs);
    toUs = Math.max(toUs, eventTimeUs + 1);
  }
  return { fromUs, toUs, reason: "trades came faster than they were stored" };
}
