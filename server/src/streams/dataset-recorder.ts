/**
 * Collects what a feed's runner folds and cuts it into batches for the store: the trades that were taken,
 * the bars that they changed, gaps, and until when everything is known. On the way of a trade it only
 * notes the trade; batches are made a few times a second.
 */
import { assert } from "../core/assert.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import { mergedSpans, type Span, uncoveredSpans } from "../marketdata/bars/span.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gap, KnownSpan, StoredTrade } from "../ports/dataset-reader.ts";
import type { DatasetStore, StoredPosition, TickerBar } from "../ports/dataset-store.ts";
import type { Log } from "../ports/log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { StoreQueue } from "./store-queue.ts";

/** How long trades wait for more of them before a batch is cut, in milliseconds. */
export const gatheringMs = 250;

/** With so many trades there is no waiting for more: making a batch of them takes a few milliseconds. */
export const gatheredTradesMax = 4_096;

/** What is recorded: the runner's side. */
export interface Recorded {
  /** The bars that have changed since they were last taken. */
  takeChanges(): readonly TickerBar[];
  /** Market time; undefined before there is any. */
  readonly marketUs: number | undefined;
  /** Sequence of the last batch of trades. */
  readonly sequence: number;
  /** Takes a sequence for something that is no batch of trades. */
  takeSequence(): number;
}

/** Where a recording of a dataset goes on. */
export interface RecordingStart {
  /** Identity of what is counted. */
  readonly epoch: string;
  /** Up to where it was stored at the start. */
  readonly follows: StoredPosition | "nothing";
  /**
   * `sequences`: batches have the sequences of the feed's batches. `trades`: the feed tells the same trades
   * again at each start, so that the number of a trade is what tells it.
   */
  readonly counts: "sequences" | "trades";
  /** With `trades`: how many of them are stored. */
  readonly storedTrades: number;
  /** Times that are known from before and are not stored again. */
  readonly skipped: readonly Span[];
  /** Since when nothing is known, and why; undefined at a first start. */
  readonly downSince: Pick<Gap, "fromUs" | "reason"> | undefined;
}

/** Options of a recorder. */
export interface DatasetRecorderOptions {
  readonly dataset: string;
  readonly store: Pick<DatasetStore, "put">;
  readonly start: RecordingStart;
  /** Whether trades are stored, or bars alone. */
  readonly keepsTrades: boolean;
  /** Whether market time is wall time, which passes without trades as well. */
  readonly isLive: boolean;
  /** Whether the feed says itself what is known; by default all is while it runs. */
  readonly tellsKnown?: boolean;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  readonly unstoredTradesMax?: number;
}

/** Records one dataset. */
export class DatasetRecorder {
  readonly queue: StoreQueue;
  readonly #options: DatasetRecorderOptions;
  readonly #skipped: readonly Span[];
  #recorded: Recorded | undefined;
  #trades: Trade[] = [];
  #gaps: Gap[] = [];
  /** What the feed has said to be known since the last batch, the newest span of each ticker last. */
  #told: KnownSpan[] = [];
  /** Trades of this run that were taken. */
  #count = 0;
  /** Of a feed that tells the same trades again: how many of them are stored, or on the way. */
  #storedTrades: number;
  /** The last event time of them. */
  #latestUs = 0;
  /** From when on everything is known that is not yet said to be; undefined while the feed is down. */
  #knownFromUs: number | undefined;
  #downSince: Pick<Gap, "fromUs" | "reason"> | undefined;
  /** Market time when the feed last told something. */
  #heardUs = 0;
  #lastCutUs = 0;
  /** Of the last batch that was handed over, or of the start. */
  #follows: StoredPosition | "nothing";
  /** Of the last batch that was handed over. */
  #lastSequence: number | undefined;
  #cancelGathering: (() => void) | undefined;

  constructor(options: DatasetRecorderOptions) {
    const { dataset, store, clock, log, start, unstoredTradesMax: tradesMax } = options;
    this.#options = options;
    this.#skipped = mergedSpans(start.skipped);
    this.#downSince = start.downSince;
    this.#follows = start.follows;
    this.#storedTrades = start.storedTrades;
    this.queue = new StoreQueue({ dataset, store, clock, log, tradesMax });
  }

