/** Waits at the start of a node for NATS servers that elect a leader, which may take some seconds. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { TimeoutError } from "@nats-io/transport-node";

/** The broker's words for servers that have just been started: no leader yet, or too few. */
const notYet: ReadonlySet<number> = new Set([10_005, 10_008]);

/** How often servers are asked that have no leader yet, and after how long each, in milliseconds: longer than an election. */
const startTries = 24;
const startAgainMs = 500;

/** Does what servers can do that have found each other. */
export async function patiently<Result>(task: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await task();
    } catch (error) {
      const isEarly =
        error instanceof TimeoutError ||
        (error instanceof JetStreamApiError && notYet.has(error.code));
      if (!isEarly || tries >= startTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, startAgainMs));
    }
  }
}
