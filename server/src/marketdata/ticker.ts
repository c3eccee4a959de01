/**
 * The ticker: rolling 24-hour figures of one instrument, exact to the digit.
 *
 * The window is 1,440 whole minutes and moves by minutes: the running minute and the 1,439 before it.
 * Adding a trade touches one minute, reading adds up those that had trades. It keeps no trade ids, so
 * duplicates are the caller's to keep away.
 */
import { assert } from "../core/assert.ts";
import { powersOfTen, rescale, rescaleExactly } from "../core/num/decimal.ts";
import { earlinessMaxUs } from "./bar-series.ts";
import { barIntervalUs as minuteUs } from "./bar-update.ts";
import type { Bar } from "./bars/bar.ts";
import { BarTable, tableBar } from "./bars/table.ts";
import type { Trade } from "./trade.ts";

/**
 * The figures of the window at one moment. Prices are safe integers at `priceScale` decimals, volumes
 * may have outgrown a safe integer and are bigints then.
 */
export interface TickerFigures {
  readonly priceScale: number;
  /** First price in the window. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  /** Newest price in the window. */
  readonly last: number;
  /** When the newest trade happened, or at least its minute began, in microseconds since 1970. */
  readonly lastEventUs: number;
  /** Base quantity traded, at `volumeScale` decimals. */
  readonly volume: number | bigint;
  readonly volumeScale: number;
  /** Sum of price × quantity, at `priceScale + volumeScale` decimals. */
  readonly quoteVolume: number | bigint;
  /**
   * From open to last in hundredths of a percent, truncated toward zero (D-C50):
   * `formatFixed(change, 2)` is the percentage.
   */
  readonly priceChangeHundredths: bigint;
  /** Trades in the window; at least 1. */
  readonly tradeCount: number;
}

/**
 * What became of a trade: `taken`; `late`, before the window; `early`, its event time is too far ahead
 * of the clock; `unfit`, its digits and those of the window do not fit one exact unit.
 */
export type TickerVerdict = "taken" | "late" | "early" | "unfit";

/** What a ticker needs to know of a trade; its numbers are safe integers. */
export interface TickerTrade extends Pick<Trade, "priceScale" | "quantityScale" | "eventTimeUs"> {
  readonly price: number;
  readonly quantity: number;
}

/** What a ticker needs to know of a minute's bar. */
export type TickerMinute = Omit<
  Bar,
  "takerBuyVolume" | "takerBuyQuoteVolume" | "firstUs" | "lastUs" | "revision"
>;

/** The minutes of a day. */
const minutesMax = 1_440;
/** Limit of one minute's sums: far below what a day of them could outgrow. */
const minuteSumMax = 2 ** 94;
const wholeInHundredths = 10_000n;

/** The last 24 hours of one instrument. */
export class TickerWindow {
  readonly #minutes = new BarTable({
    lengthUs: minuteUs,
    rowsMax: minutesMax,
    sumMax: minuteSumMax,
  });
  /** The running minute: the newest one that the clock or a trade has reached. */
  #minute = 0;
  #priceScale = 0;
  #quantityScale = 0;
  #last = 0;
  #lastEventUs = 0;

  /** Folds a trade at market time `nowUs`; a late one counts in its minute while that is in the window. */
  apply(trade: TickerTrade, nowUs: number): TickerVerdict {
    const { eventTimeUs } = trade;
    if (eventTimeUs > nowUs + earlinessMaxUs) return "early";
    this.#moveTo(Math.max(nowUs, eventTimeUs));
    if (Math.floor(eventTimeUs / minuteUs) <= this.#minute - minutesMax) return "late";
    if (!this.#alignScales(trade)) return "unfit";
    const price = rescale(trade.price, trade.priceScale, this.#priceScale);
    const quantity = rescale(trade.quantity, trade.quantityScale, this.#quantityScale);
    if (price === undefined || quantity === undefined) return "unfit";
    const scaled = { price, quantity, eventTimeUs, aggressor: "unknown" } as const;
    if (!this.#minutes.add(scaled)) return "unfit";

    if (eventTimeUs >= this.#lastEventUs) {
      this.#last = price;
      this.#lastEventUs = eventTimeUs;
    }
    return "taken";
  }

  /**
   * Takes the trades of a minute at once, as after a restart: the figures are those that all its trades
   * would have made, but the time of the last trade, which is the minute's start until the next one.
   * Minutes come oldest first, and trades after them.
   */
  restoreMinute(minute: TickerMinute): TickerVerdict {
    const { startUs, priceScale, volumeScale, tradeCount } = minute;
    assert(startUs % minuteUs === 0 && tradeCount > 0, "a minute starts on time and has trades");
    this.#moveTo(startUs);
    if (startUs / minuteUs <= this.#minute - minutesMax) return "late";
    if (!this.#alignScales({ priceScale, quantityScale: volumeScale })) return "unfit";
    const [pricePlaces, volumePlaces] = [
      this.#priceScale - priceScale,
      this.#quantityScale - volumeScale,
    ];
    if (pricePlaces >= powersOfTen.length) return "unfit";
    const price = (value: number | bigint) => Number(rescaleExactly(value, 0, pricePlaces));
    if (!Number.isSafeInteger(price(minute.high))) return "unfit";
    const bar = tableBar({
      startUs,
      open: price(minute.open),
      high: price(minute.high),
      low: price(minute.low),
      close: price(minute.close),
      volume: rescaleExactly(minute.volume, 0, volumePlaces),
      quoteVolume: rescaleExactly(minute.quoteVolume, 0, pricePlaces + volumePlaces),
      tradeCount,
    });
    if (!this.#minutes.append(bar)) return "unfit";
    this.#last = price(minute.close);
    this.#lastEventUs = startUs;
    return "taken";
  }

  /** The figures at market time `nowUs`; undefined when the window has no trades. */
  read(nowUs: number): TickerFigures | undefined {
    this.#moveTo(nowUs);
    if (this.#minutes.size === 0) return undefined;
    const { open, high, low, volume, quoteVolume, tradeCount } = this.#minutes.whole();
    const change = BigInt(this.#last - open);
    return {
      open,
      high,
      low,
      volume,
      quoteVolume,
      tradeCount,
      priceScale: this.#priceScale,
      last: this.#last,
      lastEventUs: this.#lastEventUs,
      volumeScale: this.#quantityScale,
      priceChangeHundredths: (change * wholeInHundredths) / BigInt(open),
    };
  }

  /** Moves the window forward; time never goes back. */
  #moveTo(timeUs: number): void {
    const minute = Math.floor(timeUs / minuteUs);
    if (minute <= this.#minute) return;
    this.#minute = minute;
    this.#minutes.dropBefore((minute - minutesMax + 1) * minuteUs);
  }

  /** Makes the units fine enough for a trade; false when the window's figures would not fit them. */
  #alignScales({
    priceScale,
    quantityScale,
  }: Pick<TickerTrade, "priceScale" | "quantityScale">): boolean {
    if (this.#minutes.size === 0) {
      this.#priceScale = priceScale;
      this.#quantityScale = quantityScale;
      return true;
    }
    const pricePlaces = Math.max(priceScale - this.#priceScale, 0);
    const quantityPlaces = Math.max(quantityScale - this.#quantityScale, 0);
    if (pricePlaces + quantityPlaces === 0) return true;
    if (!this.#minutes.refine(pricePlaces, quantityPlaces)) return false;
    this.#priceScale += pricePlaces;
    this.#quantityScale += quantityPlaces;
    this.#last *= powersOfTen[pricePlaces] ?? 1;
    return true;
  }
}
