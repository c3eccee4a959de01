import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { every, everySecond, everyUnlessBusy, nextTurn } from "./timers.ts";

describe("repeated work", () => {
  it("runs at each whole second of wall time, wherever it began, until it is stopped", () => {
    const clock = new VirtualClock(1_000_000_300_000);
    const seen: number[] = [];
    const stop = everySecond(clock, (nowUs) => seen.push(nowUs));
    clock.advanceBy(2_900_000);
    expect(seen).toEqual([1_000_001_000_000, 1_000_002_000_000, 1_000_003_000_000]);
    stop();
    clock.advanceBy(5_000_000);
    expect(seen.length).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it("runs in equal intervals", () => {
    const clock = new VirtualClock();
    let runs = 0;
    const stop = every(clock, 250, () => {
      runs += 1;
    });
    clock.advanceBy(1_000_000);
    stop();
    expect(runs).toBe(4);
  });

  it("is left out while the one before is under way, so that none waits behind another", async () => {
    const clock = new VirtualClock();
    const under = Promise.withResolvers<void>();
    let runs = 0;
    const stop = everyUnlessBusy(clock, 250, async () => {
      runs += 1;
      await under.promise;
    });
    clock.advanceBy(10_000_000);
    expect(runs).toBe(1);
    under.resolve();
    await nextTurn();
    clock.advanceBy(250_000);
    stop();
    expect(runs).toBe(2);
  });
});
