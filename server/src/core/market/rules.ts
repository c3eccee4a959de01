/**
 * The rules of one market: steps, limits and band. Names and steps are fixed when the market is added;
 * limits and band can be changed while orders stand. Whether the market is halted is state of the
 * exchange, not a rule.
 */
import { assert } from "../assert.ts";
import { type Decimal, scaleMax } from "../num/decimal.ts";
import { type Atoms, atomsMax, atomsScale } from "../num/money.ts";
import type { Lots, Ticks } from "../num/units.ts";
import type { RejectReason } from "../reject.ts";

/** Which way an order goes: a buy pays quote for base, a sell the other way round. */
export type Side = "buy" | "sell";

/** What an operator decides about a market. */
export interface MarketRules {
  /** Name of the market, `BASE_QUOTE`. */
  readonly code: string;
  /** Code of the currency that is bought and sold. */
  readonly base: string;
  /** Code of the currency that prices are in. */
  readonly quote: string;
  /** Smallest price step, in quote per base. */
  readonly tickSize: Decimal;
  /** Smallest quantity step, in base. */
  readonly lotSize: Decimal;
  /** Smallest and largest quantity of an order. */
  readonly baseMin: Lots;
  readonly baseMax: Lots;
  /** Smallest and largest price × quantity of an order. */
  readonly quoteMin: Atoms;
  readonly quoteMax: Atoms;
  /** How far from the best price a market order may trade, in millionths of that price. */
  readonly marketOrderBandPpm: number;
}

/** Rules that can be changed, also while orders stand: each order is judged by them when it comes. */
export type ChangeableRules = Pick<
  MarketRules,
  "baseMin" | "baseMax" | "quoteMin" | "quoteMax" | "marketOrderBandPpm"
>;

/** What a tick and a lot of a market are worth. */
export type MarketSteps = Pick<MarketRules, "tickSize" | "lotSize">;

/** A band of 100 %: a market order may sell down to the first tick and buy up to twice the best price. */
export const bandPpmMax = 1_000_000;

const ppm = 1_000_000n;
const currencyPattern = /^[A-Z0-9]{1,16}$/;

/** Whether a text can name a currency. */
export function isCurrencyCode(code: string): boolean {
  return currencyPattern.test(code);
}

/** Whether rules make sense; `bad-market-rules` when some step, range or name does not. */
export function checkRules(rules: MarketRules): RejectReason | undefined {
  const good =
    hasGoodNames(rules) && hasGoodSteps(rules) && hasGoodRanges(rules) && hasGoodBand(rules);
  return good ? undefined : "bad-market-rules";
}

function hasGoodNames({ code, base, quote }: MarketRules): boolean {
  return (
    isCurrencyCode(base) && isCurrencyCode(quote) && base !== quote && code === `${base}_${quote}`
  );
}

function hasGoodSteps({ tickSize, lotSize }: MarketRules): boolean {
  // One lot at one tick has to be a whole number of atoms, so that no trade ever rounds.
  return isStep(tickSize) && isStep(lotSize) && tickSize.scale + lotSize.scale <= atomsScale;
}

function isStep({ coefficient, scale }: Decimal): boolean {
  return (
    Number.isSafeInteger(coefficient) &&
    coefficient > 0 &&
    Number.isSafeInteger(scale) &&
    scale >= 0 &&
    scale <= scaleMax
  );
}

function hasGoodRanges(rules: MarketRules): boolean {
  const { baseMin, baseMax, quoteMin, quoteMax } = rules;
  return (
    Number.isSafeInteger(baseMin) &&
    Number.isSafeInteger(baseMax) &&
    baseMin >= 1 &&
    baseMin <= baseMax &&
    BigInt(baseMax) * lotAtoms(rules) <= atomsMax &&
    quoteMin >= 0n &&
    quoteMin <= quoteMax &&
    quoteMax <= atomsMax
  );
}

function hasGoodBand({ marketOrderBandPpm }: MarketRules): boolean {
  return (
    Number.isSafeInteger(marketOrderBandPpm) &&
    marketOrderBandPpm >= 0 &&
    marketOrderBandPpm <= bandPpmMax
  );
}

/** Base atoms in one lot. */
export function lotAtoms({ lotSize }: Pick<MarketRules, "lotSize">): bigint {
  return stepAtoms(lotSize);
}

/** Quote atoms that one base unit costs at a price of one tick. */
export function tickAtoms({ tickSize }: Pick<MarketRules, "tickSize">): bigint {
  return stepAtoms(tickSize);
}

function stepAtoms(step: Decimal): bigint {
  assert(step.scale <= atomsScale, "a step is a whole number of atoms");
  return BigInt(step.coefficient) * 10n ** BigInt(atomsScale - step.scale);
}

/** Quote atoms of one lot at a price of one tick. */
export function notionalAtoms({ tickSize, lotSize }: MarketSteps): bigint {
  const places = atomsScale - tickSize.scale - lotSize.scale;
  assert(places >= 0, "one lot at one tick is a whole number of atoms");
  return BigInt(tickSize.coefficient) * BigInt(lotSize.coefficient) * 10n ** BigInt(places);
}

/** Worst price at which a market order may trade when `best` is the best price on the other side. */
export function bandLimit(rules: MarketRules, takerSide: Side, best: Ticks): Ticks {
  const band = BigInt(rules.marketOrderBandPpm);
  if (takerSide === "buy") {
    const highest = (BigInt(best) * (ppm + band)) / ppm;
    const capped = highest < Number.MAX_SAFE_INTEGER ? Number(highest) : Number.MAX_SAFE_INTEGER;
    return capped as Ticks;
  }
  const lowest = (BigInt(best) * (ppm - band) + ppm - 1n) / ppm;
  return (lowest > 1n ? Number(lowest) : 1) as Ticks;
}
