/**
 * Trading fees: maker and taker rates by 30-day turnover, taken from the received asset (protocol
 * 3.5, D-C40). A fee rounds up and a rebate rounds down, so rounding never creates money.
 */
import { assert } from "../assert.ts";
import { type Atoms, atoms, mulDivDown, mulDivUp } from "../num/money.ts";

/** One step of the schedule. */
export interface FeeStep {
  /** Turnover of the last 30 days, in the reference currency, from which this step applies. */
  readonly fromTurnover: Atoms;
  /** Millionths of the received amount: 800 is 0.08 %. A negative rate is a rebate. */
  readonly makerPpm: number;
  readonly takerPpm: number;
}

/** The fees of the whole exchange. */
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
const unit = 10n ** 16n;

/** The steps on record (protocol 3.5). */
export const standardFees: FeeSchedule = {
  referenceCurrency: "USDT",
  steps: [
    { fromTurnover: atoms(0n), makerPpm: 800, takerPpm: 1000 },
    { fromTurnover: atoms(100_001n * unit), makerPpm: 600, takerPpm: 950 },
    { fromTurnover: atoms(250_001n * unit), makerPpm: 550, takerPpm: 850 },
    { fromTurnover: atoms(500_001n * unit), makerPpm: 500, takerPpm: 750 },
    { fromTurnover: atoms(2_500_001n * unit), makerPpm: 400, takerPpm: 700 },
  ],
};

/** Stops when a schedule, which is configuration and not input, is not a good one. */
export function assertFeeSchedule({ steps }: FeeSchedule): void {
  assert(steps.length >= 1 && steps.length <= feeStepsMax, "a fee schedule has 1 to 100 steps");
  assert(steps[0]?.fromTurnover === 0n, "the first fee step starts at no turnover");
  for (const [index, step] of steps.entries()) {
    const previous = steps[index - 1];
    assert(
      previous === undefined || previous.fromTurnover < step.fromTurnover,
      "each fee step starts above the one before",
    );
    assert(isRate(step.makerPpm) && isRate(step.takerPpm), "a fee rate is between -100 and 100 %");
  }
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
  return ratePpm > 0 ? (mulDivUp(received, BigInt(ratePpm), ppm) as Atoms) : atoms(0n);
}

/** Rebate on a received amount, rounded down; 0 where the rate is not negative. */
export function rebateOn(received: Atoms, ratePpm: number): Atoms {
  return ratePpm < 0 ? (mulDivDown(received, BigInt(-ratePpm), ppm) as Atoms) : atoms(0n);
}
