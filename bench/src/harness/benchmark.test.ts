import { describe, expect, it } from "vitest";
import { type Aim, judge } from "./benchmark.ts";

const aim = { what: "speed", unit: "trades/s" };

describe("an aim", () => {
  it.each<[Aim, boolean, number]>([
    [{ ...aim, atLeast: 200, measured: 300 }, true, 1.5],
    [{ ...aim, atLeast: 200, measured: 200 }, true, 1],
    [{ ...aim, atLeast: 200, measured: 100 }, false, 0.5],
    [{ ...aim, atMost: 200, measured: 100 }, true, 0.5],
    [{ ...aim, atMost: 200, measured: 201 }, false, 1.005],
  ])("%j: met %s, %d times", (given, isMet, ratio) => {
    expect(judge(given)).toMatchObject({ isMet, ratio });
  });

  it("is missed when nothing could be measured", () => {
    expect(judge({ ...aim, atMost: 200, measured: Number.NaN }).isMet).toBe(false);
  });
});
