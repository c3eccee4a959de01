/**
 * Trading fees: maker and taker rates by 30-day turnover, taken from the received asset (protocol
 * 3.5, D-C40). A fee rounds up and a rebate rounds down, so rounding never creates money.
 */
import { assert } from "../assert.ts";
import { type Atoms, atomsMax, mulDivDown, mulDivUp, noAtoms } from "../num/money.ts";
import { isCurrencyCode } from "./rules.ts";

/** What the two sides of a trade pay. */
export interface FeeRates {
  /** Millionths of the received amount: 800 is 0.08 %. A negative rate is a rebate. */
  readonly makerPpm: number;
  readonly takerPpm: number;
}

/** One step of the schedule. */
export interface FeeStep extends FeeRates {
  /** Turnover of the last 30 days, in the reference currency, from which this step applies. */
  readonly fromTurnover: Atoms;
}

/**
 * The fees of everybody who has no own ones, in every market that has no own ones: rates of a user come
 * before rates of a market, and those before the step of the user's turnover.
 */
export interface FeeSchedule {
  /** Currency in which turnover is counted. */
  readonly referenceCurrency: string;
  /** At least one step; the first starts at 0 and each next one starts higher. */
  readonly steps: readonly FeeStep[];
}

/** Largest rate in either direction: everything that is received. */
export const feePpmMax = 1_000_000;

/** Most steps of a schedule. */
export const feeStepsMax = 100;

const ppm = 1_000_000n;
/** Whether steps can be a schedule: 1 to 100 of them, from no turnover upwards, with good rates. */
export function areFeeSteps(steps: readonly FeeStep[]): boolean {
  return (
    steps.length >= 1 &&
    steps.length <= feeStepsMax &&
    steps[0]?.fromTurnover === 0n &&
    steps.every((step, index) => {
      const previous = steps[index - 1];
      const rises = previous === undefined || previous.fromTurnover < step.fromTurnover;
      return rises && step.fromTurnover <= atomsMax && areFeeRates(step);
    })
  );
}

/** Whether a schedule is a good one. */
export function isFeeSchedule({ referenceCurrency, steps }: FeeSchedule): boolean {
  return isCurrencyCode(referenceCurrency) && areFeeSteps(steps);
}

/**
 * Whether rates are between -100 and 100 %, so that no fee is more than what was received; a rebate is
 * bounded by what the exchange has collected.
 */
export function areFeeRates({ makerPpm, takerPpm }: FeeRates): boolean {
  return isRate(makerPpm) && isRate(takerPpm);
}

function isRate(ratePpm: number): boolean {
  return Number.isSafeInteger(ratePpm) && Math.abs(ratePpm) <= feePpmMax;
}

/** The step that a turnover reaches. */
export function feeStepFor({ steps }: FeeSchedule, turnover: bigint): FeeStep {
  const step = steps.findLast(({ fromTurnover }) => fromTurnover <= turnover);
  assert(step !== undefined, "the first fee step has no lower bound");
  return step;
}

/** Fee on a received amount, rounded up; 0 where the rate is not positive. Never more than `received`. */
export function feeOn(received: Atoms, ratePpm: number): Atoms {
  return ratePpm > 0 ? (mulDivUp(received, BigInt(ratePpm), ppm) as Atoms) : noAtoms;
}

/** Rebate on a received amount, rounded down; 0 where the rate is not negative. */
export function rebateOn(received: Atoms, ratePpm: number): Atoms {
  return ratePpm < 0 ? (mulDivDown(received, BigInt(-ratePpm), ppm) as Atoms) : noAtoms;
}
