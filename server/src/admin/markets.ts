/** Adding, halting, resuming and listing markets. */
import Type, { type Static } from "typebox";
import type { MarketRulesSet } from "../core/events.ts";
import { type ChangeableRules, lotAtoms, type MarketRules } from "../core/market/rules.ts";
import { formatDecimal } from "../core/num/decimal.ts";
import { atomsScale, formatAtoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import type { ListedMarket } from "../marketdata/market-board.ts";
import { nearest } from "../ports/nearest.ts";
import { type AdminAnswer, done, refused, takenOr, unavailable } from "./answer.ts";
import { type Change, changesBetween } from "./changes.ts";
import { type MarketRequest, parseMarketRules } from "./market-rules.ts";
import { percentText } from "./percent.ts";
import type { AdminTarget } from "./target.ts";

/** Most codes that a message names. */
const namedMax = 20;

/** Which market to halt or resume. */
export const marketStateRequest = Type.Object(
  { action: Type.Enum(["halt", "resume"]), market: Type.String() },
  { additionalProperties: false },
);

/** Which market to halt or resume. */
export type MarketStateRequest = Static<typeof marketStateRequest>;

/** Which rules of a market are to be what; the others stay, and tick and lot always do. */
export const rulesRequest = Type.Object(
  {
    market: Type.String(),
    minBase: Type.Optional(Type.String()),
    maxBase: Type.Optional(Type.String()),
    minQuote: Type.Optional(Type.String()),
    maxQuote: Type.Optional(Type.String()),
    bandPercent: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** Which rules of a market are to be what. */
export type RulesRequest = Static<typeof rulesRequest>;

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
    "market-exists": `there is a market ${rules.code} already; what can be changed of its rules is set with markets set`,
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

/** Changes the sizes, values and band that orders of a market are held to, also while orders stand. */
export async function setMarketRules(
  request: RulesRequest,
  target: AdminTarget,
): Promise<AdminAnswer<{ readonly market: ShownMarket; readonly changed: readonly Change[] }>> {
  const { market: code, ...asked } = request;
  if (Object.keys(asked).length === 0) return refused("name at least one rule to set");
  const markets = await target.markets();
  if ("kind" in markets) return unavailable(markets.reason);
  const market = markets.find(({ rules }) => rules.code === code);
  if (market === undefined) {
    return refused(`there is no market ${code}: ${await marketsLike(code, target)}`);
  }
  // Read as a new market's, so that the same is asked of both, with the same words.
  const { state: _, ...standing } = shown(market);
  const rules = parseMarketRules({ ...standing, ...asked });
  if (typeof rules === "string") return refused(rules);
  const changes = changedRules(asked, rules);
  const released = takenOr(
    await target.submit({ kind: "set-market-rules", market: code, changes }),
    {
      "bad-market-rules": "the rules do not fit those that were set meanwhile: try again",
    },
  );
  if ("kind" in released) return released;
  const set = released.events.find(
    (event): event is MarketRulesSet => event.kind === "market-rules-set",
  );
  const { halted } = market;
  const after = shown({ rules: set?.rules ?? rules, halted });
  const before = shown({ rules: set?.before ?? market.rules, halted });
  return done({ market: after, changed: changesBetween(before, after) });
}

/** Those of some rules that were asked for: the others may be set by somebody else meanwhile. */
function changedRules(
  asked: Omit<RulesRequest, "market">,
  rules: MarketRules,
): Partial<ChangeableRules> {
  const names = {
    minBase: "baseMin",
    maxBase: "baseMax",
    minQuote: "quoteMin",
    maxQuote: "quoteMax",
    bandPercent: "marketOrderBandPpm",
  } as const;
  const entries = (Object.keys(asked) as (keyof typeof asked)[]).map(
    (name) => [names[name], rules[names[name]]] as const,
  );
  return Object.fromEntries(entries);
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
    bandPercent: percentText(marketOrderBandPpm),
  };
}

function baseText(rules: MarketRules, quantity: Lots): string {
  return formatDecimal(BigInt(quantity) * lotAtoms(rules), atomsScale);
}
