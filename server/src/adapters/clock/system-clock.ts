/**
 * The clock of the machine. Wall time follows the system's clock to the millisecond, takes its
 * microseconds from the monotonic clock, and does not go back when the system's clock is set back a little.
 */
import { assert } from "../../core/assert.ts";
import type { Clock } from "../../ports/clock.ts";

/** Longest delay of a timer, in milliseconds (24.8 days); Node runs longer ones at once. */
export const delayMaxMs = 2_147_483_647;

/**
 * Largest step back of the system's clock that is hidden, in microseconds. Time stands still until
 * the system's clock has caught up; a larger step is a correction, and standing still for so long
 * would do more harm than following it.
 */
export const stepBackHiddenMaxUs = 2_000_000;

/** Where the two times come from. */
export interface TimeSources {
  /** Wall time in whole milliseconds since 1970. */
  wallMs(): number;
  /** Monotonic time in milliseconds with fractions. */
  monotonicMs(): number;
}

const systemSources: TimeSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The machine's clock; tests may give it other sources of time. */
export function systemClock(sources: TimeSources = systemSources): Clock {
  return {
    nowUs: wallClock(sources),
    monotonicMs: () => sources.monotonicMs(),
    after: afterDelay,
  };
}

/** A reader of wall time in microseconds. */
function wallClock(sources: TimeSources): () => number {
  /** What to add to monotonic time to get wall time. */
  let offsetUs = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  return () => {
    const monotonicUs = sources.monotonicMs() * 1_000;
    const wallUs = sources.wallMs() * 1_000;
    // Within the millisecond that the system's clock shows, the monotonic clock tells the
    // microseconds; when the two have drifted apart by more, the system's clock is right.
    const estimateUs = monotonicUs + offsetUs;
    const shownUs = Math.min(Math.max(estimateUs, wallUs), wallUs + 999);
    if (shownUs !== estimateUs) offsetUs = shownUs - monotonicUs;
    const nowUs = Math.floor(shownUs);
    const isHidden = nowUs < lastUs && lastUs - nowUs <= stepBackHiddenMaxUs;
    lastUs = isHidden ? lastUs : nowUs;
    return lastUs;
  };
}

function afterDelay(delayMs: number, task: () => void): () => void {
  assert(delayMs >= 0 && delayMs <= delayMaxMs, "a timer's delay is 0 to 24.8 days");
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}
