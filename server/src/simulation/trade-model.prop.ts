import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { Random } from "./random.ts";
import { type ModelParameters, TradeModel } from "./trade-model.ts";

const dayUs = 86_400_000_000;
const minuteUs = 60_000_000;
const seed = fc.nat({ max: 2 ** 31 });

/** A market whose price is coarse enough for moves of single ticks. */
const usual: ModelParameters = {
  startTicks: 12_000,
  medianLots: 800,
  tradesPerSecond: 2,
  dailyVolatility: 0.04,
};

/** Runs a market from time 0 and hands each trade's price and time to `visit`. */
function run(
  { days, of, withSeed }: { days: number; of: ModelParameters; withSeed: number },
  visit: (priceTicks: number, timeUs: number) => void,
): void {
  const model = new TradeModel(of, new Random(withSeed, "property"), 0);
  for (;;) {
    const { timeUs, priceTicks } = model.next();
    if (timeUs >= days * dayUs) return;
    visit(priceTicks, timeUs);
  }
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function autocorrelation(values: readonly number[], lag: number): number {
  const centre = mean(values);
  const product = (at: number, other: number) =>
    ((values[at] ?? 0) - centre) * ((values[other] ?? 0) - centre);
  let shared = 0;
  let own = 0;
  for (let at = 0; at < values.length; at += 1) {
    own += product(at, at);
    if (at >= lag) shared += product(at, at - lag);
  }
  return shared / own;
}

/** Returns from minute to minute; a minute without trades keeps the price. */
function minuteReturns(days: number, withSeed: number): number[] {
  const closes: number[] = [];
  run({ days, of: usual, withSeed }, (priceTicks, timeUs) => {
    const minute = Math.floor(timeUs / minuteUs);
    while (closes.length < minute) closes.push(closes.at(-1) ?? priceTicks);
    closes[minute] = priceTicks;
  });
  return closes.slice(1).map((close, at) => close / (closes[at] ?? close) - 1);
}

describe("simulated prices", () => {
  it("look like a market's: heavy tails, clustered volatility, no memory of direction", () => {
    fc.assert(
      fc.property(seed, (withSeed) => {
        const returns = minuteReturns(4, withSeed);
        const sizes = returns.map(Math.abs);
        const kurtosis = mean(returns.map((r) => r ** 4)) / mean(returns.map((r) => r ** 2)) ** 2;
        const lags = Array.from({ length: 10 }, (_, at) => at + 1);

        expect(kurtosis).toBeGreaterThan(4);
        for (const lag of lags) expect(autocorrelation(sizes, lag)).toBeGreaterThan(0.02);
        expect(mean(lags.map((lag) => autocorrelation(sizes, lag)))).toBeGreaterThan(0.1);
        for (const lag of lags) {
          expect(Math.abs(autocorrelation(returns, lag))).toBeLessThan(0.15);
        }
      }),
      { numRuns: rounds(1, 4) },
    );
  });

  it("have the configured volatility a day", () => {
    fc.assert(
      fc.property(seed, (withSeed) => {
        const returns = minuteReturns(6, withSeed);
        const daily = Math.sqrt(mean(returns.map((r) => r ** 2)) * 1_440);

        expect(daily / usual.dailyVolatility).toBeGreaterThan(0.7);
        expect(daily / usual.dailyVolatility).toBeLessThan(1.5);
      }),
      { numRuns: rounds(1, 3) },
    );
  });

  it("mostly stay or move by one tick from trade to trade", () => {
    fc.assert(
      fc.property(seed, (withSeed) => {
        let stays = 0;
        let steps = 0;
        let count = 0;
        let before: number | undefined;
        run({ days: 0.5, of: usual, withSeed }, (priceTicks) => {
          const move = Math.abs(priceTicks - (before ?? priceTicks));
          if (move === 0) stays += 1;
          if (move === 1) steps += 1;
          count += 1;
          before = priceTicks;
        });

        expect(stays / count).toBeGreaterThan(0.2);
        expect(steps / count).toBeGreaterThan(0.25);
        expect((stays + steps) / count).toBeLessThan(0.98);
      }),
      { numRuns: rounds(1, 4) },
    );
  });

  it("stay positive and within a factor of five of the start for months, whatever the seed", () => {
    fc.assert(
      fc.property(seed, fc.constantFrom(0.01, 0.05, 0.2), (withSeed, dailyVolatility) => {
        const of = { ...usual, startTicks: 1_000, tradesPerSecond: 0.02, dailyVolatility };
        let least = of.startTicks;
        let most = of.startTicks;
        run({ days: 60, of, withSeed }, (priceTicks) => {
          least = Math.min(least, priceTicks);
          most = Math.max(most, priceTicks);
        });

        expect(Number.isSafeInteger(least) && Number.isSafeInteger(most)).toBe(true);
        // A wide spread and a sweep may print some ticks beyond the fair price.
        expect(least).toBeGreaterThan(of.startTicks / 5 - 30);
        expect(most).toBeLessThan(of.startTicks * 5 + 30);
      }),
      { numRuns: rounds(1, 4) },
    );
  });
});

describe("simulated arrivals", () => {
  it("come at the configured mean rate", () => {
    fc.assert(
      fc.property(seed, (withSeed) => {
        let count = 0;
        run({ days: 16, of: { ...usual, tradesPerSecond: 0.25 }, withSeed }, () => {
          count += 1;
        });

        expect(Math.abs(count / (16 * 86_400 * 0.25) - 1)).toBeLessThan(0.1);
      }),
      { numRuns: rounds(1, 4) },
    );
  });

  it("cluster: busy minutes follow busy minutes and are the volatile ones", () => {
    fc.assert(
      fc.property(seed, (withSeed) => {
        const counts: number[] = [];
        const ranges: number[] = [];
        let least = 0;
        let most = 0;
        run({ days: 3, of: usual, withSeed }, (priceTicks, timeUs) => {
          const minute = Math.floor(timeUs / minuteUs);
          if (counts[minute] === undefined) {
            while (counts.length <= minute) counts.push(0);
            while (ranges.length <= minute) ranges.push(0);
            least = priceTicks;
            most = priceTicks;
          }
          least = Math.min(least, priceTicks);
          most = Math.max(most, priceTicks);
          counts[minute]! += 1;
          ranges[minute] = most - least;
        });
        const typical = mean(counts);
        const busy = ranges.filter((_, minute) => (counts[minute] ?? 0) > typical);
        const quiet = ranges.filter((_, minute) => (counts[minute] ?? 0) <= typical);

        expect(autocorrelation(counts, 1)).toBeGreaterThan(0.5);
        expect(mean(busy)).toBeGreaterThan(1.3 * mean(quiet));
      }),
      { numRuns: rounds(1, 4) },
    );
  });
});
