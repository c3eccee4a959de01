/**
 * The digest of a node's whole state as of one command, made in parts between which everything else goes on. A node that
 * follows applies nothing meanwhile; at one that leads it begins again where commands come.
 */
import type { Exchange } from "../core/exchange.ts";
import type { Clock } from "../ports/clock.ts";
import { nextTurn } from "../ports/timers.ts";

/** How long it is tried, and a node that follows stands still at the most, in milliseconds. */
export const digestWithinMs = 3_000;

/** What is digested, and of when. */
export interface StateDigest {
  readonly sequence: number;
  /** Undefined where commands came faster than it could be made. */
  readonly stateHash: string | undefined;
}

/** Makes digests of an exchange, one at a time. */
export class StateDigests {
  readonly #exchange: Pick<Exchange, "sequence" | "stateHashInParts">;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #made: Promise<StateDigest> | undefined;

  constructor(
    exchange: Pick<Exchange, "sequence" | "stateHashInParts">,
    clock: Pick<Clock, "monotonicMs">,
  ) {
    this.#exchange = exchange;
    this.#clock = clock;
  }

  /** Whether one is being made: whoever can wait applies no further command meanwhile. */
  get isMaking(): boolean {
    return this.#made !== undefined;
  }

  /** Makes one, or waits for that which is being made. */
  make(): Promise<StateDigest> {
    this.#made ??= this.#make().finally(() => {
      this.#made = undefined;
    });
    return this.#made;
  }

  async #make(): Promise<StateDigest> {
    const exchange = this.#exchange;
    const untilMs = this.#clock.monotonicMs() + digestWithinMs;
    for (;;) {
      const { sequence } = exchange;
      const parts = exchange.stateHashInParts();
      while (exchange.sequence === sequence) {
        const { done, value } = parts.next();
        if (done === true) return { sequence, stateHash: value };
        if (this.#clock.monotonicMs() > untilMs) return { sequence, stateHash: undefined };
        await nextTurn();
      }
    }
  }
}
