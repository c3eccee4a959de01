import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SteadyTimers } from "./timers.ts";

describe("timers that keep time", () => {
  let nowMs = 0;
  let done: string[] = [];
  const timers = new SteadyTimers(() => nowMs);
  const plan = (name: string, delayMs: number) => timers.after(delayMs, () => done.push(name));

  beforeEach(() => {
    vi.useFakeTimers();
    [nowMs, done] = [0, []];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("do what is due when a tick comes before the browser's own timer, and do it once", () => {
    plan("soon", 5_000);
    plan("later", 20_000);
    nowMs = 4_999;
    timers.tick();
    expect(done).toEqual([]);
    nowMs = 5_000;
    timers.tick();
    vi.advanceTimersByTime(60_000);
    expect(done).toEqual(["soon", "later"]);
    timers.tick();
    expect(done).toEqual(["soon", "later"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("do nothing that was called off, and what a task plans in its turn", () => {
    plan("never", 1_000)();
    timers.after(1_000, () => {
      done.push("first");
      plan("second", 1_000);
    });
    nowMs = 1_500;
    timers.tick();
    expect(done).toEqual(["first"]);
    nowMs = 2_500;
    timers.tick();
    expect(done).toEqual(["first", "second"]);
  });
});
