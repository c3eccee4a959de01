import { describe, expect, it } from "vitest";
import { ReplayGuard } from "./replay-guard.ts";

describe("the memory of accepted signatures", () => {
  it("keeps each for as long as it was told, to the millisecond", () => {
    const guard = new ReplayGuard(100);
    guard.remember("a", 1_000);
    guard.remember("b", 1_001);

    guard.sweep(1_100);
    expect([guard.has("a"), guard.has("b")]).toEqual([true, true]);
    guard.sweep(1_101);
    expect([guard.has("a"), guard.has("b")]).toEqual([false, true]);
  });

  it("refuses to remember more than its limit, and forgets nothing to make room", () => {
    const guard = new ReplayGuard(100, 2);

    expect([guard.remember("a", 1_000), guard.remember("b", 1_050)]).toEqual([true, true]);
    expect(guard.remember("c", 1_100)).toBe(false);
    expect([guard.has("a"), guard.has("b"), guard.has("c")]).toEqual([true, true, false]);
    expect(guard.remember("c", 1_101)).toBe(true);
  });

  it("forgets nothing too early when the clock is set back", () => {
    const guard = new ReplayGuard(100);
    guard.remember("a", 1_000);

    guard.remember("b", 500);
    guard.sweep(900);

    expect([guard.has("a"), guard.has("b")]).toEqual([true, true]);
  });
});
