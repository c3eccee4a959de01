/**
 * The rolling 24-hour figures of one market of the exchange: a {@link TickerWindow} that is fed ticks
 * and lots, and read as updates. A trade whose digits no exact unit holds is not counted.
 */
import { type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import { minuteUs } from "./minute-table.ts";
import { type TickerFigures, TickerWindow } from "./ticker.ts";
import type { Candle, PublicTrade, TickerUpdate } from "./updates.ts";

const secondUs = 1_000_000;

/** The ticker of one market. */
export class MarketTicker {
  readonly #rules: MarketRules;
  readonly #window = new TickerWindow();
  /** As it was last read, and the second of that; undefined after a trade. */
  #read: { readonly update: TickerUpdate | undefined; readonly second: number } | undefined;
  /** The figures that were last taken, and the minute of that; undefined after a trade. */
  #taken: TickerFigures | undefined;
  #takenMinute: number | undefined;

  constructor(rules: MarketRules) {
    this.#rules = rules;
  }

  /** Fills a new ticker with the minutes that had trades, oldest first. */
  restore(minutes: readonly Candle[]): void {
    const { tickSize, lotSize } = this.#rules;
    const lot = BigInt(lotSize.coefficient);
    const step = BigInt(tickSize.coefficient) * lot;
    for (const { startS, volume, value, tradeCount, ...prices } of minutes) {
      // The largest of the four tells whether all of them fit.
      if (!Number.isSafeInteger(prices.high * tickSize.coefficient)) continue;
      this.#window.restoreMinute({
        startUs: startS * secondUs,
        priceScale: tickSize.scale,
        open: prices.open * tickSize.coefficient,
        high: prices.high * tickSize.coefficient,
        low: prices.low * tickSize.coefficient,
        close: prices.close * tickSize.coefficient,
        volume: BigInt(volume) * lot,
        volumeScale: lotSize.scale,
        // Every trade is worth a whole number of lots at a tick, so this division has no remainder.
        quoteVolume: (value / notionalAtoms(this.#rules)) * step,
        tradeCount,
      });
    }
  }

  /** Folds a trade. */
  apply(trade: Pick<PublicTrade, "timeUs" | "price" | "quantity">): void {
    const { tickSize, lotSize } = this.#rules;
    const price = trade.price * tickSize.coefficient;
    const quantity = trade.quantity * lotSize.coefficient;
    if (!Number.isSafeInteger(price) || !Number.isSafeInteger(quantity)) return;
    const scales = { priceScale: tickSize.scale, quantityScale: lotSize.scale };
    const eventTimeUs = trade.timeUs;
    this.#window.apply({ price, quantity, ...scales, eventTimeUs }, eventTimeUs);
    this.#read = undefined;
    this.#takenMinute = undefined;
  }

  /** The figures now; the same object within a second without trades. */
  read(nowUs: number): TickerUpdate | undefined {
    const second = Math.floor(nowUs / secondUs);
    if (this.#read?.second !== second) {
      const figures = this.#window.read(nowUs);
      const update = figures && { rules: this.#rules, timeUs: nowUs, figures };
      this.#read = { update, second };
    }
    return this.#read.update;
  }

  /**
   * The figures if they are not those of the last call, be it that trades came or that minutes left the
   * window; undefined when they are, and when the window has no trades.
   */
  take(nowUs: number): TickerUpdate | undefined {
    const minute = Math.floor(nowUs / minuteUs);
    if (minute === this.#takenMinute) return undefined;
    this.#takenMinute = minute;
    const update = this.read(nowUs);
    const isSame = haveSameFigures(update?.figures, this.#taken);
    this.#taken = update?.figures;
    return isSame ? undefined : update;
  }
}

function haveSameFigures(
  left: TickerFigures | undefined,
  right: TickerFigures | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  const names = Object.keys(left) as (keyof TickerFigures)[];
  return names.every((name) => left[name] === right[name]);
}
