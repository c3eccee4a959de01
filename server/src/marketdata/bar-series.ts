/**
 * The bars of one instrument that may still change: the running minute and those within the
 * lateness window. It decides where a trade belongs, or why it is not counted.
 */
import { assert } from "../core/assert.ts";
import { rescaleExactly } from "../core/num/decimal.ts";
import { barIntervalUs } from "./bar-update.ts";
import type { Instrument } from "./instrument.ts";
import { MinuteBar } from "./minute-bar.ts";
import { contentPrint } from "./seen-trades.ts";
import type { Trade } from "./trade.ts";

/**
 * What became of a trade: `taken`; `reused`, which is taken although another trade had its id before;
 * `duplicate` of a counted one, the same in id and content; `late`, its bar is final; `early`, its
 * event time is too far ahead of the clock.
 */
export type TradeVerdict = "taken" | "reused" | "duplicate" | "late" | "early";

/** How far an event time may be ahead of the market clock before the trade is refused, in microseconds. */
export const earlinessMaxUs = 10_000_000;

/** How far back the first bars of an instrument may be, in microseconds: what a venue sends of its past. */
export const backlogMaxUs = 86_400_000_000;

/** How a trade is judged: the market time, and how long after its end a bar may change. */
export interface FoldingTime {
  readonly nowUs: number;
  readonly latenessUs: number;
  /** Whether a bar may be begun that by the clock alone would be final already. */
  readonly takesBacklog: boolean;
}

/** Bars of one instrument, ascending by start. */
export class BarSeries {
  readonly instrument: Instrument;
  /** Bars that may still change or be owed to somebody, oldest first. */
  readonly bars: MinuteBar[] = [];
  /** The bar that the last trade was folded into. */
  newest: MinuteBar | undefined;
  /** Bits of the publish periods that have something to look at; owned by the publisher. */
  pendingPeriods = 0;
  /** Start of the newest minute whose bar is final: it and older ones are not begun again. */
  #finalStartUs = Number.NEGATIVE_INFINITY;
  /** The highest trade id of any venue so far: a higher one is new without looking further. */
  #highestId = Number.NEGATIVE_INFINITY;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** Folds a trade. */
  apply(trade: Trade, time: FoldingTime): TradeVerdict {
    const { eventTimeUs, id } = trade;
    if (eventTimeUs > time.nowUs + earlinessMaxUs) return "early";
    let bar = this.#find(eventTimeUs);
    const isLate =
      bar === undefined ? this.#isTooLateToBegin(eventTimeUs, time) : bar.finalUs <= time.nowUs;
    if (isLate) return "late";
    const print = id === undefined ? 0 : contentPrint(trade);
    const isNewest = typeof id === "number" && id > this.#highestId;
    const verdict =
      id === undefined || isNewest ? "taken" : this.#judge(trade.venue, id, print, bar);
    if (verdict === "duplicate") return verdict;

    bar ??= this.#insert(trade, time);
    bar.addDecimal(trade);
    bar.changed();
    this.newest = bar;
    if (id !== undefined) bar.seen.add(trade.venue, id, print);
    if (isNewest) this.#highestId = id;
    return verdict;
  }

  /** Minutes that start before a time are stored and do not change any more. */
  finalBefore(startUs: number): void {
    this.#finalStartUs = Math.max(this.#finalStartUs, startUs - barIntervalUs);
  }

  /** Goes on with a minute that was stored; minutes are restored oldest first, before any trade. */
  restore(bar: MinuteBar, trades: readonly Omit<Trade, "instrument" | "receiveTimeUs">[]): void {
    for (const trade of trades) {
      if (trade.id === undefined) continue;
      bar.seen.add(trade.venue, trade.id, contentPrint(trade));
      if (typeof trade.id === "number" && trade.id > this.#highestId) this.#highestId = trade.id;
    }
    this.bars.push(bar);
  }

  /** Forgets the oldest bars that are final at a time. */
  dropFinal(nowUs: number): void {
    let final = 0;
    for (; (this.bars[final]?.finalUs ?? Number.POSITIVE_INFINITY) <= nowUs; final += 1) {
      this.#finalStartUs = Math.max(this.#finalStartUs, this.bars[final]?.startUs ?? 0);
    }
    if (final > 0) this.bars.splice(0, final);
  }

  #find(eventTimeUs: number): MinuteBar | undefined {
    // Newest first: nearly every trade belongs to the running minute.
    for (let at = this.bars.length - 1; at >= 0; at -= 1) {
      const bar = this.bars[at];
      if (bar?.covers(eventTimeUs)) return bar;
    }
    return undefined;
  }

  /**
   * Whether no bar may be begun for a time. One that is past is begun while no newer one is final:
   * what a venue sends of its past at a subscription comes when its minutes have long ended.
   */
  #isTooLateToBegin(
    eventTimeUs: number,
    { nowUs, latenessUs, takesBacklog }: FoldingTime,
  ): boolean {
    const startUs = minuteStart(eventTimeUs);
    if (startUs + barIntervalUs + latenessUs > nowUs) return false;
    return !takesBacklog || startUs <= this.#finalStartUs || startUs < nowUs - backlogMaxUs;
  }

  #judge(
    venue: string,
    id: number | string,
    print: number,
    own: MinuteBar | undefined,
  ): "taken" | "reused" | "duplicate" {
    const seen = own?.seen.look(venue, id, print) ?? "new";
    if (seen === "same") return "duplicate";
    // The content holds the time: under an id of another minute is another trade.
    const isReused =
      seen === "other" ||
      this.bars.some((bar) => bar !== own && bar.seen.look(venue, id, print) !== "new");
    return isReused ? "reused" : "taken";
  }

  #insert(trade: Trade, { nowUs, latenessUs }: FoldingTime): MinuteBar {
    const startUs = minuteStart(trade.eventTimeUs);
    const endUs = startUs + barIntervalUs;
    const isBacklog = endUs + latenessUs <= nowUs;
    const finalUs = (isBacklog ? nowUs : endUs) + latenessUs;
    const newest = this.bars.at(-1);
    const priceScale = scaleOf(trade.price, trade.priceScale, newest?.priceScale);
    const quantityScale = scaleOf(trade.quantity, trade.quantityScale, newest?.quantityScale);
    const bar = new MinuteBar({ startUs, finalUs, priceScale, quantityScale });
    // The first trade of a minute may be a late one: that minute has ended already.
    if (endUs <= nowUs) bar.closeNow();
    let at = this.bars.length;
    while (at > 0 && (this.bars[at - 1]?.startUs ?? 0) > startUs) at -= 1;
    this.bars.splice(at, 0, bar);
    return bar;
  }
}

/**
 * The unit of a new bar: that of the newest one, where the trade's number stays small in it. One odd
 * trade thus binds its own minute only.
 */
function scaleOf(value: number | bigint, own: number, newest: number | undefined): number {
  if (newest === undefined || newest <= own) return own;
  return typeof rescaleExactly(value, own, newest) === "number" ? newest : own;
}

/** Start of the minute of a time; both in microseconds since 1970. */
export function minuteStart(timeUs: number): number {
  assert(timeUs >= 0, "times are not before 1970");
  return timeUs - (timeUs % barIntervalUs);
}
