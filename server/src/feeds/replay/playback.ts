/**
 * Plays opened recordings: reads, places and paces their trades, lap after lap. All waiting is done
 * through the feed's context, so a virtual clock plays a recorded day in no time.
 */
import type { Instrument } from "../../marketdata/instrument.ts";
import type { FeedContext, FeedEvent, FeedOutcome, StopSignal } from "../../ports/feed.ts";
import { detached, type RecordedTrade } from "../../recordings/map.ts";
import type { PlacedRows } from "../../recordings/tape.ts";
import { clockDefault, type ReplayOptions } from "./config.ts";
import { foldStart, leapRowsMin, minuteOf } from "./fold-start.ts";
import type { Mark } from "./marks.ts";
import { batchTradesMax, Timeline } from "./pace.ts";
import { Placement } from "./placement.ts";
import type { Seat } from "./replay-clock.ts";
import type { PlayedRecording, RowReader } from "./rows-of-lap.ts";
import type { PlayedTape } from "./shared-tape.ts";

/**
 * How far market time is moved past the last trade at the end of the data, in milliseconds: two
 * whole minutes, so that the last bar of every instrument closes.
 */
export const endOfDataLeadMs = 120_000;

/**
 * A time without trades that is longer than an hour, and that would take more than ten minutes to
 * wait for, is passed over. Both in microseconds, the first of market time and the second of ours.
 */
export const gapUsMax = 3_600_000_000;
export const gapWallUsMax = 600_000_000;

/** Market time, in microseconds, after which it is looked again whether the clock was stopped. */
const lookUs = 1_000_000;

/** One run of a replay: what it plays, and whom it talks to. */
export interface ReplayRun {
  readonly options: ReplayOptions;
  readonly context: FeedContext;
  readonly signal: StopSignal;
  readonly seat: Seat;
}

/** A row that is the next to be played, and its place. */
interface NextRow {
  readonly recorded: RecordedTrade;
  readonly row: number;
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
  /** Whether the first trade has been found, and market time has begun. */
  #hasBegun = false;
  /** Whether what follows is after the end that the options name. */
  #isPastEnd = false;
  /** What is played, where it can be gone through in both directions. */
  #tape: PlayedTape | undefined;
  /** The minute of the last trade, by its number. */
  #minute = Number.NaN;
  /** The seek for which it was looked where to go on, and that place until it is gone to. */
  #lookedUs: number | undefined;
  #leapTo: Mark | undefined;

  constructor(run: ReplayRun) {
    const { clock = clockDefault, venue, publisher, tickers = {} } = run.options;
    this.#run = run;
    this.#placement = new Placement(clock);
    this.#venue = venue ?? publisher;
    this.#tickers = new Map(Object.entries(tickers));
  }

