/** What a mirror is told to do, and the check that turns it into exact units and rules. */
import { checkRules, lotAtoms, type MarketRules } from "../../core/market/rules.ts";
import { type Decimal, parseDecimal } from "../../core/num/decimal.ts";
import { type Atoms, atomsMax, parseAtoms } from "../../core/num/money.ts";
import type { Lots } from "../../core/num/units.ts";
import { multiplesOf } from "../../simulation/market.ts";

/** A mirror as an operator writes it; sizes and amounts are decimal texts. */
export interface MirrorOptions {
  /** Code of the market, `BASE_QUOTE`. */
  readonly market: string;
  readonly dataset: string;
  readonly ticker: string;
  /** Steps of the market; needed where the exchange does not have it yet. */
  readonly tickSize?: string;
  readonly lotSize?: string;
  /** Offers on each side. */
  readonly levels: number;
  /** Median size of an offer, in base. */
  readonly size: string;
  /** How far from the outside price the first offer is, and each next one from the one before it, in millionths. */
  readonly spreadPpm: number;
  readonly stepPpm: number;
  readonly seed: number;
  readonly staleSeconds: number;
  readonly whenStale: "pull" | "widen";
  /** How much farther offers are while the source is silent, in millionths. */
  readonly widenPpm: number;
  /** Whether trades outside are repeated as trades of the market. */
  readonly trades: boolean;
  /** What each of the two participants is given at first; by default a hundred times what is offered. */
  readonly base?: string;
  readonly quote?: string;
}

/** A mirror in exact units. */
export interface MirrorSetup {
  readonly options: MirrorOptions;
  readonly rules: MarketRules;
  readonly isMissing: boolean;
  readonly sizeLots: number;
  readonly base: Atoms | undefined;
  readonly quote: Atoms | undefined;
}

/** Largest quantity of an order in a market that is made for a mirror, in lots. */
const baseMaxLots = 1_000_000_000_000n;
const marketOrderBandPpm = 50_000;

/** Checks a mirror against the market that it is for, if that is there; a text says what is wrong. */
export function parseMirror(
  options: MirrorOptions,
  existing: MarketRules | undefined,
): MirrorSetup | string {
  const rules = marketFor(options, existing);
  if (typeof rules === "string") return rules;
  const sizeLots = multiplesOf(rules.lotSize, options.size);
  if (sizeLots === undefined || sizeLots < 1)
    return `size ${options.size} is no multiple of the lot size`;
  if (sizeLots < rules.baseMin || sizeLots > rules.baseMax) {
    return `size ${options.size} is no quantity that the market accepts`;
  }
  const amounts: Partial<Record<"base" | "quote", Atoms>> = {};
  for (const name of ["base", "quote"] as const) {
    const text = options[name];
    if (text === undefined) continue;
    const amount = parseAtoms(text);
    if (amount === undefined || amount === 0n) return `${name} ${text} is no amount of money`;
    amounts[name] = amount;
  }
  const { base, quote } = amounts;
  return { options, rules, isMissing: existing === undefined, sizeLots, base, quote };
}

/** What a market for participants of the outside is to be like. */
export type OutsideMarket = Pick<MirrorOptions, "market" | "tickSize" | "lotSize">;

/** The rules of the market that is there, or of the one that is made; a text says why it cannot be. */
export function marketFor(
  options: OutsideMarket,
  existing: MarketRules | undefined,
): MarketRules | string {
  return existing === undefined ? newRules(options) : stepsFault(options, existing);
}

function newRules({ market, tickSize, lotSize }: OutsideMarket): MarketRules | string {
  if (tickSize === undefined || lotSize === undefined) {
    return `the exchange has no such market: add it (openbourse markets add), or write tickSize and lotSize, and it is made`;
  }
  const [tick, lot] = [stepOf(tickSize), stepOf(lotSize)];
  if (tick === undefined || lot === undefined) return "tickSize and lotSize have to be above 0";
  const [base = "", quote = ""] = market.split("_");
  const most = atomsMax / lotAtoms({ lotSize: lot });
  const rules: MarketRules = {
    code: market,
    ...{ base, quote, tickSize: tick, lotSize: lot, marketOrderBandPpm },
    baseMin: 1 as Lots,
    baseMax: Number(most < baseMaxLots ? most : baseMaxLots) as Lots,
    quoteMin: 0n as Atoms,
    quoteMax: atomsMax,
  };
  return checkRules(rules) === undefined
    ? rules
    : "an exchange does not take its rules: one lot at one tick needs at most 16 decimals, and a code is BASE_QUOTE";
}

/** The rules of the market that is there, or what its steps have to do with those that are written. */
function stepsFault(
  { tickSize, lotSize }: OutsideMarket,
  existing: MarketRules,
): MarketRules | string {
  const isOther = (text: string | undefined, step: Decimal) => {
    const written = text === undefined ? step : stepOf(text);
    return written?.coefficient !== step.coefficient || written.scale !== step.scale;
  };
  return isOther(tickSize, existing.tickSize) || isOther(lotSize, existing.lotSize)
    ? "the exchange has it already, with another tick or lot size: leave tickSize and lotSize out"
    : existing;
}

function stepOf(text: string): Decimal | undefined {
  const step = parseDecimal(text);
  return typeof step === "string" || step.coefficient <= 0 || step.scale > 16 ? undefined : step;
}
