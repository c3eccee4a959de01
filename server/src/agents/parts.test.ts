import { describe, expect, it } from "vitest";
import type { MarketRules } from "../core/market/rules.ts";
import { type Atoms, atomsPerUnit } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import { Inventory, OrderSizes, Steps, stepsPerSecond } from "./parts.ts";

/** A tick of 0.01, a lot of 0.1: one lot at one tick is worth 0.001. */
const rules: MarketRules = {
  code: "AAA_BBB",
  base: "AAA",
  quote: "BBB",
  tickSize: { coefficient: 1, scale: 2 },
  lotSize: { coefficient: 1, scale: 1 },
  baseMin: 5 as Lots,
  baseMax: 1_000 as Lots,
  quoteMin: atomsPerUnit,
  quoteMax: (20n * atomsPerUnit) as Atoms,
  marketOrderBandPpm: 50_000,
};

describe("order sizes", () => {
  it.each([
    ["a good size stays", 50, 100, 50],
    ["no less than the smallest quantity", 1, 1_000, 5],
    ["no less than the smallest value", 1, 30, 34],
    ["no more than the largest value", 900, 100, 200],
    ["no more than the largest quantity", 5_000, 2, 1_000],
  ])("%s", (_, wanted, price, expected) => {
    expect(new OrderSizes(rules).within(wanted, price)).toBe(expected);
  });
});

describe("an inventory", () => {
  it("fades to about a third in a minute", () => {
    const inventory = new Inventory();
    inventory.fadeTo(100);
    inventory.add(900);
    inventory.add(100);

    expect(inventory.fadeTo(100)).toBe(1_000);
    expect(inventory.fadeTo(100 + 60 * stepsPerSecond)).toBeCloseTo(1_000 / Math.E, 3);
    expect(inventory.fadeTo(1e9)).toBeCloseTo(0, 3);
  });
});

describe("decision steps", () => {
  it.each([
    [1, 50_000],
    [0.1, 500_000],
    [1_000, 50],
    [3, 16_667],
  ])("at a rate of %d are %d µs apart, and each is found at its own time", (rate, lengthUs) => {
    const steps = new Steps(1_750_000_000_000_000, rate);
    for (const step of [0, 1, 2, 999, 123_456_789]) {
      const timeUs = steps.timeOf(step);
      expect(timeUs).toBe(1_750_000_000_000_000 + step * lengthUs);
      expect(steps.stepAt(timeUs)).toBe(step);
      expect(steps.stepAt(timeUs - 1)).toBe(step - 1);
    }
  });
});
