/** Waits for what will be true, however busy the machine is. */
import { vi } from "vitest";

/** Bounds a wait that hangs; it is not a measure of speed. In milliseconds. */
const untilMs = 60_000;

/** Tries again until nothing is raised any more. */
export function until<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(attempt, untilMs);
}
