/** Where on the axis the times lie of which not everything is known. */
import type { Span } from "@openbourse/client";
import type { Point } from "../candles/points.ts";
import type { Band } from "./unknown-band.ts";

/** The places that each span covers; where it has none of its own, the two that it lies between. */
export function bandsOf(
  spans: readonly Span[],
  points: readonly Point[],
  intervalMs: number,
): readonly Band[] {
  return spans.flatMap(({ fromMs, toMs }) => {
    const first = points.findIndex(({ startMs }) => startMs + intervalMs > fromMs);
    const last = points.findLastIndex(({ startMs }) => startMs < toMs);
    if (first < 0 || last < 0) return [];
    const [from, to] = first <= last ? [first, last] : [last, first];
    return [{ fromS: secondsAt(points, from), toS: secondsAt(points, to) }];
  });
}

function secondsAt(points: readonly Point[], index: number): number {
  return Math.floor((points[index]?.startMs ?? 0) / 1_000);
}
