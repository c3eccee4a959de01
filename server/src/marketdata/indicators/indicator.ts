/**
 * What all indicators have in common. An indicator is a pure fold: bars go in, oldest first, and from the
 * `lookBack`th on each of them gives figures. A new bar costs one step, so a chart can follow a stream.
 *
 * Here exact decimals end: indicators are statistics and not money, and their figures are doubles.
 * Conventions (first value, division by zero, how long nothing is said) are those of TA-Lib, whose function each
 * file names. Intervals without trades have no bar, and no indicator knows of them: "14 periods" are 14 bars
 * that exist.
 */
import { assert } from "../../core/assert.ts";

/** Longest period, in bars, that any parameter may name. */
export const periodMax = 500;

/** A bar in doubles. */
export interface PriceBar {
  /** Start of the interval, in microseconds since 1970 (UTC). */
  readonly startUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Which price of a bar is looked at. */
export type SeriesType = "open" | "high" | "low" | "close";

/** How each bar becomes `Output`; undefined as long as too few bars were there. */
export interface Fold<Input, Output> {
  add(input: Input): Output | undefined;
}

/** How figures are made and what has to be read for them. */
export interface Filter<Input, Output> {
  /** Inputs before the first one with an output. */
  readonly lookBack: number;
  /**
   * Inputs after which an output no longer shows where the fold began: it differs by less than a millionth of
   * how far apart the prices before it were. At least `lookBack`.
   */
  readonly warmUp: number;
  begin(): Fold<Input, Output>;
}

/** An indicator with all its parameters; its figures stand in a fixed order that its file names. */
export type Indicator<Figures extends readonly number[] = readonly number[]> = Filter<
  PriceBar,
  Figures
>;

/** A natural logarithm: what is left of a difference after a warm-up is e^-14, less than a millionth. */
export const warmUpExponent = 14;

/**
 * Inputs that a warm-up takes where each step keeps at most the part `1 - weight` of a difference, in as many
 * smoothings as feed each other. Each further one adds a little more than the time constant of a smoothing.
 */
export function decayLength(weight: number, smoothings = 1): number {
  return Math.ceil((warmUpExponent + 4 * (smoothings - 1)) / weight);
}

/** Checks a period; one out of range is a bug of the caller. */
export function assertPeriod(period: number, min = 1): void {
  assert(Number.isInteger(period) && period >= min, "a period is a count of bars");
  assert(period <= periodMax, "a period is not longer than its maximum");
}
