/**
 * The bars of one instrument that may still change: the running minute and those within the
 * lateness window. It decides where a trade belongs, or why it is not counted.
 */
import { assert } from "../core/assert.ts";
import { powersOfTen, rescale, rescaleExactly } from "../core/num/decimal.ts";
import { type Bar, barIntervalUs } from "./bar.ts";
import type { Instrument } from "./instrument.ts";
import { MinuteBar } from "./minute-bar.ts";
import type { Trade } from "./trade.ts";

/**
 * What became of a trade: `taken`; `duplicate` of a counted one; `late`, its bar is final; `early`,
 * its event time is too far ahead of the clock; `unfit`, its price and those of its bars do not fit
 * one exact unit.
 */
export type TradeVerdict = "taken" | "duplicate" | "late" | "early" | "unfit";

/** How far an event time may be ahead of the market clock before the trade is refused, in microseconds. */
export const earlinessMaxUs = 10_000_000;

/** Bars of one instrument, ascending by start. */
export class BarSeries {
  readonly instrument: Instrument;
  /** Bars that may still change or be owed to somebody, oldest first. */
  readonly bars: MinuteBar[] = [];
  /** Bits of the publish periods that have something to look at; owned by the publisher. */
  pendingPeriods = 0;
  #priceScale = 0;
  #quantityScale = 0;
  /** The highest trade id of any venue so far: a higher one is new without looking further. */
  #highestId = Number.NEGATIVE_INFINITY;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** Folds a trade at market time `nowUs`. A bar is final `latenessUs` after its minute has ended. */
  apply(trade: Trade, nowUs: number, latenessUs: number): TradeVerdict {
    const { eventTimeUs, id } = trade;
    if (eventTimeUs > nowUs + earlinessMaxUs) return "early";
    let bar = this.#find(eventTimeUs);
    const endUs = bar?.endUs ?? minuteStart(eventTimeUs) + barIntervalUs;
    if (endUs + latenessUs <= nowUs) return "late";
    const isNewest = typeof id === "number" && id > this.#highestId;
    if (id !== undefined && !isNewest && this.#has(trade.venue, id)) return "duplicate";
    if (!this.#refinePrices(trade.priceScale)) return "unfit";
    const price = rescale(trade.price, trade.priceScale, this.#priceScale);
    if (price === undefined) return "unfit";
    this.#refineQuantities(trade.quantityScale);
    const quantity = rescaleExactly(trade.quantity, trade.quantityScale, this.#quantityScale);

    bar ??= this.#insert(minuteStart(eventTimeUs), nowUs);
    bar.add({ price, quantity, eventTimeUs, aggressor: trade.aggressor });
    if (id !== undefined) bar.seen.add(trade.venue, id);
    if (isNewest) this.#highestId = id;
    return "taken";
  }

  /** The present state of one of the series' bars, as it is published. */
  view(bar: MinuteBar): Bar {
    const { closed, revision } = bar;
    return {
      instrument: this.instrument,
      startUs: bar.startUs,
      priceScale: this.#priceScale,
      open: bar.open,
      high: bar.high,
      low: bar.low,
      close: bar.close,
      volume: bar.volume.value(),
      volumeScale: this.#quantityScale,
      quoteVolume: bar.quoteVolume.value(),
      takerBuyVolume: bar.takerBuyVolume.value(),
      takerBuyQuoteVolume: bar.takerBuyQuoteVolume.value(),
      tradeCount: bar.tradeCount,
      state: closed ? (revision > 0 ? "revised" : "closed") : "open",
      revision,
    };
  }

  #find(eventTimeUs: number): MinuteBar | undefined {
    // Newest first: nearly every trade belongs to the running minute.
    for (let at = this.bars.length - 1; at >= 0; at -= 1) {
      const bar = this.bars[at];
      if (bar?.covers(eventTimeUs)) return bar;
    }
    return undefined;
  }

  #insert(startUs: number, nowUs: number): MinuteBar {
    const bar = new MinuteBar(startUs);
    // The first trade of a minute may be a late one: that minute has ended already.
    if (bar.endUs <= nowUs) bar.closeNow();
    let at = this.bars.length;
    while (at > 0 && (this.bars[at - 1]?.startUs ?? 0) > startUs) at -= 1;
    this.bars.splice(at, 0, bar);
    return bar;
  }

  #has(venue: string, id: number | string): boolean {
    for (const bar of this.bars) {
      if (bar.seen.has(venue, id)) return true;
    }
    return false;
  }

  /** Makes the price unit fine enough; false when a price would not be a safe integer any more. */
  #refinePrices(scale: number): boolean {
    // With no bar left there is nothing to agree with: one odd trade does not bind the next minutes.
    if (this.bars.length === 0) this.#priceScale = scale;
    const places = scale - this.#priceScale;
    if (places <= 0) return true;
    const factor = powersOfTen[places];
    if (factor === undefined) return false;
    if (this.bars.some((bar) => !Number.isSafeInteger(bar.high * factor))) return false;
    for (const bar of this.bars) bar.refinePrice(places);
    this.#priceScale = scale;
    return true;
  }

  /** Makes the quantity unit fine enough; sums have no bound, so this always works. */
  #refineQuantities(scale: number): void {
    if (this.bars.length === 0) this.#quantityScale = scale;
    const places = scale - this.#quantityScale;
    if (places <= 0) return;
    for (const bar of this.bars) bar.refineQuantity(places);
    this.#quantityScale = scale;
  }
}

function minuteStart(timeUs: number): number {
  assert(timeUs >= 0, "times are not before 1970");
  return timeUs - (timeUs % barIntervalUs);
}
