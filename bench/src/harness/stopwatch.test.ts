import { describe, expect, it } from "vitest";
import { lapsMax, Stopwatch } from "./stopwatch.ts";

/** A stopwatch that was held against runs whose laps took these milliseconds. */
function heldAgainst(...runs: readonly (readonly number[])[]): Stopwatch {
  let nowMs = 5;
  const stopwatch = new Stopwatch(() => nowMs);
  for (const laps of runs) {
    nowMs += 1_000;
    stopwatch.start();
    for (const ms of laps) {
      nowMs += ms;
      stopwatch.lap();
    }
  }
  return stopwatch;
}

describe("a stopwatch", () => {
  it("tells laps in microseconds, without what passed between two runs", () => {
    const [, all] = heldAgainst([1, 2], [3, 4]).latencies("lap");

    expect(all).toMatchObject({ unit: "µs", percentiles: { count: 4, p50: 2_000, worst: 4_000 } });
  });

  it("takes each lap at its fastest run, so that a disturbance of one run is not in it", () => {
    const [fastest, all] = heldAgainst([1, 50, 3], [9, 2, 3]).latencies("lap");

    expect(fastest?.percentiles).toMatchObject({ count: 3, p50: 2_000, worst: 3_000 });
    expect(all?.percentiles).toMatchObject({ count: 6, worst: 50_000 });
  });

  it("leaves a pause out", () => {
    let nowMs = 0;
    const stopwatch = new Stopwatch(() => nowMs);
    stopwatch.start();
    nowMs = 1;
    stopwatch.lap();
    nowMs = 500;
    stopwatch.resume();
    nowMs = 502;
    stopwatch.lap();

    expect(stopwatch.latencies("lap")[1]?.percentiles).toMatchObject({ p50: 1_000, worst: 2_000 });
  });

  it("forgets the warm-up", () => {
    const stopwatch = heldAgainst([70]);
    stopwatch.reset();
    expect(() => stopwatch.latencies("lap")).toThrow(RangeError);
  });

  it("refuses a lap that was not begun, and more laps than it may keep", () => {
    const stopwatch = new Stopwatch(() => 0);
    expect(() => stopwatch.lap()).toThrow(RangeError);

    stopwatch.start();
    for (let at = 0; at < lapsMax; at += 1) stopwatch.lap();
    expect(() => stopwatch.lap()).toThrow(RangeError);
  });
});
