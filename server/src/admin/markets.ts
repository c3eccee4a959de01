/** Adding, halting, resuming and listing markets. */
import Type, { type Static } from "typebox";
import { lotAtoms, type MarketRules } from "../core/market/rules.ts";
import { formatDecimal } from "../core/num/decimal.ts";
import { atomsScale, formatAtoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import type { ListedMarket } from "../marketdata/market-board.ts";
import { nearest } from "../ports/nearest.ts";
import { type AdminAnswer, done, refused, takenOr, unavailable } from "./answer.ts";
import { type MarketRequest, parseMarketRules } from "./market-rules.ts";
import type { AdminTarget } from "./target.ts";

/** Most codes that a message names. */
const namedMax = 20;

/** Decimals between millionths and a percentage. */
const ppmToPercentScale = 4;

/** Which market to halt or resume. */
export const marketStateRequest = Type.Object(
  { action: Type.Enum(["halt", "resume"]), market: Type.String() },
  { additionalProperties: false },
);

/** Which market to halt or resume. */
export type MarketStateRequest = Static<typeof marketStateRequest>;

/** A market as it is shown, numbers as decimal texts. */
export interface ShownMarket {
  readonly code: string;
  readonly state: "open" | "halted";
  readonly tick: string;
  readonly lot: string;
  readonly minBase: string;
  readonly maxBase: string;
  readonly minQuote: string;
  readonly maxQuote: string;
  readonly bandPercent: string;
}

/** Lists all markets, oldest first. */
export async function listMarkets(
  _request: unknown,
  target: AdminTarget,
): Promise<AdminAnswer<readonly ShownMarket[]>> {
  const markets = await target.markets();
  return "kind" in markets ? unavailable(markets.reason) : done(markets.map(shown));
}

/** Opens a new market. */
export async function addMarket(
  request: MarketRequest,
  target: AdminTarget,
): Promise<AdminAnswer<ShownMarket>> {
  const rules = parseMarketRules(request);
  if (typeof rules === "string") return refused(rules);
  const released = takenOr(await target.submit({ kind: "add-market", rules }), {
    "market-exists": `there is a market ${rules.code} already; the rules of a market cannot be changed`,
    "too-many-markets": "the exchange has as many markets or currencies as it can",
  });
  return "kind" in released ? released : done(shown({ rules, halted: false }));
}

/** Halts or resumes a market; doing it again changes nothing. */
export async function setMarketState(
  { action, market }: MarketStateRequest,
  target: AdminTarget,
): Promise<AdminAnswer<{ readonly market: string; readonly state: ShownMarket["state"] }>> {
  const kind = action === "halt" ? "halt-market" : "resume-market";
  const released = takenOr(await target.submit({ kind, market }), {
    "unknown-market": `there is no market ${market}: ${await marketsLike(market, target)}`,
  });
  if ("kind" in released) return released;
  return done({ market, state: action === "halt" ? "halted" : "open" });
}

/** Names the currencies that there are, to complete a message. */
export async function currenciesOf(target: AdminTarget): Promise<string> {
  const markets = await target.markets();
  if ("kind" in markets || markets.length === 0) return "add a market of it first";
  const codes = new Set(markets.flatMap(({ rules }) => [rules.base, rules.quote]));
  return `the markets have ${named([...codes])}`;
}

async function marketsLike(code: string, target: AdminTarget): Promise<string> {
  const markets = await target.markets();
  if ("kind" in markets || markets.length === 0) return "there are none yet";
  const codes = markets.map(({ rules }) => rules.code);
  const near = nearest(code, codes);
  return near === undefined ? `there are ${named(codes)}` : `did you mean ${near}?`;
}

function named(codes: readonly string[]): string {
  const more = codes.length - namedMax;
  return codes.slice(0, namedMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function shown({ rules, halted }: ListedMarket): ShownMarket {
  const { code, tickSize, lotSize, quoteMin, quoteMax, marketOrderBandPpm } = rules;
  return {
    code,
    state: halted ? "halted" : "open",
    tick: formatDecimal(tickSize.coefficient, tickSize.scale),
    lot: formatDecimal(lotSize.coefficient, lotSize.scale),
    minBase: baseText(rules, rules.baseMin),
    maxBase: baseText(rules, rules.baseMax),
    minQuote: formatAtoms(quoteMin),
    maxQuote: formatAtoms(quoteMax),
    bandPercent: formatDecimal(marketOrderBandPpm, ppmToPercentScale),
  };
}

function baseText(rules: MarketRules, quantity: Lots): string {
  return formatDecimal(BigInt(quantity) * lotAtoms(rules), atomsScale);
}
