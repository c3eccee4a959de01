/**
 * The REST side of the protocol: one row for each operation, with what it takes in, what it answers
 * and who may ask. The work is done in the `rest-*` modules; nothing is kept between requests.
 */
import type { StreamDoor } from "../../access/identity.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import { anybody, type RestReply, type RestRoute, upgradeRequired } from "../../ports/rest.ts";
import type { Secrets } from "../../ports/secrets.ts";
import type { TradingDesk } from "../../ports/trading-desk.ts";
import { streamPaths } from "./messages.ts";
import { type SignedCall, signature, signed, signedWithoutBody } from "./rest-access.ts";
import { issueToken, listBalances, showTariffs } from "./rest-account.ts";
import type { DeskParts } from "./rest-desk.ts";
import { failedReply, reply, timePath } from "./rest-errors.ts";
import { listTickers, listTrades, showBook, showPrice } from "./rest-market-data.ts";
import {
  type CurrencyWords,
  listAssets,
  listMarkets,
  listPairs,
  listScales,
} from "./rest-markets.ts";
import { listClosedOrders, listOpenOrders } from "./rest-order-lists.ts";
import { cancel, placeLimit, placeMarket } from "./rest-orders.ts";
import { quoted } from "./rest-validation.ts";
import {
  balanceQuery,
  bookQuery,
  limitOrderBody,
  marketOrderBody,
  orderParams,
  ordersQuery,
  pairParams,
  symbolQuery,
  tariffsQuery,
} from "./schemas.ts";
import {
  assetsReply,
  balancesReply,
  bookReply,
  cancelledReply,
  closedOrdersReply,
  createdReply,
  marketsReply,
  openOrdersReply,
  pairsReply,
  priceReply,
  scalesReply,
  tariffsReply,
  tickersReply,
  timeReply,
  tokenReply,
  tradesReply,
} from "./schemas-replies.ts";
import type { SigningAuthenticator } from "./signing.ts";

/** What the routes work with. */
export interface CryptomusRestOptions {
  readonly board: MarketBoardView;
  readonly desk: TradingDesk;
  readonly authenticator: SigningAuthenticator;
  readonly door: StreamDoor;
  readonly secrets: Secrets;
  /** Market time in milliseconds, which replies tell; the time that routes are given when left out. */
  readonly marketMs?: () => number;
  /** Wall time in milliseconds, which is told to clients; the time of the request when left out. */
  readonly wallMs?: () => number;
  readonly options?: {
    readonly currencies?: CurrencyWords;
  };
}

/** A row of the tables below: a route without what all rows of its table have in common. */
type Row = Omit<RestRoute, "tag" | "security">;

/** The routes, for the HTTP adapter to serve. */
export function cryptomusRoutes(parts: CryptomusRestOptions): readonly RestRoute[] {
  const all = [
    ...marketRows(parts).map((row) => ({ ...row, security: anybody })),
    ...orderRows(parts).map((row) => ({ ...row, security: signature })),
    ...accountRows(parts).map((row) => ({ ...row, security: signature })),
  ];
  return all.map((row) => ({ ...row, tag: "Cryptomus" }));
}

function marketRows(parts: CryptomusRestOptions): readonly Row[] {
  const { board, secrets, wallMs, options } = parts;
  const lists = { board, secrets, currencies: options?.currencies ?? {} };
  const price = (path: string): Row => ({
    method: "GET",
    path,
    summary: "Last price of a market.",
    querySchema: symbolQuery,
    replySchema: priceReply,
    handle: (request) => showPrice(board, request),
  });
  return [
    {
      method: "GET",
      path: "/v1/exchange/market",
      summary: "All markets, with the full names of their currencies.",
      replySchema: marketsReply,
      handle: () => listMarkets(lists),
    },
    {
      method: "GET",
      path: "/v2/user-api/exchange/markets",
      summary: "All markets.",
      replySchema: pairsReply,
      handle: () => listPairs(lists),
    },
    {
      method: "GET",
      path: "/api/v2/symbol-scales",
      summary: "Price steps by which the depth of a market can be grouped.",
      querySchema: symbolQuery,
      replySchema: scalesReply,
      handle: (request) => listScales(lists, request),
    },
    price("/v2/user-api/exchange/markets/price"),
    price("/v2/user-api/exchange/market/price"),
    {
      method: "GET",
      path: timePath,
      summary: "The server's time, as requests signed with HMAC-SHA-256 are stamped.",
      replySchema: timeReply,
      handle: (_request, nowMs) => reply(200, { result: { timestamp: wallMs?.() ?? nowMs } }),
    },
    {
      method: "GET",
      path: "/v1/exchange/market/assets",
      summary: "All currencies.",
      replySchema: assetsReply,
      handle: () => listAssets(lists),
    },
    ...tradingRows(parts),
  ];
}

