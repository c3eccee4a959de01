/**
 * Gives the batches of several feeds turns of the event loop of their own, one after another: together in one turn they would
 * hold up everybody else.
 */
import type { Feed, FeedEvent, FeedOutcome } from "../ports/feed.ts";
import { nextTurn } from "../ports/timers.ts";

type Batches = AsyncGenerator<readonly FeedEvent[], FeedOutcome>;

/** See the head of the file. */
export class TurnLine {
  #last: Promise<void> = Promise.resolve();

  /** The same feed; from the second one on, each of its batches comes in a turn that no other feed of the line has. */
  of(feed: Feed): Feed {
    return { ...feed, run: (context, signal) => this.#inTurns(feed.run(context, signal)) };
  }

  async *#inTurns(batches: Batches): Batches {
    try {
      for (;;) {
        const next = await batches.next();
        if (next.done === true) return next.value;
        yield next.value;
        this.#last = this.#last.then(nextTurn);
        await this.#last;
      }
    } finally {
      await batches.return({ kind: "stopped" });
    }
  }
}
