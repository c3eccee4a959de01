/**
 * Turns a dataset's trades into bars and says at which boundary of market time each is published.
 *
 * Bars close by the clock: `advance` is what ends a minute, never the next trade. The publisher owns
 * no timer; whoever owns the clock calls `advance`.
 */
import { assert } from "../core/assert.ts";
import { BarSeries, type FoldingTime, type TradeVerdict } from "./bar-series.ts";
import {
  type BarUpdate,
  barIntervalUs,
  everyPeriod,
  type PublishPeriodS,
  periodBit,
  publishPeriodsS,
} from "./bar-update.ts";
import type { Bar } from "./bars/bar.ts";
import type { Instrument } from "./instrument.ts";
import { MinuteBar } from "./minute-bar.ts";
import type { Trade } from "./trade.ts";

/** Default time after the end of its minute in which a bar may still be revised, in microseconds. */
export const latenessDefaultUs = 10_000_000;

/** The shortest publish period: boundaries are its multiples. */
const boundaryUs = 1_000_000;

/**
 * Most bars in a minute of market time that are begun when they would be final already: a bound on
 * what a venue's past can take of memory.
 */
export const backlogBarsMax = 100_000;

/** Options of a publisher. */
export interface BarPublisherOptions {
  readonly latenessUs: number;
  /**
   * Whether the short periods are sent the running bar at each of their boundaries, changed or not
   * (D-F13); where not, only when it has changed.
   */
  readonly unchangedBars: boolean;
  /** Whether anybody would be sent a bar that has not changed; always when left out. */
  isWanted?(instrument: Instrument, periodS: PublishPeriodS): boolean;
  /** Whether it notes which bars change, for {@link BarPublisher.takeChanges}. */
  readonly notesChanges?: boolean;
  /** Receives each published state; the boundary has passed when it is called. */
  publish(bar: BarUpdate, periodS: PublishPeriodS): void;
}

/** A minute that was stored before a start, with its trades as far as they have ids. */
export interface StoredMinute {
  readonly instrument: Instrument;
  readonly bar: Bar;
  readonly trades: readonly Omit<Trade, "instrument" | "receiveTimeUs">[];
  /** Whether there may be subscribers who were not sent its present state. */
  readonly isOwed: boolean;
}

/** What a dataset goes on with after a start. */
export interface RestoredBars {
  readonly minutes: readonly StoredMinute[];
  /** All that anything is stored of. */
  readonly instruments: readonly Instrument[];
  /** Minutes that start before this do not change; they are restored where they are owed. */
  readonly fromUs: number;
  /** Market time when this was stored, and now. */
  readonly atUs: number;
  readonly nowUs: number;
}

/** Bars of all instruments of one dataset. */
export class BarPublisher {
  readonly #options: BarPublisherOptions;
  readonly #series: (BarSeries | undefined)[] = [];
  /** Series that hold at least one bar, by ticker: what is sent does not depend on who was first. */
  #active: BarSeries[] = [];
  readonly #pending: Record<PublishPeriodS, BarSeries[]> = { 1: [], 10: [], 60: [] };
  #nowUs: number | undefined;
  #nextBoundaryUs = 0;
  /** One object for all trades: making it again for each costs more than folding some. */
  readonly #time: { -readonly [Key in keyof FoldingTime]: FoldingTime[Key] };
  /** Bars that have changed since they were last taken. */
  #changes: { readonly instrument: Instrument; readonly bar: MinuteBar }[] = [];
  /** Bars that may be begun late until the minute ends. */
  #backlogBarsLeft = backlogBarsMax;

  constructor(options: BarPublisherOptions) {
    assert(options.latenessUs >= 0, "lateness is not negative");
    this.#options = options;
    this.#time = { nowUs: 0, latenessUs: options.latenessUs, takesBacklog: true };
  }

  /** Market time, in microseconds since 1970; undefined before the first trade or `advance`. */
  get nowUs(): number | undefined {
    return this.#nowUs;
  }

