/** What a runner lends to its feed: counts, time, and what is stored of it. */
import { type Clock, steadyMs } from "../ports/clock.ts";
import type { ImportOutcome } from "../ports/dataset-store.ts";
import type { FeedContext, FeedStored, SourceFold, StopSignal } from "../ports/feed.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import type { FeedFigures, FeedRunnerOptions } from "./feed-runner-options.ts";

/** Makes it. */
export function feedContext(
  options: FeedRunnerOptions,
  { counts, unused }: FeedFigures,
  fold: SourceFold,
): FeedContext {
  const { catalog, clock, log, opened, recorder } = options;
  const { code } = options.dataset;
  const paceMs = steadyMs(clock);
  return {
    instrument: (ticker) => catalog.ensureInstrument(code, ticker),
    count(counter, by, place) {
      counts[counter] += by;
      if (counter !== "trades" && counter !== "bytes") unused.add(counter, by, place);
    },
    warn: (message) => log.warn(message, { dataset: code }),
    progress: (share) => options.progress?.(share),
    nowUs: opened.feed.time === "wall" ? () => clock.nowUs() : () => paceMs() * 1_000,
    sleep: (ms, signal) => sleep(clock, ms, signal),
    remembered: async (ticker) => options.remembered?.(ticker),
    async stored(): Promise<FeedStored | StorageFailure> {
      if (options.passing !== undefined) return await options.passing.passed();
      const failure = await recorder?.flushed();
      return failure ?? { kind: "stored", position: recorder?.queue.position };
    },
    fold,
    storePast: async (rows) => (await options.storePast?.(rows)) ?? nothingStored,
  };
}

const nothingStored: ImportOutcome = {
  kind: "imported",
  ...{ tradesStored: 0, tradesKnown: 0, barsStored: 0, barsKnown: 0 },
};

/** Resolves after a while, or at once when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
