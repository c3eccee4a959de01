/**
 * Trades of one file on their way into order: they are sorted as far as they are held, and leave in parts
 * that hold all trades of their moments.
 */
import { inEventOrder } from "../marketdata/event-order.ts";
import type { RecordedTrade } from "./map.ts";

/** Trades that are held before some leave. */
export const heldMax = 60_000;

/** The trades of a file. */
export class TradeLine {
  readonly #heldMax: number;
  #held: RecordedTrade[] = [];
  #lastLeftUs = Number.NEGATIVE_INFINITY;
  #isOutOfReach = false;

  constructor(most: number = heldMax) {
    this.#heldMax = most;
  }

  /** Whether a trade came that would have had to leave before others that have left. */
  get isOutOfReach(): boolean {
    return this.#isOutOfReach;
  }

  /** Takes the next trades of the file; answers those that leave, in order. */
  push(trades: readonly RecordedTrade[]): readonly RecordedTrade[] {
    for (const trade of trades) {
      if (trade.eventTimeUs <= this.#lastLeftUs) this.#isOutOfReach = true;
      this.#held.push(trade);
    }
    return this.#held.length < this.#heldMax ? [] : this.#leave(this.#heldMax / 2);
  }

  /** The file has ended: answers all that are left. */
  end(): readonly RecordedTrade[] {
    return this.#leave(this.#held.length);
  }

  #leave(count: number): readonly RecordedTrade[] {
    const sorted = inEventOrder(this.#held);
    let end = Math.floor(count);
    // Trades of one moment leave together.
    while (end < sorted.length && sorted[end]!.eventTimeUs === sorted[end - 1]?.eventTimeUs)
      end += 1;
    this.#held = sorted.slice(end);
    this.#lastLeftUs = sorted[end - 1]?.eventTimeUs ?? this.#lastLeftUs;
    return sorted.slice(0, end);
  }
}
