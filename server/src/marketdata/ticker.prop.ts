import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { earlinessMaxUs } from "./bar-series.ts";
import { type TickerMinute, type TickerTrade, TickerWindow } from "./ticker.ts";

const epochUs = Date.UTC(2025, 5, 26) * 1000;
const minuteUs = 60_000_000;
const finest = 4;

/** The clock moves on by some seconds, sometimes by hours; the trade is late, or a little ahead. */
const step = fc.record({
  passedS: fc.oneof(
    { weight: 5, arbitrary: fc.nat({ max: 400 }) },
    { weight: 1, arbitrary: fc.nat({ max: 50_000 }) },
  ),
  lateS: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -11, max: 5 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 80_000, max: 90_000 }) },
  ),
  price: fc.integer({ min: 1, max: 10 ** 9 }),
  priceScale: fc.nat({ max: finest }),
  quantity: fc.integer({ min: 1, max: 10 ** 9 }),
  quantityScale: fc.nat({ max: finest }),
});

type DrawnStep = typeof step extends fc.Arbitrary<infer T> ? T : never;

function tradeOf({ passedS, lateS, ...figures }: DrawnStep, nowUs: number): TickerTrade {
  return { ...figures, eventTimeUs: nowUs - lateS * 1e6 };
}

const minuteOf = (timeUs: number) => Math.floor(timeUs / minuteUs);
const priceOf = (trade: TickerTrade) =>
  BigInt(trade.price) * 10n ** BigInt(finest - trade.priceScale);
const quantityOf = (trade: TickerTrade) =>
  BigInt(trade.quantity) * 10n ** BigInt(finest - trade.quantityScale);

/** The same rules over a plain list of all trades, recomputed at each reading in unbounded integers. */
class NaiveTicker {
  readonly #trades: TickerTrade[] = [];
  #minute = 0;

  apply(trade: TickerTrade, nowUs: number): string {
    if (trade.eventTimeUs > nowUs + earlinessMaxUs) return "early";
    this.#minute = Math.max(this.#minute, minuteOf(nowUs), minuteOf(trade.eventTimeUs));
    if (minuteOf(trade.eventTimeUs) < this.#minute - 1_439) return "late";
    this.#trades.push(trade);
    return "taken";
  }

  read(nowUs: number) {
    this.#minute = Math.max(this.#minute, minuteOf(nowUs));
    const inside = this.#trades
      .filter((trade) => minuteOf(trade.eventTimeUs) >= this.#minute - 1_439)
      .sort((a, b) => a.eventTimeUs - b.eventTimeUs);
    const prices = inside.map(priceOf);
    const [open, last] = [prices[0], prices.at(-1)];
    if (open === undefined || last === undefined) return undefined;
    const ascending = prices.toSorted((a, b) => Number(a - b));
    return {
      open,
      high: ascending.at(-1),
      low: ascending[0],
      last,
      lastEventUs: inside.at(-1)?.eventTimeUs,
      volume: inside.reduce((sum, trade) => sum + quantityOf(trade), 0n),
      quoteVolume: inside.reduce((sum, trade) => sum + priceOf(trade) * quantityOf(trade), 0n),
      change: ((last - open) * 10_000n) / open,
      count: inside.length,
    };
  }
}

/** A ticker's figures at the finest scale. */
function figures(window: TickerWindow, nowUs: number) {
  const ticker = window.read(nowUs);
  if (ticker === undefined) return undefined;
  const priceUnit = 10n ** BigInt(finest - ticker.priceScale);
  const volumeUnit = 10n ** BigInt(finest - ticker.volumeScale);
  return {
    open: BigInt(ticker.open) * priceUnit,
    high: BigInt(ticker.high) * priceUnit,
    low: BigInt(ticker.low) * priceUnit,
    last: BigInt(ticker.last) * priceUnit,
    lastEventUs: ticker.lastEventUs,
    volume: BigInt(ticker.volume) * volumeUnit,
    quoteVolume: BigInt(ticker.quoteVolume) * priceUnit * volumeUnit,
    change: ticker.priceChangeHundredths,
    count: ticker.tradeCount,
  };
}

describe("a ticker", () => {
  it("equals a recomputation over all trades of its window, to the digit, in any order of arrival", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const window = new TickerWindow();
        const naive = new NaiveTicker();
        let nowUs = epochUs;
        for (const drawn of steps) {
          nowUs += drawn.passedS * 1e6;
          const trade = tradeOf(drawn, nowUs);

          expect(window.apply(trade, nowUs)).toBe(naive.apply(trade, nowUs));
          expect(figures(window, nowUs)).toEqual(naive.read(nowUs));
        }
      }),
      { numRuns: rounds(80, 300) },
    );
  });

  it("restored from whole minutes goes on as if it had seen all their trades", () => {
    const steps = fc.array(step, { maxLength: 80, size: "max" });
    fc.assert(
      fc.property(steps, fc.nat({ max: 80 }), (drawn, cut) => {
        let nowUs = epochUs;
        const trades = drawn.map((each) => {
          nowUs += each.passedS * 1e6;
          return tradeOf({ ...each, lateS: 0 }, nowUs);
        });
        const seen = new TickerWindow();
        for (const trade of trades.slice(0, cut)) seen.apply(trade, trade.eventTimeUs);
        const restored = new TickerWindow();
        for (const minute of minutesOf(trades.slice(0, cut))) restored.restoreMinute(minute);

        const cutUs = trades[cut - 1]?.eventTimeUs ?? epochUs;
        expect(withoutTime(restored, cutUs)).toEqual(withoutTime(seen, cutUs));
        for (const trade of trades.slice(cut)) {
          const { eventTimeUs } = trade;
          expect(restored.apply(trade, eventTimeUs)).toBe(seen.apply(trade, eventTimeUs));
          expect(figures(restored, eventTimeUs)).toEqual(figures(seen, eventTimeUs));
        }
      }),
      { numRuns: rounds(80, 300) },
    );
  });
});

/** All but when the newest trade happened, which a minute does not tell. */
function withoutTime(window: TickerWindow, nowUs: number) {
  const all = figures(window, nowUs);
  return all && { ...all, lastEventUs: undefined };
}

/** The minutes of trades that came in order of time, at the finest scales. */
function minutesOf(trades: readonly TickerTrade[]): readonly TickerMinute[] {
  const byMinute = Map.groupBy(trades, (trade) => minuteOf(trade.eventTimeUs));
  return [...byMinute].map(([minute, inside]) => {
    const prices = inside.map((trade) => Number(priceOf(trade)));
    return {
      startUs: minute * minuteUs,
      priceScale: finest,
      open: prices[0]!,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1)!,
      volume: inside.reduce((sum, trade) => sum + quantityOf(trade), 0n),
      volumeScale: finest,
      quoteVolume: inside.reduce((sum, trade) => sum + priceOf(trade) * quantityOf(trade), 0n),
      tradeCount: inside.length,
    };
  });
}
