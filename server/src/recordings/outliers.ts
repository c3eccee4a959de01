/**
 * Finds rows whose times are far from all others: one mistyped time would otherwise drag market time
 * along with it. It looks at rows in the order of their times and knows neither files nor bars.
 */
import type { RecordedTrade } from "./map.ts";

/** A jump of market time that has to be confirmed by other rows, in microseconds: one hour. */
export const jumpUs = 3_600_000_000;

/** A jump that is no longer than so many times the longest other one is how this market trades. */
const usualGapFactor = 10;

/** Rows that stand apart are wild up to this many, or up to one in a hundred; more are a part of the data. */
const wildRowsMin = 16;
const wildRowsShare = 100;

/** What was read before the rows in question. */
export interface EarlierRows {
  readonly count: number;
  /** Time of the last of them; undefined where there are none. */
  readonly lastUs: number | undefined;
  /** The longest time between two neighbours. */
  readonly gapUs: number;
  /** The highest line number. */
  readonly lineMax: number;
}

type Rows = readonly RecordedTrade[];

/** Most rows of `count` that can be wild: there have to be twice as many others, and one more. */
function wildMax(count: number): number {
  return Math.min(
    Math.max(wildRowsMin, Math.floor(count / wildRowsShare)),
    Math.floor((count - 1) / 3),
  );
}

function isJump(gapUs: number, longestUs: number): boolean {
  return gapUs > jumpUs && gapUs > usualGapFactor * longestUs;
}

/**
 * How many rows at the start of a file are wild: so far before the others that a jump leads from them,
 * while in the file others stood before them. `rows` are in order of time.
 */
export function wildAtStart(rows: Rows): number {
  const most = wildMax(rows.length);
  let longestUs = 0;
  for (let at = rows.length - most - 1; at > 0; at -= 1) {
    const gapUs = rows[at]!.eventTimeUs - rows[at - 1]!.eventTimeUs;
    if (at <= most && isJump(gapUs, longestUs)) {
      const isScattered = lineMax(rows, 0, at) > lineMin(rows, at, rows.length);
      return isScattered ? at : 0;
    }
    longestUs = Math.max(longestUs, gapUs);
  }
  return 0;
}

/**
 * Where the wild rows at the end of a file begin, its last rows in order of time: they follow on a
 * jump, and later lines went back to before it, or none followed at all. `rows.length` where none are.
 */
export function wildAtEnd(rows: Rows, earlier: EarlierRows): number {
  const most = wildMax(earlier.count + rows.length);
  let longestUs = earlier.gapUs;
  let lastUs = earlier.lastUs;
  for (const [at, { eventTimeUs }] of rows.entries()) {
    const gapUs = lastUs === undefined ? 0 : eventTimeUs - lastUs;
    const count = rows.length - at;
    if (count <= most && isJump(gapUs, longestUs)) {
      const before = Math.max(earlier.lineMax, lineMax(rows, 0, at));
      if (count === 1 || lineMin(rows, at, rows.length) < before) return at;
    }
    longestUs = Math.max(longestUs, gapUs);
    lastUs = eventTimeUs;
  }
  return rows.length;
}

function lineMax(rows: Rows, from: number, to: number): number {
  let max = 0;
  for (let at = from; at < to; at += 1) max = Math.max(max, rows[at]!.line);
  return max;
}

function lineMin(rows: Rows, from: number, to: number): number {
  let min = Number.POSITIVE_INFINITY;
  for (let at = from; at < to; at += 1) min = Math.min(min, rows[at]!.line);
  return min;
}
