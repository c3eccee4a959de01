/**
 * A made-up venue that trades by itself on a virtual clock, a live feed that watches it, and a runner and
 * recorder behind it. The venue knows all that was traded, so that a test can see what was missed.
 */
import { Catalog } from "../marketdata/catalog.ts";
import type { FeedEvent, StopSignal } from "../ports/feed.ts";
import { isUnanswered } from "../ports/history.ts";
import type { LiveQuote, LiveSource, LiveTold, LiveTrade } from "../ports/live-source.ts";
import type { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import type { VirtualClock } from "../testing/virtual-clock.ts";
import { FeedRunner } from "./bar-streams.ts";
import { DatasetRecorder } from "./dataset-recorder.ts";
import { restoreDataset } from "./dataset-restore.ts";
import { type LiveFeedOptions, liveFeed } from "./live-feed.ts";
import { settled } from "./recorded-feed.fixture.ts";
import { rememberedTicker } from "./remembered-ticker.ts";

const latenessUs = 10_000_000;
export const staleMs = 20_000;

/** How one connection of a ticker is told to behave. */
type Behaviour = "sound" | "refused" | "half-open";

interface Connection {
  readonly told: LiveTold[];
  wake: () => void;
  isDead: boolean;
  end?: string;
}

/** A venue. */
export class MadeUpVenue implements LiveSource {
  readonly tickers: readonly string[];
  /** All that was ever traded, by ticker. */
  readonly traded = new Map<string, LiveTrade[]>();
  readonly behaviour = new Map<string, Behaviour>();
  /** How many trades it tells of its past; undefined where it has none to tell. */
  pastMax: number | undefined;
  /** The step of times in its past, in microseconds, where that is coarser than its stream. */
  pastStepUs: number | undefined;
  /** Whether it confirms a subscription; else its first trade does. */
  confirms = true;
  /** How many trades it repeats at a subscription. */
  repeats = 0;
  /** Best prices that it tells first. */
  quote: LiveQuote | undefined;
  closed = 0;
  readonly #clock: VirtualClock;
  readonly #open = new Map<string, Connection>();
  readonly #told = new WeakSet<LiveTrade>();
  #id = 0;

  constructor(clock: VirtualClock, tickers: readonly string[]) {
    this.#clock = clock;
    this.tickers = tickers;
  }

  /** Something is traded, and told to whoever is connected. */
  trade(ticker: string): LiveTrade {
    this.#id += 1;
    const trade: LiveTrade = {
      venue: "v",
      id: this.#id,
      price: 100 + (this.#id % 7),
      priceScale: 2,
      quantity: 1 + (this.#id % 3),
      quantityScale: 0,
      eventTimeUs: this.#clock.nowUs(),
      aggressor: "buy",
    };
    this.#all(ticker).push(trade);
    this.#tell(ticker, { trades: [trade] });
    return trade;
  }

  /** Says that the connection is alive. */
  heartbeat(ticker: string): void {
    this.#tell(ticker, { trades: [] });
  }

  /** Tells the newest trades again, so many at the most: none that were never told, and none from before those. */
  again(ticker: string, count: number): void {
    const trades = this.#all(ticker).slice(-count);
    const untold = trades.findLastIndex((trade) => !this.#told.has(trade));
    this.#tell(ticker, { trades: trades.slice(untold + 1) });
  }

  /** Ends the connection of a ticker. */
  async drop(ticker: string, reason = "the venue hung up"): Promise<void> {
    const connection = this.#open.get(ticker);
    if (connection === undefined) return;
    connection.end = reason;
    connection.wake();
    await settled();
  }

  isConnected(ticker: string): boolean {
    return this.#open.has(ticker);
  }

  async *watch(ticker: string, _: unknown, signal: StopSignal): AsyncGenerator<LiveTold, string> {
    if (this.behaviour.get(ticker) === "refused") return "there is no such market";
    const isDead = this.behaviour.get(ticker) === "half-open";
    const told = isDead || !this.confirms ? [] : [this.#greeting(ticker)];
    const connection: Connection = { told, wake: () => {}, isDead };
    this.#open.set(ticker, connection);
    signal.addEventListener("abort", () => connection.wake(), { once: true });
    try {
      while (!signal.aborted) {
        const told = connection.told.shift();
        if (told !== undefined) yield told;
        else if (connection.end !== undefined) return connection.end;
        else await new Promise<void>((resolve) => (connection.wake = resolve));
      }
      return "stopped";
    } finally {
      if (this.#open.get(ticker) === connection) this.#open.delete(ticker);
    }
  }

  get past(): LiveSource["past"] {
    const max = this.pastMax;
    if (max === undefined) return undefined;
    const stepUs = this.pastStepUs ?? 1;
    return async (ticker) =>
      (max === 0 ? [] : this.#all(ticker).slice(-max)).map((trade) => ({
        ...trade,
        eventTimeUs: trade.eventTimeUs - (trade.eventTimeUs % stepUs),
      }));
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** What is told first on a connection. */
  #greeting(ticker: string): LiveTold {
    const trades = this.repeats === 0 ? [] : this.#all(ticker).slice(-this.repeats);
    return this.quote === undefined ? { trades } : { trades, quote: this.quote };
  }

  #all(ticker: string): LiveTrade[] {
    const known = this.traded.get(ticker);
    if (known !== undefined) return known;
    const made: LiveTrade[] = [];
    this.traded.set(ticker, made);
    return made;
  }

  #tell(ticker: string, told: LiveTold): void {
    const connection = this.#open.get(ticker);
    if (connection === undefined) return;
    // What goes into a connection whose other end is gone does not come out later.
    connection.isDead ||= this.behaviour.get(ticker) === "half-open";
    if (connection.isDead) return;
    for (const trade of told.trades) this.#told.add(trade);
    connection.told.push(told);
    connection.wake();
  }
}

/** What a house is begun with. */
export interface LiveHouseSetup {
  readonly clock: VirtualClock;
  readonly store: MemoryDatasetStore;
  readonly seed?: number;
  /** Who is told of quotes, and of all that is told; nobody when left out. */
  readonly quoted?: NonNullable<LiveFeedOptions["quoted"]>;
  readonly watch?: ((event: FeedEvent) => void) | undefined;
}

/** A server's life, as far as it concerns one dataset that follows a venue. */
export class LiveHouse {
  readonly runner: FeedRunner;
  readonly recorder: DatasetRecorder;
  readonly warnings: string[];
  readonly #clock: VirtualClock;
  readonly #life: { isOver: boolean };

  static async begin(
    venue: MadeUpVenue,
    { clock, store, seed = 1, quoted, watch }: LiveHouseSetup,
  ): Promise<LiveHouse> {
    const restored = await restoreDataset({
      ...{ dataset: "d", store, source: undefined, isLive: true, latenessUs },
      nowUs: clock.nowUs(),
    });
    if (isUnanswered(restored)) throw new Error("the store cannot be read");
    const catalog = new Catalog();
    const dataset = { code: "d", name: "D", publisher: "p" };
    catalog.addDataset(dataset);
    const warnings: string[] = [];
    const say = (message: string) => warnings.push(message);
    const log = { debug() {}, info() {}, warn: say, error: say };
    const life = { isOver: false };
    // What a dead process has not stored is not stored.
    const put: MemoryDatasetStore["put"] = (batch) =>
      life.isOver ? new Promise(() => {}) : store.put(batch);
    const recorder = new DatasetRecorder({
      ...{ dataset: "d", store: { put }, clock, log, keepsTrades: true, start: restored.start },
      isLive: true,
      tellsKnown: true,
    });
    const runner = new FeedRunner({
      ...{ dataset, clock, log, latenessUs, catalog, recorder, unchangedBars: false },
      opened: {
        feed: liveFeed({
          ...{ source: venue, dataset: "d", seed, staleMs },
          ...(quoted === undefined ? {} : { quoted }),
        }),
        ...{ waitsForConsumers: false, waitsForAudience: false },
        ...{ isRecording: false, simulated: false },
      },
      epoch: restored.streamEpoch,
      sequence: restored.sequence,
      restored: restored.running,
      remembered: (ticker) => rememberedTicker(store, "d", ticker),
      ...(watch === undefined ? {} : { watch }),
      publish() {},
      caughtUp: () => undefined,
    });
    runner.start();
    await settled();
    return new LiveHouse({ runner, recorder, warnings, clock, life });
  }

  private constructor(
    parts: Pick<LiveHouse, "runner" | "recorder" | "warnings"> & {
      clock: VirtualClock;
      life: { isOver: boolean };
    },
  ) {
    this.#life = parts.life;
    this.runner = parts.runner;
    this.recorder = parts.recorder;
    this.warnings = parts.warnings;
    this.#clock = parts.clock;
  }

  watched(ticker: string) {
    const found = this.runner.watched.find((watched) => watched.ticker === ticker);
    if (found === undefined) throw new Error(`${ticker} is not watched`);
    return found;
  }

  /** Lets time pass, second by second; `each` is done in each of them. */
  async pass(seconds: number, each: () => void = () => {}): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.#clock.advanceBy(1_000_000);
      this.runner.wallTime(this.#clock.nowUs());
      each();
      await settled();
    }
  }

  /** Ends as a process does that is killed. */
  async kill(): Promise<void> {
    this.#life.isOver = true;
    await this.runner.stop();
  }

  async stop(): Promise<void> {
    await this.runner.stop();
    await this.recorder.close();
  }
}
