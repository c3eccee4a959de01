import { describe, expect, it } from "vitest";
import { delayMaxMs, stepBackHiddenMaxUs, systemClock } from "./system-clock.ts";

/** A machine whose two clocks a test can move. */
function machine(startMs: number) {
  const state = { wallMs: startMs, monotonicMs: 5_000 };
  const clock = systemClock({
    wallMs: () => Math.floor(state.wallMs),
    monotonicMs: () => state.monotonicMs,
  });
  return {
    clock,
    /** What the system's clock shows. */
    wallMs: () => Math.floor(state.wallMs),
    /** What our clock shows, to the millisecond. */
    shownMs: () => Math.floor(clock.nowUs() / 1_000),
    /** Lets time pass on both clocks. */
    pass(ms: number): void {
      state.wallMs += ms;
      state.monotonicMs += ms;
    },
    /** Sets the system's clock. */
    step(ms: number): void {
      state.wallMs += ms;
    },
  };
}

const startMs = 1_700_000_000_000;

describe("the system's clock", () => {
  it("tells the present time in whole microseconds", () => {
    const beforeMs = Date.now();
    const nowUs = systemClock().nowUs();
    const afterMs = Date.now();

    expect(Number.isSafeInteger(nowUs)).toBe(true);
    expect(nowUs).toBeGreaterThanOrEqual(beforeMs * 1_000);
    expect(nowUs).toBeLessThan((afterMs + 1) * 1_000);
  });

  it("takes the microseconds within a millisecond from the monotonic clock", () => {
    const { clock, pass } = machine(startMs);
    const firstUs = clock.nowUs();

    pass(0.25);
    expect(clock.nowUs() - firstUs).toBe(250);
    pass(0.5);
    expect(clock.nowUs() - firstUs).toBe(750);
  });

  it("does not lose time to rounding when it is read very often", () => {
    const { clock, pass } = machine(startMs);
    const firstUs = clock.nowUs();

    for (let n = 0; n < 3_000; n += 1) {
      pass(0.000_25);
      clock.nowUs();
    }

    expect(clock.nowUs() - firstUs).toBeGreaterThan(700);
  });

  it("shows the system's millisecond, however fast the monotonic clock runs", () => {
    const { pass, step, wallMs, shownMs } = machine(startMs);
    for (let n = 0; n < 1_000; n += 1) {
      pass(7.3);
      step(n < 500 ? 0.01 : -0.02);

      expect(shownMs()).toBe(wallMs());
    }
  });

  it("follows a step forward at once", () => {
    const { step, shownMs } = machine(startMs);
    expect(shownMs()).toBe(startMs);

    step(3_600_000);

    expect(shownMs()).toBe(startMs + 3_600_000);
  });

  it("stands still through a small step back, then goes on", () => {
    const { clock, pass, step, shownMs } = machine(startMs);
    const firstUs = clock.nowUs();

    step(-stepBackHiddenMaxUs / 1_000 + 1);
    expect(clock.nowUs()).toBe(firstUs);
    pass(1_500);
    expect(clock.nowUs()).toBe(firstUs);
    pass(501);
    expect(shownMs()).toBe(startMs + 2);
  });

  it("follows a large step back", () => {
    const { step, shownMs } = machine(startMs);
    expect(shownMs()).toBe(startMs);

    step(-3_600_000);

    expect(shownMs()).toBe(startMs - 3_600_000);
  });

  it("does not let a step of wall time touch the monotonic time", () => {
    const { clock, pass, step } = machine(startMs);
    const beforeMs = clock.monotonicMs();

    step(-10_000);
    pass(40);

    expect(clock.monotonicMs() - beforeMs).toBe(40);
  });

  it("never goes back, read by read", () => {
    const clock = systemClock();
    let lastUs = clock.nowUs();
    for (let n = 0; n < 100_000; n += 1) {
      const nowUs = clock.nowUs();
      if (nowUs < lastUs) expect.unreachable("the clock went back");
      lastUs = nowUs;
    }
  });
});

describe("a timer of the system's clock", () => {
  it("runs its task once, after the delay", async () => {
    const clock = systemClock();
    const startedMs = clock.monotonicMs();

    await new Promise<void>((resolve) => clock.after(5, resolve));

    // Node's timers count whole milliseconds, so one may come a fraction early.
    expect(clock.monotonicMs() - startedMs).toBeGreaterThan(3.9);
  });

  it("does not run when it was cancelled, and may be cancelled twice", async () => {
    const clock = systemClock();
    const ran: string[] = [];
    const cancel = clock.after(0, () => ran.push("cancelled"));

    cancel();
    cancel();
    await new Promise<void>((resolve) => clock.after(2, resolve));

    expect(ran).toEqual([]);
  });

  it.each([-1, Number.NaN, delayMaxMs + 1, Number.POSITIVE_INFINITY])(
    "is not set with a delay of %d",
    (delayMs) => {
      expect(() => systemClock().after(delayMs, () => {})).toThrow("invariant violated");
    },
  );
});