  /** Plays all files, again and again where the options say so. */
  async *play(recording: PlayedRecording): Batches<FeedOutcome> {
    let mayPlay = true;
    while (mayPlay) {
      const outcome = yield* this.#playLap(recording);
      if (outcome !== undefined) return outcome;
      if (this.#run.options.loop !== true) break;
      if (this.#placement.isEmptyLap) return failed("cannot loop: the files hold no trade");
      mayPlay = this.#placement.nextLap();
    }
    if (!mayPlay) return failed("cannot loop any further: market time has reached the year 2240");
    yield* this.#endOfData();
    return { kind: "finished" };
  }

  /**
   * Moves market time past the last bar at once: nobody gains from waiting for minutes without data. Where it
   * stands still at the last trade the end comes with the next step.
   */
  async *#endOfData(): Batches<void> {
    if (!this.#hasBegun) return;
    const { context, seat, signal } = this.#run;
    const { latestUs } = this.#placement;
    yield* this.#endSeek(1);
    while (seat.clock.isHeld && seat.clock.marketUs() <= latestUs && !signal.aborted) {
      const marketUs = seat.clock.marketUs();
      this.#timeline.reach(marketUs);
      yield* this.#flush(1);
      seat.reachedUs = marketUs;
      await seat.clock.wait(seat, latestUs + 1, context, signal);
      yield* this.#endSeek(1);
    }
    if (signal.aborted) return;
    this.#timeline.tell(this.#placement.latestUs + endOfDataLeadMs * 1000);
    yield this.#timeline.take();
  }

  /** Plays each file once, by time; undefined when all were played to their end. */
  async *#playLap(recording: PlayedRecording): Batches<FeedOutcome | undefined> {
    const { context, signal, seat } = this.#run;
    const reader = recording.readerOf(this.#placement.lap);
    this.#tape = recording.tape;
    let done = 0;
    try {
      if (seat.seekUs !== undefined) await this.#lookAhead(seat.seekUs, 0);
      for (;;) {
        await this.#leap(reader);
        const run = await reader.next();
        if (run.kind === "failed") return run;
        if (run.kind === "over") break;
        const to = Math.max(done, run.done);
        yield* this.#playRun(run, { from: done, to });
        done = to;
        if (signal.aborted) return { kind: "stopped" };
        if (this.#isPastEnd) break;
      }
    } finally {
      await reader.close();
    }
    this.#isPastEnd = false;
    context.progress(1);
    return undefined;
  }

  /** Looks whether a seek leads so far ahead of a row that what lies between need not be folded. */
  async #lookAhead(seekUs: number, row: number): Promise<void> {
    const { context, signal, seat } = this.#run;
    const { fold } = context;
    this.#lookedUs = seekUs;
    // Recorded times are market times on this clock alone.
    if (this.#tape === undefined || fold === undefined || seat.clock.kind !== "recorded") return;
    const start = await foldStart(this.#tape, { toUs: seekUs, fold, signal });
    if (start.row >= row + leapRowsMin) this.#leapTo = start;
  }

  /** Goes on from where a seek begins to fold. */
  async #leap(reader: RowReader): Promise<void> {
    const to = this.#leapTo;
    if (to === undefined) return;
    this.#leapTo = undefined;
    this.#run.context.fold?.passOver(to.taken);
    await reader.moveTo(to.row);
  }

  /** Sends trades, each when it is due; returns early when the feed is stopped, or a seek leads far ahead. */
  async *#playRun({ trades, path, row }: PlacedRows, stretch: Stretch): Batches<void> {
    const { signal } = this.#run;
    const step = (stretch.to - stretch.from) / trades.length;
    for (let at = 0; at < trades.length; at += 1) {
      const recorded = trades[at]!;
      const instrument = this.#playable(recorded, path);
      if (instrument === "over") break;
      if (instrument === undefined) continue;
      if (!this.#hasBegun) await this.#begin(recorded);
      if (this.#isAhead(recorded)) {
        yield* this.#approach({ recorded, row: row + at }, stretch.from + step * at);
      }
      if (signal.aborted) return;
      if (this.#leapTo !== undefined) break;
      const trade = this.#placement.place(recorded, { instrument, venue: this.#venue });
      this.#timeline.add(trade, path, recorded.line);
      if (this.#timeline.tradeCount >= batchTradesMax) {
        yield* this.#flush(stretch.from + step * at);
      }
    }
    yield* this.#flush(stretch.to);
  }

  /** The instrument of a row; undefined where it is not played, `over` where none behind it is. */
  #playable({ eventTimeUs, symbol, line }: RecordedTrade, path: string) {
    const { fromUs = 0, toUs = Number.POSITIVE_INFINITY } = this.#run.options;
    if (eventTimeUs < fromUs) return undefined;
    if (eventTimeUs >= toUs) {
      this.#isPastEnd = true;
      return "over";
    }
    const instrument = this.#instrumentOf(symbol);
    if (instrument === undefined) this.#run.context.count("skipped", 1, `${path}:${line}`);
    return instrument;
  }

  /** Whether a row is of another minute than the one before, or later than it is known to be. */
  #isAhead(recorded: RecordedTrade): boolean {
    const isLater = this.#placement.timeOf(recorded) > this.#run.seat.playableUs;
    return isLater || minuteOf(recorded.eventTimeUs) !== this.#minute;
  }

  /** Comes to a row, and to its time. */
  async *#approach(next: NextRow, done: number): Batches<void> {
    const { recorded, row } = next;
    if (minuteOf(recorded.eventTimeUs) !== this.#minute) yield* this.#mark(recorded, row, done);
    if (this.#placement.timeOf(recorded) > this.#run.seat.playableUs) {
      yield* this.#wait(next, done);
    }
  }

  /** A minute begins: now and then everything before it is folded first, and noted how much that is. */
  async *#mark({ eventTimeUs }: RecordedTrade, row: number, done: number): Batches<void> {
    this.#minute = minuteOf(eventTimeUs);
    const { fold } = this.#run.context;
    const marks = this.#tape?.marks;
    if (marks === undefined || fold?.isStored !== true || !marks.isDue(row)) return;
    yield* this.#flush(done);
    marks.set({ row, taken: fold.taken() });
  }

  /** Market time begins with the first trade of all that are played together. */
  async #begin(first: RecordedTrade): Promise<void> {
    const { context, seat, signal } = this.#run;
    if (this.#tape !== undefined) this.#tape.firstUs ??= first.eventTimeUs;
    const firstUs = this.#tape?.firstUs ?? first.eventTimeUs;
    await seat.clock.begin(seat, firstUs, context, signal);
    this.#placement.start(seat.clock.offsetUs);
    this.#hasBegun = true;
  }

  /** Lets market time pass until a trade is due, sending what is ready before each sleep. */
  async *#wait(next: NextRow, done: number): Batches<void> {
    yield* this.#comeTo(next, done);
    this.#run.seat.dueUs = undefined;
  }

