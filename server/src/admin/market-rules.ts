/** The rules of a new market, read from the texts that an administrator writes. It never rounds. */
import Type, { type Static } from "typebox";
import {
  bandPpmMax,
  checkRules,
  isCurrencyCode,
  type MarketRules,
  notionalAtoms,
} from "../core/market/rules.ts";
import { type Decimal, formatDecimal, parseDecimal, rescale } from "../core/num/decimal.ts";
import { type Atoms, atomsMax, atomsScale, formatAtoms, parseAtoms } from "../core/num/money.ts";
import { type Lots, lots } from "../core/num/units.ts";
import { depthScalesMax, depthScalesOf } from "../marketdata/depth-scales.ts";
import { parsePercent, percentToPpmScale } from "./percent.ts";

/** A market as it is asked for; numbers are decimal texts, and what is left out has a default. */
export const marketRequest = Type.Object(
  {
    code: Type.String(),
    tick: Type.String(),
    lot: Type.String(),
    /** Default: one lot. */
    minBase: Type.Optional(Type.String()),
    /** Default: {@link defaultLotsMax} lots. */
    maxBase: Type.Optional(Type.String()),
    minQuote: Type.Optional(Type.String()),
    maxQuote: Type.Optional(Type.String()),
    bandPercent: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** A market as it is asked for. */
export type MarketRequest = Static<typeof marketRequest>;

/** Largest order by default, in lots: a full exchange of them at one price is still a safe integer. */
export const defaultLotsMax = 1_000_000_000;

/** What else is taken where nothing is said. */
export const marketDefaults = { minQuote: "0", maxQuote: "10000000", bandPercent: "5" } as const;

/** The rules; a text says what is wrong with what was asked for. */
export function parseMarketRules(request: MarketRequest): MarketRules | string {
  const names = parseCode(request.code);
  if (typeof names === "string") return names;
  const tickSize = parseStep("tick", request.tick);
  if (typeof tickSize === "string") return tickSize;
  const lotSize = parseStep("lot", request.lot);
  if (typeof lotSize === "string") return lotSize;
  if (tickSize.scale + lotSize.scale > atomsScale) {
    return `tick and lot have ${tickSize.scale + lotSize.scale} decimals together, and may have ${atomsScale}`;
  }
  const sizes = parseSizes(request, lotSize);
  if (typeof sizes === "string") return sizes;
  const values = parseValues(request);
  if (typeof values === "string") return values;
  const marketOrderBandPpm = parseBand(request.bandPercent ?? marketDefaults.bandPercent);
  if (typeof marketOrderBandPpm === "string") return marketOrderBandPpm;
  const rules = { ...names, tickSize, lotSize, ...sizes, ...values, marketOrderBandPpm };
  if (checkRules(rules) !== undefined) {
    return `the largest order has more than ${formatAtoms(atomsMax)} ${names.base}: choose a smaller max-base`;
  }
  return unfitRules(rules, request) ?? rules;
}

/** Why a market of these rules could not be shown, or nobody could order anything in it. */
function unfitRules(rules: MarketRules, { tick, lot }: MarketRequest): string | undefined {
  if (
    depthScalesOf(rules, depthScalesMax).some(
      ({ coefficient }) => !Number.isSafeInteger(coefficient),
    )
  ) {
    return `tick: "${tick}" has too many digits: depth is also shown in steps of 100000 ticks, which have to be at most ${Number.MAX_SAFE_INTEGER} of its last digit`;
  }
  const leastValue = notionalAtoms(rules) * BigInt(rules.baseMin);
  if (leastValue > rules.quoteMax) {
    return `max-quote: the smallest order is worth at least ${formatDecimal(leastValue, atomsScale)} ${rules.quote}, one tick ${tick} for min-base, and max-quote is ${formatAtoms(rules.quoteMax)}: choose a larger one, or a smaller tick, lot ${lot} or min-base`;
  }
  const mostValue = BigInt(rules.baseMax) * notionalAtoms(rules) * BigInt(Number.MAX_SAFE_INTEGER);
  if (mostValue < rules.quoteMin) {
    return `min-quote: no order can be worth ${formatAtoms(rules.quoteMin)} ${rules.quote}: choose a smaller one, or a larger tick, lot or max-base`;
  }
  return undefined;
}

/** The names of a market's code; a text says what a code looks like. */
export function parseCode(code: string): Pick<MarketRules, "code" | "base" | "quote"> | string {
  const [base = "", quote = "", ...more] = code.split("_");
  const isCode = isCurrencyCode(base) && isCurrencyCode(quote) && base !== quote;
  if (isCode && more.length === 0) return { code, base, quote };
  return `"${code}" is no market code: write two different currencies of 1 to 16 of A-Z and 0-9, as BTC_USDT`;
}

function parseStep(name: string, text: string): Decimal | string {
  const step = parseDecimal(text);
  const isStep = typeof step === "object" && step.coefficient > 0 && step.scale <= atomsScale;
  return isStep
    ? step
    : `${name}: "${text}" is no step: write a number above 0 with at most ${atomsScale} decimals`;
}

function parseSizes(
  { minBase, maxBase }: MarketRequest,
  lotSize: Decimal,
): { readonly baseMin: Lots; readonly baseMax: Lots } | string {
  const baseMin = minBase === undefined ? lots(1) : parseLots(minBase, lotSize);
  if (baseMin === undefined) return sizeFault("min-base", minBase, lotSize);
  const baseMax = maxBase === undefined ? lots(defaultLotsMax) : parseLots(maxBase, lotSize);
  if (baseMax === undefined) return sizeFault("max-base", maxBase, lotSize);
  return baseMin <= baseMax ? { baseMin, baseMax } : "min-base is above max-base";
}

function parseLots(text: string, lotSize: Decimal): Lots | undefined {
  const size = parseDecimal(text);
  if (typeof size === "string" || size.coefficient <= 0 || size.scale > lotSize.scale) {
    return undefined;
  }
  const scaled = rescale(size.coefficient, size.scale, lotSize.scale);
  if (scaled === undefined || scaled % lotSize.coefficient !== 0) return undefined;
  return lots(scaled / lotSize.coefficient);
}

function sizeFault(name: string, text: string | undefined, lotSize: Decimal): string {
  const lot = formatDecimal(lotSize.coefficient, lotSize.scale);
  return `${name}: "${text}" is no size: write a multiple of the lot ${lot}`;
}

function parseValues({
  minQuote = marketDefaults.minQuote,
  maxQuote = marketDefaults.maxQuote,
}: MarketRequest): { readonly quoteMin: Atoms; readonly quoteMax: Atoms } | string {
  const quoteMin = parseAtoms(minQuote);
  if (quoteMin === undefined) return `min-quote: "${minQuote}" is no amount: write plain digits`;
  const quoteMax = parseAtoms(maxQuote);
  if (quoteMax === undefined) return `max-quote: "${maxQuote}" is no amount: write plain digits`;
  return quoteMin <= quoteMax ? { quoteMin, quoteMax } : "min-quote is above max-quote";
}

function parseBand(percent: string): number | string {
  const ppm = parsePercent(percent);
  return ppm !== undefined && ppm >= 0 && ppm <= bandPpmMax
    ? ppm
    : `band-percent: "${percent}" is no band: write 0 to 100, with at most ${percentToPpmScale} decimals`;
}
