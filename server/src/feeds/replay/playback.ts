/**
 * Plays opened recordings: reads, places and paces their trades, lap after lap. All waiting is done
 * through the feed's context, so a virtual clock plays a recorded day in no time.
 */
import { assert } from "../../core/assert.ts";
import type { Instrument } from "../../marketdata/instrument.ts";
import type { FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import { detached, type RecordedTrade } from "../../recordings/map.ts";
import { merged, openFilesMax } from "../../recordings/merge.ts";
import type { SortedRun } from "../../recordings/sort-window.ts";
import { windowRowsMax } from "../../recordings/sort-window.ts";
import { readSorted } from "../../recordings/sorted-file.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import { clockDefault, type ReplayOptions, speedDefault } from "./config.ts";
import { Order } from "./order.ts";
import { batchTradesMax, Pace, Timeline } from "./pace.ts";
import { Placement } from "./placement.ts";

/**
 * How far market time is moved past the last trade at the end of the data, in milliseconds: two
 * whole minutes, so that the last bar of every instrument closes.
 */
export const endOfDataLeadMs = 120_000;

/** Rows of all files together that are looked at before the first of each is played. */
const headRowsMax = 4 * windowRowsMax;

/**
 * A time without trades that is longer than an hour, and that would take more than ten minutes to
 * wait for, is passed over. Both in microseconds, the first of market time and the second of ours.
 */
export const gapUsMax = 3_600_000_000;
export const gapWallUsMax = 600_000_000;

/** One file of a replay and the earliest time that is known of it. */
export interface ReplaySource {
  readonly recording: Recording;
  readonly startUs: number;
}

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
  async *play(sources: readonly ReplaySource[]): Batches<FeedOutcome> {
    let mayPlay = true;
    while (mayPlay) {
      const outcome = yield* this.#playLap(sources);
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

  /** Plays each file once, by time; undefined when all were played to their end. */
  async *#playLap(sources: readonly ReplaySource[]): Batches<FeedOutcome | undefined> {
    const { options, context, signal } = this.#run;
    const { format, sort } = options;
    const isQuiet = this.#placement.lap > 1;
    const headRows = Math.min(
      Math.floor(headRowsMax / Math.min(sources.length, openFilesMax)),
      windowRowsMax,
    );
    const file = { format, sort, context, isQuiet, headRows };
    const totalBytes = sources.reduce((sum, { recording }) => sum + recording.sizeBytes, 0);
    const opened = sources.map(({ recording, startUs }) => ({
      startUs,
      weight: recording.sizeBytes / totalBytes,
      open: () => readSorted({ ...file, recording }),
    }));
    const order = new Order(context);
    let done = 0;
    for await (const run of merged(opened)) {
      if (run.kind === "failed") return run;
      const trades = order.take(run);
      const to = Math.max(done, run.done);
      yield* this.#playRun({ ...run, trades }, { from: done, to });
      done = to;
      if (order.refusal !== undefined) return order.refusal;
      if (signal.aborted) return { kind: "stopped" };
    }
    context.progress(1);
    return undefined;
  }

  /** Sends trades, each when it is due; returns early when the feed is stopped. */
  async *#playRun({ trades, path }: SortedRun, stretch: Stretch): Batches<void> {
    const { signal } = this.#run;
    const step = (stretch.to - stretch.from) / trades.length;
    for (let at = 0; at < trades.length; at += 1) {
      const recorded = trades[at]!;
      const instrument = this.#instrumentOf(recorded.symbol);
      if (instrument === undefined) {
        this.#run.context.count("skipped", 1, `${path}:${recorded.line}`);
        continue;
      }
      const dueUs = this.#dueUs(recorded);
      if (dueUs > this.#reachedUs) yield* this.#wait(dueUs, stretch.from + step * at);
      if (signal.aborted) return;
      const trade = this.#placement.place(recorded, { instrument, venue: this.#venue });
      this.#timeline.add(trade, path, recorded.line);
      if (this.#timeline.tradeCount >= batchTradesMax) {
        yield* this.#flush(stretch.from + step * at);
      }
    }
    yield* this.#flush(stretch.to);
  }

  /** When a trade is due in market time; the first of all sets the pace. */
  #dueUs(recorded: RecordedTrade): number {
    const { context, options } = this.#run;
    const { speed = speedDefault } = options;
    if (this.#pace === undefined) {
      const wallUs = context.nowUs();
      const marketUs = this.#placement.start(recorded, wallUs);
      this.#pace = new Pace(speed, { marketUs, wallUs });
    }
    const dueUs = this.#placement.timeOf(recorded);
    const aheadUs = dueUs - this.#reachedUs;
    if (speed === "max" || aheadUs <= gapUsMax) return dueUs;
    return this.#passOver(recorded, speed);
  }

  /** Passes over a time in which nothing was recorded, where it would take long; answers when to go on. */
  #passOver(recorded: RecordedTrade, speed: number): number {
    const { context } = this.#run;
    const wallUs = context.nowUs();
    const dueUs = this.#placement.timeOf(recorded);
    const aheadUs = dueUs - (this.#pace?.marketUs(wallUs) ?? dueUs);
    if (aheadUs <= gapUsMax || aheadUs / speed <= gapWallUsMax) return dueUs;
    context.warn(`nothing was recorded for ${Math.round(aheadUs / 60e6)} minutes: passed over`);
    if (this.#placement.passOver(aheadUs)) return this.#placement.timeOf(recorded);
    this.#pace = new Pace(speed, { marketUs: dueUs, wallUs });
    return dueUs;
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

  #instrumentOf(symbol: string | undefined): Instrument | undefined {
    const known = this.#instruments.get(symbol ?? "");
    if (known !== undefined) return known;
    const { options, context } = this.#run;
    const key = detached(symbol ?? "");
    const ticker = symbol === undefined ? options.ticker : (this.#tickers.get(key) ?? key);
    const instrument = ticker === undefined ? undefined : context.instrument(ticker);
    if (instrument !== undefined) this.#instruments.set(key, instrument);
    else if (!this.#hasWarnedOfFullDataset) {
      this.#hasWarnedOfFullDataset = true;
      const why = ticker === undefined ? "a file names no ticker" : "the dataset is full";
      context.warn(`${why}: trades of ${ticker ?? "it"} and other new tickers are left out`);
    }
    return instrument;
  }
}

function failed(reason: string): FeedOutcome {
  return { kind: "failed", reason };
}
