/** A runner with a recorder over a store, on a virtual clock, and a feed that a test tells what to say. */
import type { BarUpdate } from "../marketdata/bar-update.ts";
import { Catalog } from "../marketdata/catalog.ts";
import type { Cause } from "../marketdata/position.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { StoredTrade } from "../ports/dataset-reader.ts";
import type { DatasetStore } from "../ports/dataset-store.ts";
import type { Feed, FeedEvent, FeedOutcome } from "../ports/feed.ts";
import { isUnanswered } from "../ports/history.ts";
import type { VirtualClock } from "../testing/virtual-clock.ts";
import { FeedRunner } from "./bar-streams.ts";
import { DatasetRecorder } from "./dataset-recorder.ts";
import { type Restored, restoreDataset } from "./dataset-restore.ts";

export const latenessUs = 10_000_000;

/** What a trade of a test says; the rest is always the same. */
export interface ToldTrade {
  readonly id?: number | undefined;
  readonly atUs: number;
  readonly price?: number;
  readonly ticker?: string;
}

/** How a server of a test is made. */
export interface LifeOptions {
  readonly store: DatasetStore;
  readonly clock: VirtualClock;
  /** By default wall time. */
  readonly time?: Feed["time"];
  /** Names a source that tells the same trades at each start. */
  readonly source?: string;
  readonly keepsTrades?: boolean;
  readonly unstoredTradesMax?: number;
  readonly unchangedBars?: boolean;
}

/** One life of a server: from a start to its end or its death. */
export class Life {
  readonly runner: FeedRunner;
  readonly recorder: DatasetRecorder;
  readonly restored: Restored;
  /** All that was published to those who are sent a bar a minute, in order. */
  readonly published: BarUpdate[] = [];
  readonly causes: Cause[] = [];
  readonly lines: string[] = [];
  readonly #clock: VirtualClock;
  readonly #say: (events: readonly FeedEvent[]) => void;
  readonly #end: (outcome: FeedOutcome) => void;
  readonly #catalog = new Catalog();

  static async begin(options: LifeOptions): Promise<Life> {
    const restored = await restoreDataset({
      ...{ dataset: "d", store: options.store, source: options.source, latenessUs },
      isLive: options.time !== "feed",
      nowUs: options.clock.nowUs(),
    });
    if (isUnanswered(restored)) throw new Error(`the store cannot be read: ${restored.kind}`);
    return new Life(options, restored);
  }

  private constructor(options: LifeOptions, restored: Restored) {
    const { store, clock, time = "wall", keepsTrades = true, unchangedBars = false } = options;
    this.#clock = clock;
    this.restored = restored;
    const dataset = { code: "d", name: "D", publisher: "p" };
    this.#catalog.addDataset(dataset);
    const say = (message: string) => this.lines.push(message);
    const log = { debug: () => undefined, info: () => undefined, warn: say, error: say };
    this.recorder = new DatasetRecorder({
      ...{ dataset: "d", store, clock, log, keepsTrades },
      start: restored.start,
      isLive: time === "wall",
      ...(options.unstoredTradesMax === undefined
        ? {}
        : { unstoredTradesMax: options.unstoredTradesMax }),
    });
    const { feed, tell, end } = toldFeed(time);
    this.#say = tell;
    this.#end = end;
    this.runner = new FeedRunner({
      ...{ dataset, clock, log, latenessUs, unchangedBars, catalog: this.#catalog },
      opened: {
        feed,
        waitsForConsumers: false,
        waitsForAudience: false,
        isRecording: time === "feed",
        simulated: false,
      },
      epoch: restored.streamEpoch,
      sequence: restored.sequence,
      recorder: this.recorder,
      restored: restored.running,
      publish: (bar, periodS, cause) => {
        this.causes.push(cause);
        if (periodS === 60) this.published.push(bar);
      },
      caughtUp: () => undefined,
    });
    this.runner.start();
  }

  /** Lets the feed say something at once, and has it folded. */
  async tell(...events: readonly FeedEvent[]): Promise<void> {
    this.#say(events);
    await settled();
  }

  /** Lets the feed tell trades. */
  async trades(...told: readonly ToldTrade[]): Promise<void> {
    await this.tell({ kind: "trades", trades: told.map((trade) => this.#trade(trade)) });
  }

  /** Lets wall time pass, second by second. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.#clock.advanceBy(1_000_000);
      this.runner.wallTime(this.#clock.nowUs());
      await settled();
    }
  }

  /** The feed ends or fails. */
  async end(outcome: FeedOutcome): Promise<void> {
    this.#end(outcome);
    await settled();
  }

  /** Stops as a server does. */
  async stop(): Promise<void> {
    await this.runner.stop();
    await this.recorder.close();
  }

  #trade({ id, atUs, price = 5, ticker = "A/B" }: ToldTrade): Trade {
    const instrument = this.#catalog.ensureInstrument("d", ticker);
    if (instrument === undefined) throw new Error("there is room for a few tickers");
    const figures = { price, priceScale: 0, quantity: 1, quantityScale: 0 };
    const times = { eventTimeUs: atUs, receiveTimeUs: atUs };
    return { instrument, venue: "v", id, ...figures, ...times, aggressor: "buy" };
  }
}

/** Lets all that was begun go on as far as it can without time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

/** All trades that a store has of a ticker. */
export async function storedTrades(
  store: DatasetStore,
  ticker = "A/B",
): Promise<readonly StoredTrade[]> {
  const trades = await store.trades({
    ...{ dataset: "d", ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER },
    ...{ order: "oldest-first", limit: 10_000 },
  });
  if (isUnanswered(trades)) throw new Error(`the store cannot be read: ${trades.kind}`);
  return trades;
}

function toldFeed(time: Feed["time"]) {
  let queue: (readonly FeedEvent[])[] = [];
  let outcome: FeedOutcome | undefined;
  let wake = () => {};
  const feed: Feed = {
    time,
    tickers: ["A/B"],
    async *run(_, signal) {
      signal.addEventListener("abort", () => wake(), { once: true });
      for (;;) {
        const [next, ...later] = queue;
        if (next !== undefined) {
          queue = later;
          yield next;
          continue;
        }
        if (outcome !== undefined) return outcome;
        if (signal.aborted) return { kind: "stopped" };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
  const tell = (events: readonly FeedEvent[]) => {
    queue = [...queue, events];
    wake();
  };
  const end = (how: FeedOutcome) => {
    outcome = how;
    wake();
  };
  return { feed, tell, end };
}
