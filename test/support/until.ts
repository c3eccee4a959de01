/** Waits for what will be true, however busy the machine is. */
import { setTimeout as delay } from "node:timers/promises";
import { vi } from "vitest";
import { patience } from "./patience.ts";

/** Benchmarks start the same programs, and have no test that waits with them. */
const isBenchmark = process.env["VITEST"] === undefined;
const againMs = 50;

/**
 * Tries again until nothing is raised any more. What answers yes or no raises nothing, so that it would
 * be waited for once only: the compiler refuses it, as a missing argument, and means {@link untilTrue}.
 */
export function until<Result>(
  attempt: () => Result | Promise<Result>,
  ..._: [Result] extends [boolean] ? [takeUntilTrueForAnswers: never] : []
): Promise<Result> {
  return isBenchmark ? tried(attempt) : vi.waitFor(attempt, patience.wait);
}

/** Looks again until the answer is yes. */
export async function untilTrue(question: () => boolean | Promise<boolean>): Promise<void> {
  if (!isBenchmark) await vi.waitUntil(question, patience.wait);
  else await tried(() => answeredYes(question));
}

async function tried<Result>(attempt: () => Result | Promise<Result>): Promise<Result> {
  const giveUpMs = performance.now() + patience.wait;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await delay(againMs);
    }
  }
}

async function answeredYes(question: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await question())) throw new Error(`it has not come about: ${question}`);
}
