/** A venue that is followed through ccxt as a thread of a server does it, on the machine's clock, with a store in memory. */
import { systemClock } from "../../../server/src/adapters/clock/system-clock.ts";
import { createCcxtSource } from "../../../server/src/feeds/ccxt/feed.ts";
import { findExchange } from "../../../server/src/feeds/ccxt/library.ts";
import { minuteInterval } from "../../../server/src/marketdata/bars/interval.ts";
import { Catalog } from "../../../server/src/marketdata/catalog.ts";
import type { StoredTrade } from "../../../server/src/ports/dataset-reader.ts";
import { isUnanswered } from "../../../server/src/ports/history.ts";
import type { LiveSource } from "../../../server/src/ports/live-source.ts";
import { everySecond } from "../../../server/src/ports/timers.ts";
import { FeedRunner } from "../../../server/src/streams/bar-streams.ts";
import { DatasetRecorder } from "../../../server/src/streams/dataset-recorder.ts";
import { restoreDataset } from "../../../server/src/streams/dataset-restore.ts";
import { liveFeed } from "../../../server/src/streams/live-feed.ts";
import { rememberedTicker } from "../../../server/src/streams/remembered-ticker.ts";
import { MemoryDatasetStore } from "../../../server/src/testing/memory-dataset-store.ts";
import type { VenuePlayer } from "./player.ts";

const dataset = { code: "venue", name: "Venue", publisher: "venue" };
const all = { dataset: dataset.code, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
const latenessUs = 600_000_000;

/** A follower. */
export interface Followed {
  readonly runner: FeedRunner;
  readonly source: LiveSource;
  readonly warnings: readonly string[];
  /** What is stored of a ticker, once all that was told is. */
  trades(ticker: string): Promise<readonly StoredTrade[]>;
  gaps(ticker: string): Promise<readonly { readonly fromUs: number; readonly toUs: number }[]>;
  bars(ticker: string): Promise<readonly object[]>;
  stop(): Promise<void>;
}

/** Follows a player's venue. */
export async function follow(
  player: VenuePlayer,
  exchange: string,
  tickers: readonly string[],
  staleSeconds = 60,
): Promise<Followed> {
  const library = findExchange(exchange);
  if (typeof library === "string") throw new Error(library);
  const { settings } = player;
  const config = { kind: "ccxt" as const, exchange, tickers: [...tickers], quotes: false };
  // In this thread: loading ccxt anew for each follower would take most of a test's time.
  const source = createCcxtSource({
    ...{ library, venue: dataset.publisher },
    config: { ...config, staleSeconds, settings: { ...settings } },
  });
  const clock = systemClock();
  const store = new MemoryDatasetStore();
  const warnings: string[] = [];
  const say = (message: string) => warnings.push(message);
  const log = { debug() {}, info() {}, warn: say, error: say };
  const restored = await restoreDataset({
    ...{ dataset: dataset.code, store, source: undefined, isLive: true, latenessUs },
    nowUs: clock.nowUs(),
  });
  if (isUnanswered(restored)) throw new Error("the store cannot be read");
  const catalog = new Catalog();
  catalog.addDataset(dataset);
  const recorder = new DatasetRecorder({
    ...{ dataset: dataset.code, store, clock, log, keepsTrades: true, start: restored.start },
    ...{ isLive: true, tellsKnown: true },
  });
  const runner = new FeedRunner({
    ...{ dataset, clock, log, latenessUs, catalog, recorder, unchangedBars: false },
    opened: {
      ...{ waitsForConsumers: false, waitsForAudience: false },
      ...{ isRecording: false, simulated: false },
      feed: liveFeed({
        ...{ source, dataset: dataset.code, seed: 1 },
        staleMs: staleSeconds * 1_000,
      }),
    },
    remembered: (ticker) => rememberedTicker(store, dataset.code, ticker),
    publish() {},
    caughtUp: () => undefined,
  });
  await runner.prepare();
  runner.start();
  const cancel = everySecond(clock, (nowUs) => runner.wallTime(nowUs));
  const told = async <Answer extends object>(asking: Promise<Answer>) => {
    const answer = await asking;
    if (isUnanswered(answer)) throw new Error("the store cannot be read");
    return answer;
  };
  return {
    runner,
    source,
    warnings,
    async trades(ticker) {
      await recorder.flushed();
      const query = { ...all, ticker, order: "oldest-first", limit: 10_000 } as const;
      return (await told(store.trades(query))) as readonly StoredTrade[];
    },
    async gaps(ticker) {
      await recorder.flushed();
      const coverage = await told(store.coverage({ ...all, ticker }));
      return "gaps" in coverage ? coverage.gaps : [];
    },
    async bars(ticker) {
      await recorder.flushed();
      const query = { ...all, ticker, order: "oldest-first", limit: 10_000 } as const;
      const answer = await told(store.bars({ ...query, interval: minuteInterval }));
      return "bars" in answer ? answer.bars : [];
    },
    async stop() {
      cancel();
      await runner.stop();
      await recorder.close();
    },
  };
}