  /** Folds one trade at the present market time. */
  apply(trade: Trade): TradeVerdict {
    if (this.#nowUs === undefined) this.#start(trade.receiveTimeUs);
    const series = this.#seriesOf(trade.instrument);
    const barsBefore = series.bars.length;
    const nowUs = this.#nowUs ?? 0;
    const time = this.#time;
    time.nowUs = nowUs;
    time.takesBacklog = this.#backlogBarsLeft > 0;
    const verdict = series.apply(trade, time);
    if (verdict !== "taken" && verdict !== "reused") return verdict;
    if (barsBefore === 0) this.#activate(series);
    if (series.bars.length > barsBefore && trade.eventTimeUs + barIntervalUs < nowUs) {
      this.#backlogBarsLeft -= 1;
    }
    if (series.pendingPeriods !== everyPeriod) this.#markPending(series);
    if (this.#options.notesChanges === true) this.#note(series);
    return verdict;
  }

  /** The present states of all bars that have changed since the last call. */
  takeChanges(): readonly { readonly ticker: string; readonly bar: Bar }[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes.map(({ instrument, bar }) => {
      bar.isUnstored = false;
      return { ticker: instrument.ticker, bar: bar.toBar(bar.revision) };
    });
  }

  /**
   * Goes on from where market time was when these minutes were stored, oldest first of each instrument.
   * One that was closed by then was published so; one that has ended since, and one that is owed, is published
   * once it is advanced. Those from `fromUs` on may be revised for as long after `nowUs` as any other after its
   * end, by what a source tells again; older minutes of `instruments` do not change.
   */
  restore({ minutes, instruments, fromUs, atUs, nowUs }: RestoredBars): void {
    assert(this.#nowUs === undefined, "what was stored comes before everything else");
    this.#start(atUs);
    for (const instrument of instruments) this.#seriesOf(instrument).finalBefore(fromUs);
    for (const { instrument, bar, trades, isOwed } of minutes) {
      const { startUs, priceScale, volumeScale: quantityScale } = bar;
      const endUs = startUs + barIntervalUs;
      const mayChange = startUs >= fromUs;
      const finalUs = mayChange ? Math.max(endUs, nowUs) + this.#options.latenessUs : endUs;
      const minute = new MinuteBar({ startUs, finalUs, priceScale, quantityScale });
      minute.join(bar);
      if (endUs <= atUs) minute.restoreClosed(bar.revision);
      if (isOwed) minute.changed();
      const series = this.#seriesOf(instrument);
      if (series.bars.length === 0) this.#activate(series);
      series.restore(minute, trades);
      this.#markPending(series);
    }
  }

  #note({ instrument, newest }: BarSeries): void {
    if (newest === undefined || newest.isUnstored) return;
    newest.isUnstored = true;
    this.#changes.push({ instrument, bar: newest });
  }

  /** Somebody begins to listen to a period: the running bar is shown at its next boundary, changed or not. */
  newcomer(instrument: Instrument, periodS: PublishPeriodS): void {
    const series = this.#series[instrument.index];
    const open = series?.bars.filter((bar) => !bar.closed) ?? [];
    if (series === undefined || open.length === 0 || periodS === 60) return;
    for (const bar of open) bar.owe(periodS);
    this.#markPending(series);
  }

  /** Shows all open bars at their next boundaries, changed or not: subscribers have missed what came before. */
  showOpen(): void {
    for (const series of this.#active) {
      const open = series.bars.filter((bar) => !bar.closed);
      for (const bar of open) bar.changed();
      if (open.length > 0) this.#markPending(series);
    }
  }

  /** Moves market time forward and publishes what falls due on the way; time never goes back. */
  advance(toUs: number): void {
    if (this.#nowUs === undefined) this.#start(toUs);
    while (this.#nextBoundaryUs <= toUs) {
      const boundary = this.#nextDue(this.#nextBoundaryUs);
      if (boundary > toUs) {
        this.#nextBoundaryUs = firstBoundaryAfter(toUs);
        break;
      }
      this.#nowUs = boundary;
      this.#nextBoundaryUs = boundary + boundaryUs;
      this.#passBoundary(boundary);
    }
    if (toUs > (this.#nowUs ?? 0)) this.#nowUs = toUs;
  }

  #start(nowUs: number): void {
    this.#nowUs = nowUs;
    this.#nextBoundaryUs = firstBoundaryAfter(nowUs);
  }

  /** The first boundary from `from` on at which there is anything to do; quiet seconds cost nothing. */
  #nextDue(from: number): number {
    if (this.#active.length === 0) return Number.POSITIVE_INFINITY;
    if (this.#options.unchangedBars || this.#pending[1].length > 0) return from;
    const periodUs = this.#pending[10].length > 0 ? 10 * boundaryUs : barIntervalUs;
    return Math.ceil(from / periodUs) * periodUs;
  }

  #seriesOf(instrument: Instrument): BarSeries {
    const known = this.#series[instrument.index];
    if (known !== undefined) return known;
    const series = new BarSeries(instrument);
    this.#series[instrument.index] = series;
    return series;
  }

  #activate(series: BarSeries): void {
    const { ticker } = series.instrument;
    let [low, high] = [0, this.#active.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#active[middle]!.instrument.ticker < ticker) low = middle + 1;
      else high = middle;
    }
    this.#active.splice(low, 0, series);
  }

  #markPending(series: BarSeries): void {
    for (const periodS of publishPeriodsS) {
      const bit = periodBit[periodS];
      if ((series.pendingPeriods & bit) === 0) {
        series.pendingPeriods |= bit;
        this.#pending[periodS].push(series);
      }
    }
  }

  #passBoundary(boundary: number): void {
    const endsMinute = boundary % barIntervalUs === 0;
    if (endsMinute) this.#closeBars(boundary);
    for (const periodS of publishPeriodsS) {
      if (boundary % (periodS * boundaryUs) === 0) this.#publishPeriod(periodS, boundary);
    }
    if (endsMinute) this.#dropFinalBars(boundary);
    if (endsMinute) this.#backlogBarsLeft = backlogBarsMax;
  }

  #closeBars(boundary: number): void {
    for (const series of this.#active) {
      for (const bar of series.bars) {
        if (bar.closed || bar.endUs > boundary) continue;
        bar.closeNow();
        this.#markPending(series);
      }
    }
  }

