/** How long to wait before trying again: twice as long each time, up to a bound, and never all clients at once. */
import type { Platform } from "./platform.ts";

/** Bounds of waiting, in milliseconds. */
export interface BackoffOptions {
  /** Before the first repetition. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** The wait before repetition number `attempt`, counted from 0: between half of the doubled wait and all of it. */
export function backoffMs(
  { minMs, maxMs }: BackoffOptions,
  attempt: number,
  { random }: Pick<Platform, "random">,
): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + random() * (ceiling / 2);
}
