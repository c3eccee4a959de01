import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";

const draws = 200_000;

/** Mean, variance and excess kurtosis of many draws. */
function moments(draw: () => number) {
  const values = Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const central = (power: number) =>
    values.reduce((sum, value) => sum + (value - mean) ** power, 0) / draws;
  return { mean, variance: central(2), excess: central(4) / central(2) ** 2 - 3 };
}

describe("a random stream", () => {
  it("is the same for the same seed and name, on every machine", () => {
    const random = new Random(1, "BTC/USDT");

    expect(Array.from({ length: 6 }, () => random.word())).toEqual([
      625975634, 2360330502, 761569091, 2106761169, 799221094, 1439727314,
    ]);
  });

  it.each([
    ["another seed", new Random(2, "A")],
    ["a seed that differs in its upper half only", new Random(1 + 2 ** 32, "A")],
    ["another name", new Random(1, "B")],
  ])("differs for %s", (_, other) => {
    const random = new Random(1, "A");
    const pairs = Array.from({ length: 1_000 }, () => [random.word(), other.word()]);

    expect(pairs.filter(([left, right]) => left === right)).toEqual([]);
  });

  it("draws whole numbers below a count evenly", () => {
    const random = new Random(7, "even");
    const hits = Array.from({ length: 8 }, () => 0);
    for (let at = 0; at < draws; at += 1) hits[random.below(8)]! += 1;

    for (const hit of hits) expect(Math.abs(hit / (draws / 8) - 1)).toBeLessThan(0.03);
  });

  it("draws normal numbers", () => {
    const random = new Random(7, "normal");
    const { mean, variance, excess } = moments(() => random.normal());

    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(excess)).toBeLessThan(0.25);
  });

  it("draws exponential numbers of mean one", () => {
    const random = new Random(7, "exponential");
    const { mean, variance } = moments(() => random.exponential());

    expect(Math.abs(mean - 1)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it("says yes as often as it is told to", () => {
    const random = new Random(7, "chance");
    const { mean } = moments(() => (random.chance(0.03) ? 1 : 0));

    expect(Math.abs(mean - 0.03)).toBeLessThan(0.003);
  });
});
