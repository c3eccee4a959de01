/** What is not known of a time, and why, from what is: for every reader of the past of datasets. */
import { commonSpan, type Span, uncoveredSpans } from "../marketdata/bars/span.ts";
import type { UnknownSpan } from "./dataset-reader.ts";

/**
 * The parts of a range that none of the known spans covers, oldest first, with the reasons of the gaps. Where
 * several gaps say why, each does, the shorter first where they begin together. Spans and gaps are those that concern who asks.
 */
export function unknownSpans(
  range: Span,
  known: readonly Span[],
  gaps: readonly (Span & { readonly reason: string })[],
): readonly UnknownSpan[] {
  const missing = uncoveredSpans(range, known);
  const reasons = missing.map((): UnknownSpan[] => []);
  for (const { reason, ...gap } of gaps) {
    for (let at = firstReaching(missing, gap.fromUs); at < missing.length; at += 1) {
      const common = commonSpan(missing[at]!, gap);
      if (common === undefined) break;
      reasons[at]!.push({ ...common, reason });
    }
  }
  return missing.flatMap((span, at) => {
    const said = reasons[at]!;
    const unsaid = uncoveredSpans(span, said).map((each) => ({ ...each, reason: undefined }));
    return [...said, ...unsaid].toSorted(
      (left, right) => left.fromUs - right.fromUs || left.toUs - right.toUs,
    );
  });
}

/** Index of the first of some disjoint spans, oldest first, that ends after a time. */
function firstReaching(spans: readonly Span[], timeUs: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle]!.toUs <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
