/** Figures of recorded days that are traded, for Prometheus. */
import type { FlowRunner } from "../agents/flow/runner.ts";
import type { Meter } from "../ports/meter.ts";
import { follow, oneAfterAnother } from "./follow.ts";

/** Registers them; the returned task brings them up to date. */
export function dayFigures(meter: Meter, days: readonly FlowRunner[]): () => void {
  if (days.length === 0) return () => {};
  const events = meter.counter("openbourse_day_events_total", "Recorded events that were played.", [
    "market",
  ]);
  const unused = meter.counter(
    "openbourse_day_unused_total",
    "What of a recorded day could not be used as it is, by why.",
    ["market", "kind"],
  );
  const displaced = meter.counter(
    "openbourse_day_displaced_lots_total",
    "Lots that were taken back because users traded in the place of recorded orders.",
    ["market"],
  );
  const tasks = days.flatMap((day) => {
    const { market, counts } = day;
    const kinds = {
      malformed: () => counts.malformed,
      skipped: () => counts.skipped,
      late: () => counts.late,
      gap: () => counts.gaps,
      unknown: () => day.figures?.unknown ?? 0,
      unusable: () => day.figures?.unusable ?? 0,
      snapped: () => day.figures?.snapped ?? 0,
      diverged: () => day.figures?.diverged ?? 0,
      refused: () => day.refused,
    };
    return [
      follow(events, () => day.figures?.events ?? 0, { market }),
      follow(displaced, () => day.figures?.displacedLots ?? 0, { market }),
      ...Object.entries(kinds).map(([kind, read]) => follow(unused, read, { market, kind })),
    ];
  });
  return oneAfterAnother(tasks);
}
