/** Stretches of time of which something is known. */

/** From a time to before another one, in microseconds since 1970. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** The same times in as few spans as possible, oldest first. */
export function mergedSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((left, right) => left.fromUs - right.fromUs)) {
    if (span.fromUs >= span.toUs) continue;
    const last = merged.at(-1);
    if (last === undefined || last.toUs < span.fromUs) merged.push(span);
    else merged[merged.length - 1] = { ...last, toUs: Math.max(last.toUs, span.toUs) };
  }
  return merged;
}

/** The parts of a span that none of the others covers, oldest first. */
export function uncoveredSpans({ fromUs, toUs }: Span, spans: readonly Span[]): readonly Span[] {
  const uncovered: Span[] = [];
  let untilUs = fromUs;
  for (const span of mergedSpans(spans)) {
    if (span.fromUs >= toUs) break;
    if (span.fromUs > untilUs) uncovered.push({ fromUs: untilUs, toUs: span.fromUs });
    untilUs = Math.max(untilUs, span.toUs);
  }
  if (untilUs < toUs) uncovered.push({ fromUs: untilUs, toUs });
  return uncovered;
}

/** The part that a span has in common with another one; undefined when there is none. */
export function commonSpan(left: Span, right: Span): Span | undefined {
  const fromUs = Math.max(left.fromUs, right.fromUs);
  const toUs = Math.min(left.toUs, right.toUs);
  return fromUs < toUs ? { fromUs, toUs } : undefined;
}