  async *#comeTo({ recorded, row }: NextRow, done: number): Batches<void> {
    const { context, seat, signal } = this.#run;
    while (!signal.aborted) {
      const { clock, seekUs } = seat;
      if (seekUs !== undefined && seekUs !== this.#lookedUs) await this.#lookAhead(seekUs, row);
      if (this.#leapTo !== undefined) return;
      const dueUs = this.#placement.timeOf(recorded);
      if (dueUs > (seat.seekUs ?? Number.POSITIVE_INFINITY)) yield* this.#endSeek(done);
      const marketUs = clock.comeUs(seat);
      if (marketUs >= dueUs) {
        // So that it is looked again soon where market time does not wait.
        const untilUs = Math.min(seat.seekUs ?? Number.POSITIVE_INFINITY, dueUs + lookUs);
        seat.playableUs = Math.min(marketUs, untilUs);
        seat.reachedUs = dueUs;
        return;
      }
      this.#timeline.reach(marketUs);
      yield* this.#flush(done);
      seat.reachedUs = Math.max(seat.reachedUs, marketUs);
      seat.playableUs = marketUs;
      if (!this.#passesOver(recorded)) await clock.wait(seat, dueUs, context, signal);
    }
  }

  /**
   * Passes over a time in which nothing was recorded, where it would take long; whether it did. Recordings that are
   * played together pass over what is empty in all of them, and on the shifted clock they do not.
   */
  #passesOver(recorded: RecordedTrade): boolean {
    const { context, seat } = this.#run;
    const { clock } = seat;
    if (clock.speed === "max" || clock.isHeld) return false;
    const dueUs = this.#placement.timeOf(recorded);
    const aheadUs = dueUs - clock.marketUs();
    if (aheadUs <= gapUsMax || aheadUs / clock.speed <= gapWallUsMax) return false;
    if (!clock.isNextOf(seat, dueUs) || (clock.isShared && clock.kind === "shifted")) return false;
    context.warn(`nothing was recorded for ${Math.round(aheadUs / 60e6)} minutes: passed over`);
    if (!this.#placement.passOver(aheadUs)) clock.jump(dueUs);
    return true;
  }

  /** The moment is reached that a seek leads to: from here on everybody is sent what happens. */
  async *#endSeek(done: number): Batches<void> {
    const { seat } = this.#run;
    if (seat.seekUs === undefined) return;
    this.#timeline.tell(seat.seekUs);
    yield* this.#flush(done);
    // What was told on the way has been folded when the next is asked for.
    seat.seekUs = undefined;
    this.#lookedUs = undefined;
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
