import { describe, expect, it } from "vitest";
import { defaultStartUs, timersMax, VirtualClock } from "./virtual-clock.ts";

describe("a virtual clock", () => {
  it("stands still until it is told to advance", () => {
    const clock = new VirtualClock();

    expect([clock.nowUs(), clock.monotonicMs()]).toEqual([defaultStartUs, 0]);
    clock.advanceBy(1_500);
    expect([clock.nowUs(), clock.monotonicMs()]).toEqual([defaultStartUs + 1_500, 1.5]);
  });

  it("runs due timers in the order of their times, each at its own time", () => {
    const clock = new VirtualClock(0);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} at ${clock.nowUs()}`);
    clock.after(3, note("third"));
    clock.after(1, note("first"));
    clock.after(2, note("second"));
    clock.after(4, note("not yet"));

    clock.advanceBy(3_999);

    expect(ran).toEqual(["first at 1000", "second at 2000", "third at 3000"]);
    expect(clock.nowUs()).toBe(3_999);
    expect(clock.pendingTimers).toBe(1);
  });

  it("runs timers of the same time in the order in which they were set", () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (let n = 0; n < 5; n += 1) clock.after(1, () => ran.push(n));

    clock.advanceBy(1_000);

    expect(ran).toEqual([0, 1, 2, 3, 4]);
  });

  it("runs timers that are set meanwhile when they fall into the same advance", () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    const tick = (): void => {
      ran.push(clock.nowUs());
      clock.after(10, tick);
    };
    clock.after(10, tick);

    clock.advanceBy(35_000);

    expect(ran).toEqual([10_000, 20_000, 30_000]);
    expect(clock.pendingTimers).toBe(1);
  });

  it("runs a timer without delay at the next advance, even one of nothing", () => {
    const clock = new VirtualClock();
    let ran = 0;
    clock.after(0, () => {
      ran += 1;
    });

    expect(ran).toBe(0);
    clock.advanceBy(0);
    expect(ran).toBe(1);
  });

  it("does not run a cancelled timer, and cancelling later does nothing", () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const cancelFirst = clock.after(1, () => ran.push("first"));
    const cancelSecond = clock.after(2, () => ran.push("second"));
    clock.after(1, () => cancelSecond());

    clock.advanceBy(5_000);
    cancelFirst();

    expect(ran).toEqual(["first"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("steps its wall time without touching timers or monotonic time", () => {
    const clock = new VirtualClock(1_000_000);
    let ranAtMs = -1;
    clock.after(10, () => {
      ranAtMs = clock.monotonicMs();
    });

    clock.stepWallBy(-600_000);
    expect(clock.nowUs()).toBe(400_000);
    clock.advanceBy(10_000);

    expect(ranAtMs).toBe(10);
    expect(clock.nowUs()).toBe(410_000);
  });

  it("refuses to go back, to wait for ever and to hold timers without end", () => {
    const clock = new VirtualClock();

    expect(() => clock.advanceBy(-1)).toThrow("invariant violated");
    expect(() => clock.advanceBy(0.5)).toThrow("invariant violated");
    expect(() => clock.after(-1, () => {})).toThrow("invariant violated");
    expect(() => clock.after(Number.NaN, () => {})).toThrow("invariant violated");
    for (let n = 0; n < timersMax; n += 1) clock.after(1, () => {});
    expect(() => clock.after(1, () => {})).toThrow("bounded");
  });

  it("stops a task that sets itself again without delay", () => {
    const clock = new VirtualClock();
    const again = (): void => {
      clock.after(0, again);
    };
    again();

    expect(() => clock.advanceBy(1)).toThrow("bounded number of timers");
  });
});
