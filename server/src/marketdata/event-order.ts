/** Puts trades into the order of their event times, for sources that send or store them in another. */
import type { Trade } from "./trade.ts";

type Ordered = Pick<Trade, "eventTimeUs" | "id">;

/**
 * Trades by event time, the same array where they are so already. Equal times are ordered by numeric
 * id, else they keep their order; where all came newest first, that order is turned round.
 */
export function inEventOrder<T extends Ordered>(trades: readonly T[]): readonly T[] {
  let ascents = 0;
  let descents = 0;
  for (let at = 1; at < trades.length; at += 1) {
    const step = trades[at]!.eventTimeUs - trades[at - 1]!.eventTimeUs;
    if (step > 0) ascents += 1;
    else if (step < 0) descents += 1;
  }
  if (descents === 0) return trades;
  // Sorting is stable, so what is turned round first stays so where times are equal.
  return (ascents === 0 ? trades.toReversed() : trades.slice()).sort(byEvent);
}

function byEvent(left: Ordered, right: Ordered): number {
  const step = left.eventTimeUs - right.eventTimeUs;
  if (step !== 0) return step;
  return typeof left.id === "number" && typeof right.id === "number" ? left.id - right.id : 0;
}
