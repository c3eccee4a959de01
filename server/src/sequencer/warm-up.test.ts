import { describe, expect, it } from "vitest";
import { warmUp, warmUpRounds } from "./warm-up.ts";

describe("warming up", () => {
  it("ends by itself after its rounds, in each of which one order filled all that rested", () => {
    expect(warmUp(() => true)).toBe(warmUpRounds);
  });

  it("ends before the round that would be too late, and does nothing where there is no time at all", () => {
    let allowed = 2;
    expect(warmUp(() => allowed-- > 0)).toBe(2);
    expect(warmUp(() => false)).toBe(0);
  });
});
