/**
 * Where a seek begins to fold: at the beginning of a minute so far back that everything older is final at the moment that
 * it leads to. From there on the bars are those of playing to it.
 */
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import type { FeedContext, StopSignal } from "../../ports/feed.ts";
import type { Mark } from "./marks.ts";
import type { PlayedTape } from "./shared-tape.ts";

/** A seek leads over at least so many rows, or they are played. */
export const leapRowsMin = 4_096;

/** Minutes that are folded besides those that may still change. */
const minutesMore = 2;

type Fold = NonNullable<FeedContext["fold"]>;

/** Finds it; on the way the files are read as far as that is needed, and nothing is played. */
export async function foldStart(
  { tape, marks }: PlayedTape,
  seek: { readonly toUs: number; readonly fold: Fold; readonly signal: StopSignal },
): Promise<Mark> {
  const { toUs, fold, signal } = seek;
  const hasAll = () => tape.end !== undefined || (tape.lastUs ?? Number.NEGATIVE_INFINITY) > toUs;
  // What is stored of a dataset is what was folded of it, so there nothing can be left out for the first time.
  while (!fold.isStored && !hasAll() && !signal.aborted) await tape.read();
  const behind = await tape.placeOf(toUs + 1);
  if (behind === 0) return beginning;
  const last = (await tape.rowsAt(behind - 1))?.trades[0];
  if (last === undefined) return beginning;
  const finalUs = toUs - fold.latenessUs - minutesMore * barIntervalUs;
  const row = await tape.placeOf(startOfMinute(Math.min(finalUs, last.eventTimeUs)));
  return fold.isStored ? marks.before(row) : { row, taken: 0 };
}

const beginning: Mark = { row: 0, taken: 0 };

/** The minute that a moment is in, by its number. */
export function minuteOf(us: number): number {
  return Math.floor(us / barIntervalUs);
}

function startOfMinute(us: number): number {
  return minuteOf(us) * barIntervalUs;
}
