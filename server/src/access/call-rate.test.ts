import { describe, expect, it } from "vitest";
import { CallRate } from "./call-rate.ts";

/** Does it when it is allowed, and says whether it was. */
function take(rate: CallRate, caller: string, nowMs: number): boolean {
  if (rate.waitMs(caller, nowMs) > 0) return false;
  rate.count(caller, nowMs);
  return true;
}

describe("a rate with bursts", () => {
  const nowMs = 1_000_000;

  it("lets through a burst after a pause, then the steady number, and not one more", () => {
    const rate = new CallRate({ perSecondMax: 200, burstMax: 400 });
    const within = (from: number, lengthMs: number) => {
      let taken = 0;
      for (let ms = 0; ms < lengthMs; ms += 1) {
        for (let n = 0; n < 10; n += 1) taken += Number(take(rate, "a", nowMs + from + ms));
      }
      return taken;
    };
    expect(within(0, 1)).toBe(10);
    expect(within(1, 39)).toBe(390);
    expect(within(40, 1_000)).toBe(207);
    expect(within(1_040, 1_000)).toBe(200);
    expect(within(60_000, 1_000)).toBe(400 + 199);
  });

  it("says how long to wait, to the moment when it is allowed", () => {
    const rate = new CallRate({ perSecondMax: 2, burstMax: 3 });
    for (let n = 0; n < 3; n += 1) expect(take(rate, "a", nowMs)).toBe(true);

    expect(rate.waitMs("a", nowMs)).toBe(500);
    expect(rate.waitMs("a", nowMs + 499)).toBe(1);
    expect(take(rate, "a", nowMs + 500)).toBe(true);
    expect(rate.waitMs("a", nowMs + 500)).toBe(500);
  });

  it("counts each caller for itself, and forgets who has paused", () => {
    const rate = new CallRate({ perSecondMax: 1, burstMax: 1, callersMax: 2 });
    expect([take(rate, "a", nowMs), take(rate, "a", nowMs)]).toEqual([true, false]);
    expect(take(rate, "b", nowMs)).toBe(true);
    // Beyond the bound the others count as one, and those who are known are not touched.
    expect([take(rate, "c", nowMs), take(rate, "d", nowMs)]).toEqual([true, false]);
    expect(take(rate, "a", nowMs + 1_000)).toBe(true);

    rate.refresh(nowMs + 3_000);
    expect([take(rate, "e", nowMs + 3_000), take(rate, "f", nowMs + 3_000)]).toEqual([true, true]);
  });

  it("knows no limit when it is infinite", () => {
    const rate = new CallRate({ perSecondMax: Number.POSITIVE_INFINITY, burstMax: 1 });
    for (let n = 0; n < 1_000; n += 1) expect(take(rate, "a", nowMs)).toBe(true);
  });

  it("makes nobody wait for a clock that was set back", () => {
    const rate = new CallRate({ perSecondMax: 1, burstMax: 2 });
    for (let n = 0; n < 2; n += 1) take(rate, "a", nowMs);
    expect(take(rate, "a", nowMs - 3_600_000)).toBe(true);
  });
});
