/** Time as an input. Only `adapters/clock` and virtual clocks in tests know how it passes. */

/** Wall time and one-shot timers. */
export interface Clock {
  /** Wall time in microseconds since 1970 (UTC), a safe integer. */
  nowUs(): number;
  /** Time that never jumps back, in milliseconds from an arbitrary start; for durations. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/**
 * Time for intervals, in milliseconds: idle times, rates, ages, pacing. It begins at the wall time of
 * this call and passes by the monotonic clock, so nothing that is done to the wall clock is seen in it.
 */
export function steadyMs(clock: Clock): () => number {
  const originMs = clock.nowUs() / 1_000 - clock.monotonicMs();
  return () => Math.floor(originMs + clock.monotonicMs());
}