  /** Connects it with what it records. */
  attach(recorded: Recorded): void {
    this.#recorded = recorded;
  }

  /** A trade was folded. */
  take(trade: Trade): void {
    this.#trades.push(trade);
  }

  /** Something is missing. */
  gap(gap: Gap): void {
    this.#gaps.push(gap);
  }

  /** All trades of a ticker in a time have been told. */
  known(span: KnownSpan): void {
    const at = this.#told.findLastIndex(({ ticker }) => ticker === span.ticker);
    const last = this.#told[at];
    if (last?.toUs === span.fromUs) this.#told[at] = { ...last, toUs: span.toUs };
    else if (span.toUs > span.fromUs) this.#told.push(span);
  }

  /**
   * A batch of the feed has been folded wholly. Up to now everything is known: what the feed has missed
   * it would have said.
   */
  batchDone(): void {
    const nowUs = this.#recorded?.marketUs;
    if (nowUs === undefined) return;
    this.#heardUs = nowUs;
    const tellsKnown = this.#options.tellsKnown === true;
    if (this.#knownFromUs === undefined && !tellsKnown) this.#resume(nowUs);
    if (this.#trades.length >= gatheredTradesMax) this.#cut("now");
    else if (this.#trades.length + this.#gaps.length + this.#told.length > 0) this.#soon();
  }

  /** The feed tells nothing for a while; `isOver` when it has told all that there is. */
  broke(reason: string, isOver = false): void {
    if (this.#knownFromUs === undefined) return;
    this.#cut(isOver ? "end" : "now");
    this.#knownFromUs = undefined;
    this.#downSince = { fromUs: this.#heardUs, reason };
  }

  /** A feed that tells the same trades at each start begins again: what it has told is not stored again. */
  again(): void {
    this.#cut("now");
    this.#storedTrades = Math.max(this.#storedTrades, this.#count);
    this.#count = 0;
    this.#knownFromUs = undefined;
    this.#downSince = undefined;
  }

  /** A feed that tells the same trades again leaves out some, up to where so many were taken: all of them are stored. */
  passOver(count: number): void {
    this.#cut("now");
    assert(
      count <= Math.max(this.#storedTrades, this.#count),
      "what was never told is not left out",
    );
    this.#storedTrades = Math.max(this.#storedTrades, this.#count);
    this.#count = count;
  }

  /** Market time has passed: minutes that have ended were closed, which is stored. */
  advanced(): void {
    const nowUs = this.#recorded?.marketUs;
    if (nowUs === undefined || !this.#options.isLive) return;
    if (minuteOf(nowUs) > minuteOf(this.#lastCutUs)) this.#soon();
  }

  /** Stores everything that has been told by now; resolves with why it cannot be. */
  flushed(): Promise<StorageFailure | undefined> {
    if (this.queue.failure === undefined) this.#cut("now");
    return this.queue.flushed();
  }

  /** Stores what is left and records nothing from then on. */
  async close(): Promise<void> {
    this.#cut("now");
    await this.queue.close();
  }

  /** What the feed did not tell before is a gap. */
  #resume(nowUs: number): void {
    const down = this.#downSince;
    this.#downSince = undefined;
    if (!this.#options.isLive) {
      this.#knownFromUs = this.#trades[0]?.eventTimeUs ?? nowUs;
      return;
    }
    this.#knownFromUs = nowUs;
    if (down !== undefined && down.fromUs < nowUs) this.#gaps.push({ ...down, toUs: nowUs });
  }

  #soon(): void {
    this.#cancelGathering ??= this.#options.clock.after(gatheringMs, () => this.#cut("now"));
  }

  /** Hands over what was collected; nothing where there is nothing new. */
  #cut(when: "now" | "end"): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    const recorded = this.#recorded;
    const timeUs = recorded?.marketUs;
    if (recorded === undefined || timeUs === undefined) return;
    const trades = this.#takeTrades();
    const bars = recorded.takeChanges().filter(({ bar }) => !this.#isSkipped(bar.startUs));
    const gaps = this.#gaps;
    this.#gaps = [];
    const known = [...this.#takeTold(gaps), ...this.#takeKnown(when).flatMap(without(gaps))];
    const { dataset, isLive, start } = this.#options;
    const hasContent = trades.length + bars.length + gaps.length + known.length > 0;
    const hasPassed = isLive && minuteOf(timeUs) > minuteOf(this.#lastCutUs);
    // An earlier run has stored it.
    if (start.counts === "trades" && this.#count < this.#storedTrades) return;
    if (!hasContent && !hasPassed) return;
    const position = this.#nextPosition(recorded, timeUs, when);
    this.#lastSequence = position.sequence;
    this.#lastCutUs = timeUs;
    const follows = this.#follows;
    this.#follows = position;
    this.queue.add({ dataset, position, follows, trades, bars, known, gaps });
  }

  /** The collected trades that are to be stored. */
  #takeTrades(): readonly StoredTrade[] {
    const { keepsTrades } = this.#options;
    const trades = this.#trades;
    this.#trades = [];
    const fresh = Math.max(0, Math.min(trades.length, this.#storedTrades - this.#count));
    this.#count += trades.length;
    const stored: StoredTrade[] = [];
    for (let at = fresh; at < trades.length; at += 1) {
      const trade = trades[at]!;
      if (trade.eventTimeUs > this.#latestUs) this.#latestUs = trade.eventTimeUs;
      if (!this.#isSkipped(trade.eventTimeUs)) {
        if (keepsTrades) stored.push(storedTrade(trade));
      } else if (this.#knownFromUs !== undefined) {
        // Of a minute that is left out nothing more is known than before.
        this.#knownFromUs = Math.max(
          this.#knownFromUs,
          (minuteOf(trade.eventTimeUs) + 1) * barIntervalUs,
        );
      }
    }
    return stored;
  }

  /** Whether the minute of a time was known, at least in part, before this run. */
  #isSkipped(timeUs: number): boolean {
    if (this.#skipped.length === 0) return false;
    const fromUs = timeUs - (timeUs % barIntervalUs);
    const toUs = fromUs + barIntervalUs;
    return this.#skipped.some((span) => span.fromUs < toUs && span.toUs > fromUs);
  }

  /** What the feed has said to be known, but for what is missing of the same ticker. */
  #takeTold(gaps: readonly Gap[]): readonly KnownSpan[] {
    const told = this.#told;
    this.#told = [];
    return told.flatMap(({ ticker, ...span }) => {
      const of = gaps.filter((gap) => gap.ticker === undefined || gap.ticker === ticker);
      return without(of)(span).map((part) => ({ ticker, ...part }));
    });
  }

  /** What is known since the last batch. A recording knows nothing beyond its newest trade. */
  #takeKnown(when: "now" | "end"): readonly Span[] {
    const fromUs = this.#knownFromUs;
    if (fromUs === undefined) return [];
    const newestUs = this.#latestUs + (when === "end" ? 1 : 0);
    const toUs = this.#options.isLive ? this.#heardUs : newestUs;
    if (toUs <= fromUs) return [];
    this.#knownFromUs = toUs;
    return [{ fromUs, toUs }];
  }

  #nextPosition(recorded: Recorded, timeUs: number, when: "now" | "end"): StoredPosition {
    const { epoch, counts } = this.#options.start;
    // The end of a recording comes after its last trade.
    const counted = this.#count * 2 + (when === "end" ? 1 : 0);
    if (counts === "trades") return { epoch, sequence: counted, timeUs };
    const isUsed = recorded.sequence === this.#lastSequence;
    return { epoch, sequence: isUsed ? recorded.takeSequence() : recorded.sequence, timeUs };
  }
}

/** The parts of a span that no gap covers. */
function without(gaps: readonly Gap[]): (span: Span) => readonly Span[] {
  return (span) => uncoveredSpans(span, gaps);
}

function minuteOf(timeUs: number): number {
  return Math.floor(timeUs / barIntervalUs);
}

function storedTrade(trade: Trade): StoredTrade {
  const { instrument, venue, id, price, priceScale, quantity, quantityScale } = trade;
  const { eventTimeUs, aggressor } = trade;
  const figures = { price, priceScale, quantity, quantityScale };
  return { ticker: instrument.ticker, venue, id, ...figures, eventTimeUs, aggressor };
}
