/**
 * Public market data by request: price, order book, tickers, trades. Lists stand under `result`, as
 * documented, and under `data`, as the live service has them (D-C25).
 */
import { tradeId } from "../../core/ids.ts";
import type { MarketRules } from "../../core/market/rules.ts";
import type { ListedMarket, MarketBoardView } from "../../marketdata/market-board.ts";
import type { DepthLevel, DepthUpdate, PublicTrade } from "../../marketdata/updates.ts";
import type { RestReply, RestRequest } from "../../ports/rest.ts";
import { tradedTexts } from "./encode.ts";
import {
  moneyText16,
  priceText,
  priceText16,
  quantityText,
  quantityText16,
  seconds,
} from "./format.ts";
import { faultyReply, refusalReply, reply } from "./rest-errors.ts";
import { checkInput, outOfRange } from "./rest-validation.ts";
import { bookQuery, symbolQuery } from "./schemas.ts";

/** Most price levels of one side of an order book. */
export const bookLevelsMax = 200;

const millisecondUs = 1_000;
const secondMs = 1_000;

/** The last price of one market. */
export function showPrice(board: MarketBoardView, request: RestRequest): RestReply {
  const checked = checkInput(symbolQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const market = checked.fields.symbol;
  if (board.market(market) === undefined) return refusalReply("unknown-market", { market });
  const last = board.lastPrice(market);
  // There is no number that would be true of a market that never traded.
  if (last === undefined) return refusalReply("no-price-yet", { market });
  return reply(200, { price: priceText(last, last.price) });
}

/** The book of one market as it is now, best prices first. */
export function showBook(board: MarketBoardView, request: RestRequest, nowMs: number): RestReply {
  const market = request.params["pair"] ?? "";
  const checked = checkInput(bookQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const { level } = checked.fields;
  if (level >= board.depthScales) {
    const message = outOfRange(0, board.depthScales - 1);
    return faultyReply([{ property: "level", value: String(level), message }]);
  }
  const depth = board.depth(market, level, bookLevelsMax);
  if (depth === undefined) return refusalReply("unknown-market", { market });
  return twiceReply({
    timestamp: String(Math.floor(nowMs / secondMs)),
    bids: levels(depth, depth.bids),
    asks: levels(depth, depth.asks),
  });
}

function levels(units: DepthUpdate, side: readonly DepthLevel[]): readonly object[] {
  return side.slice(0, bookLevelsMax).map(({ price, quantity }) => ({
    price: priceText(units, price),
    quantity: quantityText(units, quantity),
  }));
}

/** Last price and volumes of 24 hours of every market that has ever traded. */
export function listTickers(board: MarketBoardView, nowMs: number): RestReply {
  return twiceReply(board.markets().flatMap((market) => ticker(board, market, nowMs)));
}

function ticker(
  board: MarketBoardView,
  { rules: { code } }: ListedMarket,
  nowMs: number,
): readonly object[] {
  const last = board.lastPrice(code);
  // A client would take a price of 0 for a price, so a market without one is left out.
  if (last === undefined) return [];
  const traded = tradedTexts(board.ticker(code, nowMs * millisecondUs)?.figures);
  const volumes = { base_volume: traded.volume, quote_volume: traded.quoteVolume };
  return [{ currency_pair: code, last_price: priceText(last, last.price), ...volumes }];
}

/** The newest trades of one market first. */
export function listTrades(board: MarketBoardView, request: RestRequest): RestReply {
  const market = request.params["pair"] ?? "";
  const listed = board.market(market);
  if (listed === undefined) return refusalReply("unknown-market", { market });
  const trades = board.recentTrades(market) ?? [];
  return twiceReply(trades.map((trade) => publicTrade(listed.rules, trade)));
}

/** The wire's names of the two volumes are swapped here, and only here (docs/protocols/cryptomus, REST). */
function publicTrade(rules: MarketRules, trade: PublicTrade): object {
  return {
    trade_id: tradeId(trade, "public"),
    price: priceText16(rules, trade.price),
    base_volume: moneyText16(trade.value),
    quote_volume: quantityText16(rules, trade.quantity),
    timestamp: seconds(trade.timeUs),
    type: trade.aggressor,
  };
}

function twiceReply(value: object): RestReply {
  const text = JSON.stringify(value);
  return { status: 200, body: `{"state":0,"result":${text},"data":${text}}` };
}
