/**
 * Plays opened recordings: reads, places and paces their trades, lap after lap. All waiting is done
 * through the feed's context, so a virtual clock plays a recorded day in no time.
 */
import { assert } from "../../core/assert.ts";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import { clockDefault, type ReplayOptions, speedDefault } from "./config.ts";
import { detached, type RecordedTrade } from "./map.ts";
import { batchTradesMax, Pace, Timeline } from "./pace.ts";
import { Placement } from "./placement.ts";
import type { Recording } from "./recording.ts";
import { readTrades } from "./trade-file.ts";

/**
 * How far market time is moved past the last trade at the end of the data, in milliseconds: two
 * whole minutes, so that the last bar of every instrument closes.
 */
export const endOfDataLeadMs = 120_000;

/** One run of a replay: what it plays, and whom it talks to. */
export interface ReplayRun {
  readonly options: ReplayOptions;
  readonly context: FeedContext;
  readonly signal: StopSignal;
}

type Batches<Outcome> = AsyncGenerator<readonly FeedEvent[], Outcome>;

/** A part of the whole source, as shares of its bytes from 0 to 1. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** One run of a replay feed; it is played once. */
export class Playback {
  readonly #run: ReplayRun;
  readonly #placement: Placement;
  readonly #timeline = new Timeline();
  readonly #venue: string;
  readonly #tickers: ReadonlyMap<string, string>;
  /** By the file's symbol; bounded by the dataset, which stops giving instruments. */
  readonly #instruments = new Map<string, Instrument>();
  #hasWarnedOfFullDataset = false;
  /** Undefined until the first trade fixes where market time starts. */
  #pace: Pace | undefined;
  /** Market time that is known to have come: what is not later may be sent without a look at the clock. */
  #reachedUs = 0;

  constructor(run: ReplayRun) {
    const { clock = clockDefault, venue, publisher, tickers = {} } = run.options;
    this.#run = run;
    this.#placement = new Placement(clock);
    this.#venue = venue ?? publisher;
    this.#tickers = new Map(Object.entries(tickers));
  }

  /** Plays all files, again and again where the options say so. */
  async *play(recordings: readonly Recording[]): Batches<FeedOutcome> {
    let mayPlay = true;
    while (mayPlay) {
      const outcome = yield* this.#playLap(recordings);
      if (outcome !== undefined) return outcome;
      if (this.#run.options.loop !== true) break;
      if (this.#placement.isEmptyLap) return failed("cannot loop: the files hold no trade");
      mayPlay = this.#placement.nextLap();
    }
    if (!mayPlay) return failed("cannot loop any further: market time has reached the year 2240");
    yield* this.#endOfData();
    return { kind: "finished" };
  }

  /** Moves market time past the last bar at once: nobody gains from waiting for minutes without data. */
  async *#endOfData(): Batches<void> {
    if (this.#pace === undefined) return;
    this.#timeline.tell(this.#placement.latestUs + endOfDataLeadMs * 1000);
    yield this.#timeline.take();
  }

  /** Plays each file once; undefined when all were played to their end. */
  async *#playLap(recordings: readonly Recording[]): Batches<FeedOutcome | undefined> {
    const totalBytes = recordings.reduce((sum, recording) => sum + recording.sizeBytes, 0);
    let bytesBefore = 0;
    for (const recording of recordings) {
      const share = (bytes: number) => Math.min(1, (bytesBefore + bytes) / totalBytes);
      const outcome = yield* this.#playFile(recording, share);
      if (outcome !== undefined) return outcome;
      bytesBefore += recording.sizeBytes;
      this.#run.context.progress(share(0));
    }
    return undefined;
  }

  async *#playFile(
    recording: Recording,
    share: (bytes: number) => number,
  ): Batches<FeedOutcome | undefined> {
    const { options, context, signal } = this.#run;
    const isQuiet = this.#placement.lap > 1;
    let bytesRead = 0;
    for await (const block of readTrades({ recording, format: options.format, context, isQuiet })) {
      if (block.kind === "failed") return block;
      context.count("bytes", block.bytesRead - bytesRead);
      yield* this.#playBlock(block.trades, { from: share(bytesRead), to: share(block.bytesRead) });
      bytesRead = block.bytesRead;
      if (signal.aborted) return { kind: "stopped" };
    }
    return undefined;
  }

  /** Sends the trades of one block, each when it is due; returns early when the feed is stopped. */
  async *#playBlock(trades: readonly RecordedTrade[], stretch: Stretch): Batches<void> {
    const { signal } = this.#run;
    for (const [at, recorded] of trades.entries()) {
      const trade = this.#place(recorded);
      if (trade === undefined) continue;
      const done = stretch.from + ((stretch.to - stretch.from) * at) / trades.length;
      if (trade.receiveTimeUs > this.#reachedUs) yield* this.#wait(trade.receiveTimeUs, done);
      if (signal.aborted) return;
      this.#timeline.add(trade);
      if (this.#timeline.tradeCount >= batchTradesMax) yield* this.#flush(done);
    }
    yield* this.#flush(stretch.to);
  }

  /** Lets market time pass until `dueUs`, sending what is ready before each sleep. */
  async *#wait(dueUs: number, done: number): Batches<void> {
    const { context, signal } = this.#run;
    const pace = this.#pace;
    assert(pace !== undefined, "the first trade sets the pace");
    while (!signal.aborted) {
      this.#reachedUs = pace.marketUs(context.nowUs());
      if (this.#reachedUs >= dueUs) return;
      this.#timeline.reach(this.#reachedUs);
      yield* this.#flush(done);
      await context.sleep(pace.sleepMs(dueUs, context.nowUs()), signal);
    }
  }

  /** Sends what is ready, and tells how far the source has come. */
  async *#flush(done: number): Batches<void> {
    const { context } = this.#run;
    context.count("trades", this.#timeline.tradeCount);
    context.progress(done);
    const events = this.#timeline.take();
    if (events.length > 0) yield events;
  }

  /** The trade in market time; undefined when the dataset has no room for its ticker. */
  #place(recorded: RecordedTrade): Trade | undefined {
    const instrument = this.#instrumentOf(recorded.symbol);
    if (instrument === undefined) {
      this.#run.context.count("skipped", 1);
      return undefined;
    }
    if (this.#pace === undefined) {
      const wallUs = this.#run.context.nowUs();
      const marketUs = this.#placement.start(recorded, wallUs);
      this.#pace = new Pace(this.#run.options.speed ?? speedDefault, { marketUs, wallUs });
    }
    return this.#placement.place(recorded, { instrument, venue: this.#venue });
  }

  #instrumentOf(symbol: string | undefined): Instrument | undefined {
    const known = this.#instruments.get(symbol ?? "");
    if (known !== undefined) return known;
    const { options, context } = this.#run;
    const key = detached(symbol ?? "");
    const ticker = symbol === undefined ? options.ticker : (this.#tickers.get(key) ?? key);
    assert(ticker !== undefined, "options without any ticker were refused");
    const instrument = context.instrument(ticker);
    if (instrument !== undefined) this.#instruments.set(key, instrument);
    else if (!this.#hasWarnedOfFullDataset) {
      this.#hasWarnedOfFullDataset = true;
      context.warn(`the dataset is full: trades of ${ticker} and other new tickers are left out`);
    }
    return instrument;
  }
}

function failed(reason: string): FeedOutcome {
  return { kind: "failed", reason };
}
