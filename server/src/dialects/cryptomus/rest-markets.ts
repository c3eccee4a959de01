/**
 * The public lists of what can be traded: markets in both of their forms, depth scales, assets. They
 * need no signature and tell nothing about anybody.
 */
import { lotAtoms, type MarketRules } from "../../core/market/rules.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import { atomsPerUnit } from "../../core/num/money.ts";
import { depthScalesOf } from "../../marketdata/depth-scales.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { RestReply, RestRequest } from "../../ports/rest.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { moneyText8OrExact, moneyText16 } from "./format.ts";
import { marketId } from "./ids.ts";
import { faultyReply, refusalReply, reply } from "./rest-errors.ts";
import { checkInput } from "./rest-validation.ts";
import { symbolQuery } from "./schemas.ts";

/** What is said about currencies beyond their codes. */
export interface CurrencyWords {
  /** Full names by code; default: well-known names, else the code itself. */
  readonly names?: Readonly<Record<string, string>>;
  /** Networks by code; default: the code in lower case. */
  readonly networks?: Readonly<Record<string, string>>;
}

const wellKnownNames: Readonly<Record<string, string>> = {
  BNB: "BNB",
  BTC: "Bitcoin",
  DOGE: "Dogecoin",
  ETH: "Ethereum",
  EUR: "Euro",
  LTC: "Litecoin",
  POL: "Polygon",
  SHIB: "Shiba Inu",
  SOL: "Solana",
  TRX: "TRON",
  USD: "US Dollar",
  USDC: "USD Coin",
  USDT: "Tether USD",
  XRP: "XRP",
};

/** Where markets are known. */
export interface MarketListParts {
  readonly board: MarketBoardView;
  readonly secrets: Secrets;
  readonly currencies: CurrencyWords;
}

/** The list of the stream's documentation: 16 decimals and full names. */
export function listMarkets(parts: MarketListParts): RestReply {
  const { names = {} } = parts.currencies;
  const nameOf = (code: string) => own(names, code) ?? own(wellKnownNames, code) ?? code;
  const result = parts.board.markets().map(({ rules }) => ({
    ...market(parts, rules, moneyText16),
    baseCurrencyFullName: nameOf(rules.base),
    quoteCurrencyFullName: nameOf(rules.quote),
  }));
  return reply(200, { result });
}

/** The list of the trading documentation: 8 decimals where those are exact, and no full names. */
export function listPairs(parts: MarketListParts): RestReply {
  const result = parts.board.markets().map(({ rules }) => market(parts, rules, moneyText8OrExact));
  return reply(200, { result });
}

function market(
  { secrets }: MarketListParts,
  rules: MarketRules,
  sizeText: (atoms: bigint) => string,
): object {
  return {
    id: marketId(rules.code, secrets),
    symbol: rules.code,
    baseCurrency: rules.base,
    quoteCurrency: rules.quote,
    baseMinSize: sizeText(BigInt(rules.baseMin) * lotAtoms(rules)),
    quoteMinSize: sizeText(rules.quoteMin),
    baseMaxSize: sizeText(BigInt(rules.baseMax) * lotAtoms(rules)),
    quoteMaxSize: sizeText(rules.quoteMax),
    basePrec: String(rules.lotSize.scale),
    quotePrec: String(rules.tickSize.scale),
  };
}

/** The price steps by which the depth of a market can be grouped. */
export function listScales({ board }: MarketListParts, request: RestRequest): RestReply {
  const checked = checkInput(symbolQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const { symbol } = checked.fields;
  const listed = board.market(symbol);
  if (listed === undefined) return refusalReply("unknown-market", { market: symbol });
  const steps = depthScalesOf(listed.rules, board.depthScales);
  const data = steps.map(({ coefficient, scale }, index) => ({
    scale: formatDecimal(coefficient, scale),
    index,
  }));
  return reply(200, { status: "success", message: "success", data });
}

/** Bounds of deposits and withdrawals; they are the operator's to make, so these keep nobody out. */
const transferMin = moneyText8OrExact(atomsPerUnit / 10n ** 8n);
const transferMax = moneyText8OrExact(10_000_000_000n * atomsPerUnit);

/** One entry for each currency. */
export function listAssets({ board, currencies }: MarketListParts): RestReply {
  const { networks = {} } = currencies;
  const result = board.currencies().map((code) => ({
    currency_code: code,
    network_code: own(networks, code) ?? code.toLowerCase(),
    can_withdraw: true,
    can_deposit: true,
    min_withdraw: transferMin,
    max_withdraw: transferMax,
    max_deposit: transferMax,
    min_deposit: transferMin,
  }));
  return reply(200, { state: 0, result });
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
