import { describe, expect, it } from "vitest";
import { TickRhythm } from "./tick-rhythm.ts";

/** The ticks at which a rhythm is due, of those that come. */
function due(intervalMs: number, ticks: readonly number[]): readonly number[] {
  const at: number[] = [];
  let now = 0;
  const rhythm = new TickRhythm(intervalMs, () => at.push(now));
  for (const tick of ticks) {
    now = tick;
    rhythm.tick({ sequence: 0, tick, timeUs: tick * 100_000 });
  }
  return at;
}

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a rhythm", () => {
  it("is due at the first tick of each interval since 1970, whenever it began", () => {
    expect(due(500, from(3, 21))).toEqual([5, 10, 15, 20]);
    expect(due(500, from(5, 11))).toEqual([5, 10]);
    expect(due(500, from(19, 21))).toEqual([20]);
  });

  it("is due once when ticks are missing, at the first one after them", () => {
    expect(due(500, [3, 4, 7, 8, 9, 31, 32, 35])).toEqual([7, 31, 35]);
  });

  it("keeps whole tenths of a second: what is shorter or between them is rounded up", () => {
    expect(due(10, from(1, 4))).toEqual([1, 2, 3, 4]);
    expect(due(100, from(1, 4))).toEqual([1, 2, 3, 4]);
    expect(due(101, from(1, 8))).toEqual([2, 4, 6, 8]);
  });
});
