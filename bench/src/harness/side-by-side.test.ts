import { describe, expect, it } from "vitest";
import type { Contender, Sample } from "./benchmark.ts";
import { measure, sideBySide } from "./side-by-side.ts";

/** A contender whose samples are given, and which notes when it ran. */
function scripted(name: string, samples: readonly Sample[], ran: string[]): Contender {
  const left = [...samples];
  return {
    name,
    run: () => {
      ran.push(name);
      return left.shift() ?? { units: 1, wallMs: 1, cpuMs: 1 };
    },
  };
}

const effort = { warmUps: 1, runs: 2, isQuick: false };
const sample = (units: number, wallMs: number, cpuMs: number): Sample => ({ units, wallMs, cpuMs });

describe("contenders side by side", () => {
  it("run in turn, and counting begins once, after the warm-up", async () => {
    const ran: string[] = [];
    const contenders = [scripted("a", [], ran), scripted("b", [], ran)];
    const countingBegins = () => ran.push("counting");

    await sideBySide({ title: "t", unit: "u", contenders, effort, countingBegins });

    expect(ran).toEqual(["a", "b", "counting", "a", "b", "a", "b"]);
  });

  it("are told in CPU time for a unit, and units in a second of each kind of time", async () => {
    const samples = [sample(1, 1, 1), sample(1_000, 4, 2), sample(1_000, 8, 4)];
    const contenders = [scripted("a", samples, [])];

    const [a] = (await sideBySide({ title: "t", unit: "u", contenders, effort })).contenders;

    expect(a?.samples).toHaveLength(2);
    expect(a?.cpuNsPerUnit).toEqual({ min: 2_000, median: 3_000, max: 4_000 });
    expect(a?.unitsPerCpuSecond).toEqual({ min: 250_000, median: 375_000, max: 500_000 });
    expect(a?.unitsPerWallSecond).toEqual({ min: 125_000, median: 187_500, max: 250_000 });
    expect(a?.cpuRatio).toEqual({ min: 1, median: 1, max: 1 });
  });

  it("are compared for a unit, so that one may do less of the work than the other", async () => {
    const contenders = [
      scripted("a", [sample(1, 1, 1), sample(1_000, 1, 10), sample(1_000, 1, 30)], []),
      scripted("b", [sample(1, 1, 1), sample(100, 1, 2), sample(100, 1, 6)], []),
    ];

    const [, b] = (await sideBySide({ title: "t", unit: "u", contenders, effort })).contenders;

    expect(b?.cpuRatio.median).toBeCloseTo(2);
    expect(b?.cpuRatio.max).toBeCloseTo(2);
  });
});

describe("measuring", () => {
  it("counts what the work says it did, and its CPU time", async () => {
    const { units, wallMs, cpuMs } = await measure(() => {
      let sum = 0;
      for (let at = 0; at < 20_000_000; at += 1) sum += at % 7;
      return sum > 0 ? 42 : 0;
    });

    expect(units).toBe(42);
    expect(wallMs).toBeGreaterThan(0);
    expect(cpuMs).toBeGreaterThan(0);
  });

  it("waits for work that takes its time", async () => {
    const { units } = await measure(async () => {
      await Promise.resolve();
      return 7;
    });

    expect(units).toBe(7);
  });
});
