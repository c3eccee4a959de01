/** Forgets what a dataset has had for longer than it is kept, a day at a time, in the background. */
import type { Clock } from "../ports/clock.ts";
import type { DatasetStore } from "../ports/dataset-store.ts";
import { isUnanswered } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";

const hourUs = 3_600_000_000;
const dayUs = 24 * hourUs;

/** How long after a start, and then after each round, it is looked again, in milliseconds. */
export const firstRoundMs = 60_000;
export const roundMs = 3_600_000;

/** Time between two days that are forgotten, in milliseconds: what is read and written meanwhile has its turn. */
export const dayIntervalMs = 1_000;

/** What is kept, and for how long. */
export interface RetentionOptions {
  readonly dataset: string;
  readonly store: Pick<DatasetStore, "forget" | "tickers">;
  readonly keepDays: number;
  readonly clock: Pick<Clock, "after" | "nowUs">;
  readonly log: Log;
}

/** Begins to forget; the answer ends it. */
export function startRetention(options: RetentionOptions): () => void {
  const { clock, dataset, keepDays, log, store } = options;
  let cancel = () => {};
  let isOver = false;
  const later = (ms: number) => {
    if (!isOver) cancel = clock.after(ms, () => void look());
  };
  const look = async () => {
    const tickers = await store.tickers(dataset);
    const untilUs = Math.floor((clock.nowUs() - keepDays * dayUs) / hourUs) * hourUs;
    const oldestUs = isUnanswered(tickers)
      ? Number.POSITIVE_INFINITY
      : tickers.reduce((oldest, { firstUs }) => Math.min(oldest, firstUs), untilUs);
    if (isOver || oldestUs >= untilUs) return later(roundMs);
    const beforeUs = Math.min(oldestUs + dayUs, untilUs);
    const failure = await store.forget(dataset, beforeUs);
    if (failure !== undefined) {
      log.warn(
        "what a dataset has for too long cannot be forgotten; it is tried again in an hour",
        {
          ...{ dataset, reason: failure.message },
        },
      );
    }
    later(failure === undefined ? dayIntervalMs : roundMs);
  };
  later(firstRoundMs);
  return () => {
    isOver = true;
    cancel();
  };
}
