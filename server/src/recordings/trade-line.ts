/**
 * Trades of one file on their way into order: they are sorted as far as they are held, and leave in parts
 * that hold all trades of their moments.
 */
import { barIntervalUs } from "../marketdata/bar-update.ts";
import { inEventOrder } from "../marketdata/event-order.ts";
import { batchTradesMax } from "../ports/dataset-store.ts";
import { type RecordedTrade, symbolOf } from "./map.ts";

/** Trades that are held before some leave. */
const heldMax = 60_000;

/** The trades of a file. */
export class TradeLine {
  #held: RecordedTrade[] = [];
  #lastLeftUs = Number.NEGATIVE_INFINITY;
  #isOutOfReach = false;

  /** Whether a trade came that would have had to leave before others that have left. */
  get isOutOfReach(): boolean {
    return this.#isOutOfReach;
  }

  /** Whether more trades are of one moment than are stored at once. */
  get isTooDense(): boolean {
    return this.#held.length > batchTradesMax;
  }

  /** Takes the next trades of the file; answers those that leave, in order. */
  push(trades: readonly RecordedTrade[]): readonly RecordedTrade[] {
    for (const trade of trades) {
      if (trade.eventTimeUs <= this.#lastLeftUs) this.#isOutOfReach = true;
      this.#held.push(trade);
    }
    if (this.#held.length < heldMax) return [];
    const sorted = inEventOrder(this.#held, symbolOf);
    const end = endOfPart(sorted);
    this.#held = sorted.slice(end);
    this.#lastLeftUs = sorted[end - 1]?.eventTimeUs ?? this.#lastLeftUs;
    return sorted.slice(0, end);
  }

  /** The file has ended: answers all that are left. */
  end(): readonly RecordedTrade[] {
    const sorted = inEventOrder(this.#held, symbolOf);
    this.#held = [];
    return sorted;
  }
}

/** Where some trades end that may leave: with a minute, whose bar is made once then, or else with a moment. */
function endOfPart(sorted: readonly RecordedTrade[]): number {
  const half = Math.floor(sorted.length / 2);
  const minuteAt = (at: number) => Math.floor(sorted[at]!.eventTimeUs / barIntervalUs);
  for (let end = half; end < sorted.length; end += 1) {
    if (minuteAt(end) !== minuteAt(end - 1)) return end;
  }
  for (let end = sorted.length - 1; end > 0; end -= 1) {
    if (sorted[end]!.eventTimeUs !== sorted[end - 1]!.eventTimeUs) return end;
  }
  return 0;
}
