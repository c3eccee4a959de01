/** Finds tickers that others have stored meanwhile: an import is a process of its own. */
import type { Clock } from "../ports/clock.ts";
import type { DatasetStore } from "../ports/dataset-store.ts";
import { isUnanswered } from "../ports/history.ts";

/** How often it is looked for new tickers, in milliseconds. */
export const lookMs = 2_000;

/** What is looked at, and who is told. */
export interface TickerWatchOptions {
  readonly dataset: string;
  readonly store: Pick<DatasetStore, "tickersAfter">;
  readonly clock: Pick<Clock, "after">;
  /** Told each ticker of which anything is stored, once. */
  found(ticker: string): void;
}

/** Begins to look; the answer ends it. */
export function watchTickers({ dataset, store, clock, found }: TickerWatchOptions): () => void {
  let cancel = () => {};
  let isOver = false;
  let upTo = 0;
  const later = () => {
    if (!isOver) cancel = clock.after(lookMs, () => void look());
  };
  const look = async () => {
    for (;;) {
      const answer = await store.tickersAfter(dataset, upTo);
      // What cannot be read now is read the next time.
      if (isOver || isUnanswered(answer) || answer.names.length === 0) break;
      for (const ticker of answer.names) found(ticker);
      upTo = answer.upTo;
    }
    later();
  };
  later();
  return () => {
    isOver = true;
    cancel();
  };
}