  #publishPeriod(periodS: PublishPeriodS, boundary: number): void {
    const pending = this.#pending[periodS];
    this.#pending[periodS] = [];
    const bit = periodBit[periodS];
    const repeats = this.#options.unchangedBars && periodS !== 60;
    for (const series of repeats ? this.#active : pending) {
      series.pendingPeriods &= ~bit;
      if (this.#publishBars(series, periodS, boundary) === "all-shown") continue;
      series.pendingPeriods |= bit;
      this.#pending[periodS].push(series);
    }
  }

  #publishBars(
    series: BarSeries,
    periodS: PublishPeriodS,
    boundary: number,
  ): "all-shown" | "some-wait" {
    let outcome: "all-shown" | "some-wait" = "all-shown";
    for (const bar of series.bars) {
      if (!bar.isNewTo(periodS)) {
        if (this.#isRepeated(series, bar, periodS) && isDue(bar, periodS, boundary)) {
          this.#options.publish(bar.view(series.instrument), periodS);
        }
      } else if (isDue(bar, periodS, boundary)) {
        bar.markShown(periodS);
        this.#options.publish(bar.view(series.instrument), periodS);
      } else {
        outcome = "some-wait";
      }
    }
    return outcome;
  }

  #isRepeated({ instrument }: BarSeries, bar: MinuteBar, periodS: PublishPeriodS): boolean {
    const { unchangedBars } = this.#options;
    if (!unchangedBars || bar.closed || periodS === 60) return false;
    return this.#options.isWanted?.(instrument, periodS) ?? true;
  }

  /** Forgets bars that can neither change nor be owed to anybody; all periods end with a minute. */
  #dropFinalBars(boundary: number): void {
    for (const series of this.#active) series.dropFinal(boundary);
    this.#active = this.#active.filter((series) => series.bars.length > 0);
  }
}

/** An open bar is shown to the short periods only, and never before its minute has begun. */
function isDue(bar: MinuteBar, periodS: PublishPeriodS, boundary: number): boolean {
  return periodS === 60 ? bar.closed : bar.startUs < boundary;
}

function firstBoundaryAfter(timeUs: number): number {
  return timeUs - (timeUs % boundaryUs) + boundaryUs;
}
