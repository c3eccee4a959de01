/**
 * When the silence of a log means that nobody writes it. While the broker stores nothing nobody can write it: an engine that
 * took over as soon as the broker is back would end one that is well.
 */
import type { Clock } from "../ports/clock.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import { headStartMs } from "./takeover.ts";

/** Between two looks at a silence that is nearly long enough, in milliseconds. */
const lookMs = 10;
/** And at one that is not, for which nobody's processor should wake up often. */
const seldomMs = 100;

/** Between two questions to a broker that does not answer, in milliseconds. */
const againMs = 100;

/** What it works with. */
export interface SilenceParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly shared: Pick<SharedLog, "end">;
  /** Name of the node that would take over. */
  readonly node: string;
  /** After so much silence it does, and a little later than others; in milliseconds. */
  readonly takeoverAfterMs: number;
}

/** Judges the silence of one log. */
export class Silence {
  /** How long it has to last, in milliseconds. */
  readonly #enoughMs: number;
  readonly #parts: SilenceParts;
  #isAsking = false;
  /** Whether the broker has told about the log since that has been silent. */
  #wasThere = false;
  /** When the broker has failed to, the last time. */
  #awayMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SilenceParts) {
    this.#parts = parts;
    this.#enoughMs = parts.takeoverAfterMs + headStartMs(parts.node);
  }

  /** Whether nothing has come for long, whatever that means. */
  lasts(silentMs: number): boolean {
    return silentMs >= this.#enoughMs;
  }

  /** Until a silence that has lasted so many milliseconds is to be looked at again, in milliseconds. */
  untilLookMs(silentMs: number): number {
    return Math.min(Math.max(this.#untilNearMs(silentMs), lookMs), seldomMs);
  }

  /** Whether a silence of so many milliseconds is enough to take over; asked again and again while it lasts. */
  isEnough(silentMs: number): boolean {
    if (this.#untilNearMs(silentMs) > 0) {
      this.#wasThere = false;
      return false;
    }
    const sinceAwayMs = this.#parts.clock.monotonicMs() - this.#awayMs;
    // Asked before it is enough, so that nobody waits for the answer then.
    if (!this.#wasThere && sinceAwayMs >= againMs) this.#ask();
    return this.#wasThere && Math.min(silentMs, sinceAwayMs) >= this.#enoughMs;
  }

  /** Until it is long enough to ask the broker. */
  #untilNearMs(silentMs: number): number {
    return Math.max(0, this.#enoughMs / 2 - silentMs);
  }

  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { shared, clock } = this.#parts;
    void shared.end().then((end) => {
      this.#isAsking = false;
      this.#wasThere = !("kind" in end);
      if (!this.#wasThere) this.#awayMs = clock.monotonicMs();
    });
  }
}