/** What is offered and what was traded. */
function tradingRows({ board, marketMs }: CryptomusRestOptions): readonly Row[] {
  return [
    {
      method: "GET",
      path: "/v1/exchange/market/order-book/:pair",
      summary: "Order book of a market.",
      paramsSchema: pairParams,
      querySchema: bookQuery,
      replySchema: bookReply,
      handle: (request, nowMs) => showBook(board, request, marketMs?.() ?? nowMs),
    },
    {
      method: "GET",
      path: "/v1/exchange/market/tickers",
      summary: "Last price and 24-hour volumes of every market that has traded.",
      replySchema: tickersReply,
      handle: (_request, nowMs) => listTickers(board, marketMs?.() ?? nowMs),
    },
    {
      method: "GET",
      path: "/v1/exchange/market/trades/:pair",
      summary: "Newest trades of a market.",
      paramsSchema: pairParams,
      replySchema: tradesReply,
      handle: (request) => listTrades(board, request),
    },
  ];
}

function orderRows({ board, desk, authenticator }: CryptomusRestOptions): readonly Row[] {
  const parts = { board, desk };
  type Answer = (parts: DeskParts, call: SignedCall) => Promise<RestReply>;
  const withBody = (answer: Answer) => signed(authenticator, (call) => answer(parts, call));
  const plain = (answer: Answer) => signedWithoutBody(authenticator, (call) => answer(parts, call));
  return [
    {
      method: "POST",
      path: "/v2/user-api/exchange/orders",
      summary: "Place a limit order.",
      bodySchema: limitOrderBody,
      replySchema: createdReply,
      handle: withBody(placeLimit),
    },
    {
      method: "POST",
      path: "/v2/user-api/exchange/orders/market",
      summary: "Place a market order.",
      bodySchema: marketOrderBody,
      replySchema: createdReply,
      handle: withBody(placeMarket),
    },
    {
      method: "DELETE",
      path: "/v2/user-api/exchange/orders/:orderId",
      summary: "Cancel an open order.",
      paramsSchema: orderParams,
      replySchema: cancelledReply,
      handle: plain(cancel),
    },
    {
      method: "GET",
      path: "/v2/user-api/exchange/orders",
      summary: "Open orders, newest first.",
      querySchema: ordersQuery,
      replySchema: openOrdersReply,
      handle: plain(listOpenOrders),
    },
    {
      method: "GET",
      path: "/v2/user-api/exchange/orders/history",
      summary: "Closed orders with their fills, newest first.",
      querySchema: ordersQuery,
      replySchema: closedOrdersReply,
      handle: plain(listClosedOrders),
    },
  ];
}

function accountRows(options: CryptomusRestOptions): readonly Row[] {
  const { board, desk, door, authenticator } = options;
  const parts = { board, desk };
  const tariffs = (path: string): Row => ({
    method: "GET",
    path,
    summary: "Fee steps, your own one and your turnover.",
    querySchema: tariffsQuery,
    replySchema: tariffsReply,
    handle: signedWithoutBody(authenticator, (call) => showTariffs(parts, call)),
  });
  return [
    {
      method: "GET",
      path: "/v2/user-api/exchange/account/web-socket/token",
      summary: "A one-time token for the stream.",
      replySchema: tokenReply,
      handle: signedWithoutBody(authenticator, (call) => issueToken(door, call)),
    },
    {
      method: "GET",
      path: "/v2/user-api/exchange/account/balance",
      summary: "What you have, and what of it orders hold.",
      querySchema: balanceQuery,
      replySchema: balancesReply,
      handle: signedWithoutBody(authenticator, (call) => listBalances(parts, call)),
    },
    tariffs("/v2/user-api/exchange/account/tariffs"),
    tariffs("/v2/user-api/account/tariffs"),
  ];
}

const pathPrefixes = ["/v1/exchange", "/v2/user-api", "/api/v2"];

/** Whether requests on this path expect answers in the words of this protocol. */
export function isCryptomusPath(path: string): boolean {
  const isBelow = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`);
  return streamPaths.includes(path) || pathPrefixes.some(isBelow);
}

/** The reply for a path that nothing serves. */
export function cryptomusNotFound(path: string): RestReply {
  if (streamPaths.includes(path)) {
    return { ...failedReply(426, "This is the address of a WebSocket."), headers: upgradeRequired };
  }
  return failedReply(404, `Path ${quoted(path)} not found.`);
}
