/**
 * The rolling 24-hour figures of one market of the exchange: a {@link TickerWindow} that is fed ticks
 * and lots, and read as updates. A trade whose digits no exact unit holds is not counted.
 */
import type { MarketRules } from "../core/market/rules.ts";
import { barIntervalUs as minuteUs } from "./bar-update.ts";
import type { Bar } from "./bars/bar.ts";
import { PacedState, type Told } from "./paced-state.ts";
import { type TickerFigures, TickerWindow } from "./ticker.ts";
import { type MarketUnits, type PublicTrade, type TickerUpdate, unitsOf } from "./updates.ts";

const secondUs = 1_000_000;

/** The ticker of one market. */
export class MarketTicker {
  readonly #units: MarketUnits;
  readonly #window = new TickerWindow();
  /** Ticks; 0 before the first trade. */
  #price = 0;
  /** As it was last read, and the second of that; undefined after a trade. */
  #read: { readonly update: TickerUpdate | undefined; readonly second: number } | undefined;
  /** What those who listen know. */
  readonly #paced = new PacedState<TickerUpdate>(isSame);
  /** The minute in which that was last compared; undefined after a trade or when somebody came or went. */
  #comparedMinute: number | undefined;

  constructor(rules: MarketRules) {
    this.#units = unitsOf(rules);
  }

  /** Fills a new ticker with the price of the last trade and the minutes that had trades, oldest first. */
  restore(price: number, minutes: readonly Bar[]): void {
    this.#price = price;
    for (const minute of minutes) this.#window.restoreMinute(minute);
  }

  /** Folds a trade. */
  apply(trade: Pick<PublicTrade, "timeUs" | "price" | "quantity">): void {
    this.#price = trade.price;
    this.#read = undefined;
    this.#comparedMinute = undefined;
    const { tickSize, lotSize } = this.#units;
    const price = trade.price * tickSize.coefficient;
    const quantity = trade.quantity * lotSize.coefficient;
    if (!Number.isSafeInteger(price) || !Number.isSafeInteger(quantity)) return;
    const scales = { priceScale: tickSize.scale, quantityScale: lotSize.scale };
    const eventTimeUs = trade.timeUs;
    this.#window.apply({ price, quantity, ...scales, eventTimeUs }, eventTimeUs);
  }

  /**
   * The figures now; the same object within a second without trades. Undefined before the first trade
   * of all times.
   */
  read(nowUs: number): TickerUpdate | undefined {
    if (this.#price === 0) return undefined;
    const second = Math.floor(nowUs / secondUs);
    if (this.#read?.second !== second) {
      const figures = this.#window.read(nowUs);
      const update = { ...this.#units, timeUs: nowUs, price: this.#price, figures };
      this.#read = { update, second };
    }
    return this.#read.update;
  }

  /** What a newcomer is told. */
  join(nowUs: number): Told<TickerUpdate> | undefined {
    this.#comparedMinute = undefined;
    return this.#paced.join(this.read(nowUs));
  }

  /**
   * The figures if they are not what the listeners know, be it that trades came or that minutes left
   * the window, the last one with trades included.
   */
  take(nowUs: number): TickerUpdate | undefined {
    const minute = Math.floor(nowUs / minuteUs);
    if (minute === this.#comparedMinute) return undefined;
    this.#comparedMinute = minute;
    return this.#paced.take(this.read(nowUs));
  }

  /** Nobody listens any more. */
  leave(): void {
    this.#comparedMinute = undefined;
    this.#paced.leave();
  }
}

function isSame(update: TickerUpdate, known: TickerUpdate): boolean {
  return update.price === known.price && haveSameFigures(update.figures, known.figures);
}

function haveSameFigures(
  left: TickerFigures | undefined,
  right: TickerFigures | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  const names = Object.keys(left) as (keyof TickerFigures)[];
  return names.every((name) => left[name] === right[name]);
}
