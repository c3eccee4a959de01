/** Waits for what will be true, however busy the machine is. */
import { vi } from "vitest";
import { patience } from "./patience.ts";

/**
 * Tries again until nothing is raised any more. What answers yes or no raises nothing, so that it would
 * be waited for once only: the compiler refuses it, as a missing argument, and means {@link untilTrue}.
 */
export function until<Result>(
  attempt: () => Result | Promise<Result>,
  ..._: [Result] extends [boolean] ? [takeUntilTrueForAnswers: never] : []
): Promise<Result> {
  return vi.waitFor(attempt, patience.wait);
}

/** Looks again until the answer is yes. */
export async function untilTrue(question: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(question, patience.wait);
}
