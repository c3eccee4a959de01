import { describe, expect, it } from "vitest";
import { Random } from "../simulation/random.ts";
import { FairPath } from "./fair-path.ts";
import { stepsPerSecond } from "./parts.ts";

const shape = { startTicks: 100_000, fromTicks: 100_000, dailyVolatility: 0.04 };
const pathOf = (seed: number, changes: Partial<typeof shape> = {}) =>
  new FairPath({ ...shape, ...changes }, new Random(seed, "path"));

describe("a fair path", () => {
  it("is the same however often it is looked at", () => {
    const often = pathOf(1);
    const seldom = pathOf(1);
    for (let step = 1; step <= 10_000; step += 1) often.advanceTo(step);
    for (const step of [7, 7, 3, 9_000, 10_000]) seldom.advanceTo(step);

    expect(seldom.ticks).toBe(often.ticks);
    expect(seldom.intensity).toBe(often.intensity);
    expect(often.ticks).not.toBe(shape.startTicks);
  });

  it("goes on from a price of before, and is pulled back to its start over weeks", () => {
    const path = pathOf(2, { fromTicks: 150_000, dailyVolatility: 0.0001 });
    expect(path.ticks).toBe(150_000);

    for (let day = 0; day < 10; day += 1) {
      for (let part = 1; part <= 144; part += 1) {
        path.advanceTo((day * 144 + part) * 600 * stepsPerSecond);
      }
    }
    expect(path.ticks).toBeGreaterThan(115_000);
    expect(path.ticks).toBeLessThan(122_000);
  });

  it("moves as much as configured, on average over many paths", () => {
    const squares = Array.from({ length: 200 }, (_, seed) => {
      const path = pathOf(seed);
      path.advanceTo(600 * stepsPerSecond);
      return Math.log(path.ticks / shape.startTicks) ** 2;
    });
    const mean = squares.reduce((sum, each) => sum + each, 0) / squares.length;
    const daily = Math.sqrt(mean * 144);

    expect(daily / shape.dailyVolatility).toBeGreaterThan(0.75);
    expect(daily / shape.dailyVolatility).toBeLessThan(1.3);
  });

  it("leaves out what would have happened in a very long silence", () => {
    const path = pathOf(3);
    path.advanceTo(1e12);

    expect(Math.abs(path.ticks / shape.startTicks - 1)).toBeLessThan(0.05);
  });
});
