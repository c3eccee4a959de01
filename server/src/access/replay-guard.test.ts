import { describe, expect, it } from "vitest";
import { ReplayGuard, type ReplayGuardOptions } from "./replay-guard.ts";

const windowMs = 100;
const make = (options: Partial<ReplayGuardOptions> = {}) =>
  new ReplayGuard({ windowMs, ...options });

describe("the memory of requests that were taken", () => {
  it("knows each for as long as its time stamp is good, to the millisecond", () => {
    const guard = make();
    guard.remember("u", "a", 1_000);
    guard.remember("u", "b", 1_001);

    guard.sweep(1_100);
    expect([guard.judge("u", "a", 1_000), guard.judge("u", "b", 1_001)]).toEqual([
      ...["taken", "taken"],
    ]);
    guard.sweep(1_101);
    expect([guard.judge("u", "a", 1_000), guard.judge("u", "b", 1_001)]).toEqual([
      ...["unknown", "taken"],
    ]);
    expect(guard.judge("u", "c", 1_001)).toBe("new");
  });

  it("calls nothing new that it may have forgotten, also when the clock is set back", () => {
    const guard = make();
    guard.remember("u", "a", 1_000);
    guard.sweep(5_000);

    expect(guard.judge("u", "a", 1_000)).toBe("unknown");
    expect(guard.judge("u", "other", 999)).toBe("unknown");
    expect(guard.judge("u", "other", 1_001)).toBe("new");
    expect(guard.judge("v", "other", 999)).toBe("new");
  });

  it("judges nothing that an earlier process may have taken", () => {
    const guard = make({ floorMs: 1_000 });
    expect(guard.judge("u", "a", 1_000)).toBe("unknown");
    expect(guard.judge("u", "a", 1_001)).toBe("new");
    expect(guard.floorMs("u")).toBe(1_000);
  });

  it("notes up to where it takes requests before it does, and not with each", () => {
    const noted: number[] = [];
    const guard = make({ noteStamp: (stampMs) => noted.push(stampMs) });
    for (let ms = 0; ms < 1_000; ms += 10) {
      guard.remember("u", `s${ms}`, 5_000 + ms);
      expect(noted.at(-1)).toBeGreaterThanOrEqual(5_000 + ms);
    }
    expect(noted).toHaveLength(5);
  });

  it("of a user who fills it loses their own oldest, and nobody else's", () => {
    const guard = make({ perUserMax: 3 });
    guard.remember("calm", "c", 1_000);
    for (let n = 0; n < 10; n += 1) guard.remember("busy", `b${n}`, 1_000 + n);

    expect(guard.judge("calm", "c", 1_000)).toBe("taken");
    expect(guard.judge("calm", "other", 1_000)).toBe("new");
    expect(guard.judge("busy", "b9", 1_009)).toBe("taken");
    expect(guard.judge("busy", "b6", 1_006)).toBe("unknown");
    expect(guard.judge("busy", "new", 1_007)).toBe("new");
  });

  it("is bounded in all: who has most gives up the oldest half, the others keep all of theirs", () => {
    const guard = make({ totalMax: 12 });
    guard.remember("calm", "c", 1_000);
    for (let n = 0; n < 100; n += 1) guard.remember("busy", `b${n}`, 1_000 + n);
    for (let n = 0; n < 3; n += 1) guard.remember("late", `l${n}`, 1_000);

    expect(guard.judge("calm", "c", 1_000)).toBe("taken");
    for (let n = 0; n < 3; n += 1) expect(guard.judge("late", `l${n}`, 1_000)).toBe("taken");
    expect(guard.judge("late", "l3", 1_000)).toBe("new");
    expect(guard.judge("busy", "b99", 1_099)).toBe("taken");
    expect(guard.judge("busy", "b50", 1_050)).toBe("unknown");
  });

  it("holds one floor for all who have not called for long, when they are many", () => {
    const guard = make();
    for (let n = 0; n < 10_001; n += 1) guard.remember(`u${n}`, "s", 1_000 + (n % 2));
    guard.sweep(2_000);
    expect(guard.judge("u0", "s", 1_000)).toBe("unknown");
    expect(guard.judge("nobody", "s", 1_001)).toBe("unknown");
    expect(guard.judge("nobody", "s", 1_002)).toBe("new");
  });
});
