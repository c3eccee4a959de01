/**
 * Answers queries from the board (D-C8), or says what the store is to be asked: WhiteBIT's parameters, the shapes of this protocol's updates.
 * A market that never traded has no price, ticker or candles: the answer is null or an empty list.
 */

import { parseId, tradeId } from "../../core/ids.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { depthScalesOf } from "../../marketdata/depth-scales.ts";
import { type MarketBoardView, recentTradesMax } from "../../marketdata/market-board.ts";
import type { StoredBars } from "../../ports/dataset-reader.ts";
import type { Unanswered } from "../../ports/history.ts";
import { candleText, lastPriceText, sidesText, tickerText, tradeFields } from "./encode.ts";
import type { StreamError } from "./errors.ts";
import { seconds } from "./format.ts";
import type { QueryMethod } from "./messages.ts";
import { type CandleQuestion, findCandles, joinCandles, type StoredPart } from "./past-candles.ts";
import { intervalHint, isInterval } from "./topics.ts";

/** Most levels of each side that `depth_request` is answered with. */
export const depthLevelsMax = 100;

/** The only period of `ticker_request`, in seconds. */
const tickerPeriodS = 86_400;

/** What a query is answered from. */
export interface AnswerScope {
  readonly board: MarketBoardView;
  readonly nowMs: number;
}

/** `data` of the reply as JSON, what has to be asked first, or why there is none. */
export type Answer = { readonly data: string } | PastQuestion | StreamError;

/** Candles that only the store knows, and how it is asked for them. */
export interface PastQuestion {
  readonly question: CandleQuestion;
  readonly part: StoredPart;
}

/** The parameters of each query, as messages name them. */
const usages: Readonly<Record<QueryMethod, string>> = {
  ping: "[]",
  time: "[]",
  lastprice_request: "[market]",
  ticker_request: "[market, 86400]",
  market_request: "[market, 86400]",
  depth_request: "[market, limit, scale]",
  trades_request: "[market, limit, largestId]",
  candles_request: `[market, start, end, interval], times in seconds, ${intervalHint}`,
};

/** Answers one query. */
export function answerQuery(
  method: QueryMethod,
  params: readonly unknown[],
  scope: AnswerScope,
): Answer {
  if (method === "ping") return { data: "null" };
  if (method === "time") return { data: String(seconds(scope.nowMs * 1000)) };
  const [market, ...rest] = params;
  if (market === undefined) return { reason: "invalid-params", usage: usages[method] };
  const rules = typeof market === "string" ? scope.board.market(market)?.rules : undefined;
  if (rules === undefined) return { reason: "unknown-market", subjects: [shown(market)] };
  const query = { ...scope, rules, rest };
  const answer =
    method === "candles_request" ? candlesAnswer(query) : dataOf(marketAnswer(method, query));
  return answer ?? { reason: "invalid-params", usage: usages[method] };
}

function dataOf(data: string | undefined): Answer | undefined {
  return data === undefined ? undefined : { data };
}

/** A parameter as a message repeats it; of an object or array no more than that it is one. */
function shown(param: unknown): string {
  if (Array.isArray(param)) return "[…]";
  return typeof param === "object" && param !== null ? "{…}" : String(param);
}

/** A query about one market. */
interface MarketQuery extends AnswerScope {
  readonly rules: MarketRules;
  /** The parameters behind the market. */
  readonly rest: readonly unknown[];
}

/** Undefined where the parameters are not those of the method. */
function marketAnswer(
  method: Exclude<QueryMethod, "ping" | "time" | "candles_request">,
  query: MarketQuery,
): string | undefined {
  switch (method) {
    case "lastprice_request":
      return lastPriceAnswer(query);
    case "ticker_request":
    case "market_request":
      return tickerAnswer(query);
    case "depth_request":
      return depthAnswer(query);
    case "trades_request":
      return tradesAnswer(query);
  }
}

function lastPriceAnswer({ board, rules, rest }: MarketQuery): string | undefined {
  if (rest.length > 0) return undefined;
  const update = board.lastPrice(rules.code);
  return update === undefined ? "null" : `"${lastPriceText(update)}"`;
}

function tickerAnswer({ board, nowMs, rules, rest }: MarketQuery): string | undefined {
  const [period = tickerPeriodS, ...others] = rest;
  if (period !== tickerPeriodS || others.length > 0) return undefined;
  const update = board.ticker(rules.code, nowMs * 1000);
  return update === undefined ? "null" : tickerText(update);
}

function depthAnswer({ board, rules, rest }: MarketQuery): string | undefined {
  const [limit = depthLevelsMax, scale = 0, ...others] = rest;
  const depthScale = readScale(rules, board.depthScales, scale);
  if (!isCount(limit, depthLevelsMax) || depthScale === undefined || others.length > 0) {
    return undefined;
  }
  const update = board.depth(rules.code, depthScale, limit);
  if (update === undefined) return "null";
  return `{"timestamp":${seconds(update.timeUs)},${sidesText(update, limit)}}`;
}

/** A scale index as a number, or as WhiteBIT has it the price step as a text, `"0"` for the finest. */
function readScale(rules: MarketRules, depthScales: number, value: unknown): number | undefined {
  if (value === "0") return 0;
  const steps = depthScalesOf(rules, depthScales).map(({ coefficient, scale }) =>
    formatDecimal(coefficient, scale),
  );
  const index = steps.findIndex((step, candidate) => value === step || value === candidate);
  return index < 0 ? undefined : index;
}

function tradesAnswer({ board, rules, rest }: MarketQuery): string | undefined {
  const [limit = recentTradesMax, largestId, ...others] = rest;
  if (!isCount(limit, recentTradesMax) || others.length > 0) return undefined;
  if (largestId !== undefined && !isTradeId(largestId)) return undefined;
  const items: string[] = [];
  for (const trade of board.recentTrades(rules.code) ?? []) {
    const id = tradeId(trade, "public");
    // Ids grow with time, so all that follow are older than what the client knows.
    if (items.length >= limit || (largestId !== undefined && id <= largestId)) break;
    items.push(`{"id":"${id}",${tradeFields(rules, trade)}}`);
  }
  return `[${items.join(",")}]`;
}

function isTradeId(value: unknown): value is string {
  return typeof value === "string" && parseId(value) !== undefined;
}

function candlesAnswer({ board, rules, rest }: MarketQuery): Answer | undefined {
  const [fromS, toS, intervalS, ...others] = rest;
  const isGood = isTime(fromS) && isTime(toS) && isInterval(intervalS) && others.length === 0;
  if (!isGood || fromS > toS) return undefined;
  const question = { market: rules.code, intervalS, fromS, toS };
  const found = findCandles(board, question);
  if (found.kind === "part") return { question, part: found };
  return { data: candlesText(question, found.candles) };
}

/** Answers a question when the store has answered. */
export function answerFromStore(
  { question, part: { next } }: PastQuestion,
  answer: StoredBars | Unanswered,
  board: MarketBoardView,
): { readonly data: string } | StreamError {
  if ("kind" in answer) {
    return { reason: answer.kind === "busy" ? "too-much-past" : "past-unavailable" };
  }
  const candles = joinCandles(board, question, { next, stored: answer });
  if (candles === undefined) return { reason: "too-much-past" };
  return { data: candlesText(question, candles) };
}

function candlesText({ market }: CandleQuestion, candles: readonly Bar[]): string {
  return `[${candles.map((candle) => candleText(market, candle)).join(",")}]`;
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
