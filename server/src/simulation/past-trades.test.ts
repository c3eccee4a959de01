import { describe, expect, it } from "vitest";
import { closeness, type PastOptions, pastTrades } from "./past-trades.ts";
import { Random } from "./random.ts";
import type { ModelTrade } from "./trade-model.ts";

const hourUs = 3_600_000_000;
const untilUs = 1_750_000_000_000_000;
const market = { startTicks: 12_000, medianLots: 800, tradesPerSecond: 2, dailyVolatility: 0.04 };
const day = { fromUs: untilUs - 24 * hourUs, untilUs, share: 0.1, tradesMax: 1_000_000 };

const past = (changes: Partial<PastOptions> = {}, seed = 1) =>
  pastTrades(market, new Random(seed, "past"), { ...day, ...changes });

const lots = (trades: readonly ModelTrade[]) =>
  trades.reduce((sum, { quantityLots }) => sum + quantityLots, 0);

describe("the past of a market", () => {
  it("is told oldest first, wholly within its time", () => {
    const times = past().map(({ timeUs }) => timeUs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times[0]).toBeGreaterThanOrEqual(day.fromUs);
    expect(times[0]).toBeLessThan(day.fromUs + hourUs);
    expect(times.at(-1)).toBeLessThan(untilUs);
    expect(times.at(-1)).toBeGreaterThan(untilUs - hourUs);
  });

  it("ends where the market starts, and has been elsewhere", () => {
    const distances = past().map(({ priceTicks }) => Math.abs(priceTicks / 12_000 - 1));
    expect(distances.at(-1)).toBeLessThan(0.001);
    expect(Math.max(...distances)).toBeGreaterThan(0.01);
  });

  it("is the same for a seed, at whatever time it ends, and another one for another seed", () => {
    const shifted = past({ fromUs: day.fromUs + 77, untilUs: untilUs + 77 });
    expect(shifted).toEqual(past().map((trade) => ({ ...trade, timeUs: trade.timeUs + 77 })));
    expect(past({}, 2)).not.toEqual(past());
  });

  it("is sparser before its last hours, and as much changes hands there", () => {
    const trades = past();
    const close = trades.filter(({ timeUs }) => timeUs >= untilUs - 2 * hourUs);
    const before = trades.slice(0, trades.length - close.length);
    const density = close.length / 2 / (before.length / 22);
    expect(density).toBeGreaterThan(2);
    expect(density).toBeLessThan(4.5);
    const volume = lots(close) / 2 / (lots(before) / 22);
    expect(volume).toBeGreaterThan(0.4);
    expect(volume).toBeLessThan(2.5);
  });

  it("is told as closely as so many trades allow", () => {
    const usual = 5_000;
    const close = closeness([market, market], 24 * hourUs, 2 * usual)(market);
    const trades = past(close);
    expect(trades.length / usual).toBeGreaterThan(0.8);
    expect(trades.length / usual).toBeLessThan(1.25);
  });

  it("moves as far and trades as much in a model that runs faster", () => {
    const fast = past({ tempo: 30 });
    expect(fast.at(-1)?.timeUs).toBeLessThan(untilUs);
    expect(fast.length / past().length).toBeGreaterThan(0.7);
    expect(fast.length / past().length).toBeLessThan(1.4);
    const ranges = Array.from({ length: 20 }, (_, seed) => {
      const trades = pastTrades(market, new Random(seed, "tempo"), { ...day, tempo: 30 });
      const prices = trades.map(({ priceTicks }) => priceTicks);
      return (Math.max(...prices) - Math.min(...prices)) / market.startTicks;
    });
    // The range of a day is about 1.6 deviations.
    const mean = ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
    expect(mean / market.dailyVolatility).toBeGreaterThan(1);
    expect(mean / market.dailyVolatility).toBeLessThan(2.4);
  });

  it("has the newest trades where it may not have all", () => {
    expect(past({ tradesMax: 50 })).toEqual(past().slice(-50));
  });
});
