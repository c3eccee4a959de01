/**
 * Lists the orders of a user: the open ones as the exchange has them at this moment, the closed ones
 * as the history tells, with one deal for each order that traded and one transaction for each fill.
 */
import type { OrderView } from "../../core/events.ts";
import { fillsId, orderId, parseId, tradeId } from "../../core/ids.ts";
import { lotAtoms, type MarketRules } from "../../core/market/rules.ts";
import { atomsPerUnit, mulDivDown } from "../../core/num/money.ts";
import { type MarketBoardView, rulesOf } from "../../marketdata/market-board.ts";
import type { FillRecord, HistoryBusy, OrderClosing } from "../../ports/history.ts";
import type { RestReply } from "../../ports/rest.ts";
import type { TradingDesk, Unavailable } from "../../ports/trading-desk.ts";
import { dateTime, moneyText16, priceText, priceText16, quantityText16 } from "./format.ts";
import { orderAmounts, orderState } from "./order-texts.ts";
import type { SignedCall } from "./rest-access.ts";
import { type DeskParts, isUnavailable } from "./rest-desk.ts";
import { accessReply, faultyReply, refusalReply, reply, unavailableReply } from "./rest-errors.ts";
import { checkInput } from "./rest-validation.ts";
import { type OrdersQuery, ordersQuery } from "./schemas.ts";

/** Most transactions that one order is listed with, oldest first; the deal's figures count all. */
export const transactionsPerOrderMax = 1_000;

/** Most transactions of one reply; orders after that have an empty list of them. */
export const transactionsPerReplyMax = 10_000;

/** Fills that are read and written at once: a few milliseconds of work. */
const fillsPerPieceMax = 200;

/** When to ask again while too many of the caller's questions wait, in milliseconds. */
const askAgainMs = 1_000;

/** Answers with the open orders, newest first. */
export async function listOpenOrders(
  { board, desk }: DeskParts,
  { identity, request }: SignedCall,
): Promise<RestReply> {
  const checked = checkInput(ordersQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const query = checked.fields;
  const refusal = refuseMarket(board, query);
  if (refusal !== undefined) return refusal;

  const id = query.order_id === undefined ? undefined : parseId(query.order_id)?.sequence;
  if (query.order_id !== undefined && id === undefined) return reply(200, { result: [] });

  const { market, direction, client_order_id, offset, limit } = query;
  const open = await desk.openOrders(identity.userId, {
    ...{ market, side: direction, id, clientId: client_order_id, offset, limit },
  });
  if (isUnavailable(open)) return unavailableReply(open);
  // The time in an id is part of it: one with another time was never given out.
  const page = open.filter((order) => isAskedFor(order, query));
  return reply(200, {
    result: page.map((order) => openOrder(rulesOf(board, order.market), order)),
  });
}

/** Answers with the closed orders, the last one that ended first. */
export async function listClosedOrders(
  { board, desk }: DeskParts,
  { identity, request }: SignedCall,
): Promise<RestReply> {
  const checked = checkInput(ordersQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const query = checked.fields;
  const refusal = refuseMarket(board, query);
  if (refusal !== undefined) return refusal;
  const id = query.order_id === undefined ? undefined : parseId(query.order_id)?.sequence;
  if (query.order_id !== undefined && id === undefined) return reply(200, { result: [] });

  const records = await desk.closedOrders({
    user: identity.userId,
    market: query.market,
    side: query.direction,
    id,
    clientId: query.client_order_id,
    limit: query.limit,
    offset: query.offset,
  });
  if (!isAnswered(records)) return unansweredReply(records);
  const items: string[] = [];
  let room = transactionsPerReplyMax;
  for (const record of records.filter(({ order }) => isAskedFor(order, query))) {
    const rules = rulesOf(board, record.order.market);
    const fills = await fillsOf({ desk, rules, order: record.order, room });
    if (!isAnswered(fills)) return unansweredReply(fills);
    room -= fills.texts.length;
    items.push(closedOrderText({ rules, ...record, fills }));
  }
  return { status: 200, body: `{"result":[${items.join(",")}]}` };
}

function isAnswered<Answer extends object>(
  answer: Answer | Unavailable | HistoryBusy,
): answer is Answer {
  return !("kind" in answer);
}

function unansweredReply(unanswered: Unavailable | HistoryBusy): RestReply {
  if (unanswered.kind === "unavailable") return unavailableReply(unanswered);
  if (unanswered.asker === "all") return refusalReply("busy");
  return accessReply({ refusal: "too-many-calls", waitMs: askAgainMs });
}

function refuseMarket(board: MarketBoardView, { market }: OrdersQuery): RestReply | undefined {
  const isKnown = market === undefined || board.market(market) !== undefined;
  return isKnown ? undefined : refusalReply("unknown-market", { market });
}

function isAskedFor(order: OrderView, query: OrdersQuery): boolean {
  const matches = (asked: string | undefined, own: string | undefined) =>
    asked === undefined || asked === own;
  return (
    matches(query.market, order.market) &&
    matches(query.direction, order.side) &&
    matches(query.client_order_id, order.clientId) &&
    matches(query.order_id, orderId(order.id, order.createdUs))
  );
}

/** The fills of an order that are listed, each as its text. */
interface ListedFills {
  readonly texts: string[];
  /** Lots of all of them. */
  quantity: number;
  firstUs: number | undefined;
  lastUs: number | undefined;
}

interface FillsAsked {
  readonly desk: TradingDesk;
  readonly rules: MarketRules;
  readonly order: OrderView;
  /** Most fills that the reply has room for. */
  readonly room: number;
}

/** Reads the fills of a closed order piece by piece, so that others have their turn between two. */
async function fillsOf({
  desk,
  rules,
  order,
  room,
}: FillsAsked): Promise<ListedFills | Unavailable | HistoryBusy> {
  const listed: ListedFills = { texts: [], quantity: 0, firstUs: undefined, lastUs: undefined };
  const most = order.filled > 0 ? Math.min(room, transactionsPerOrderMax) : 0;
  let after: FillRecord | undefined;
  while (listed.texts.length < most && listed.quantity < order.filled) {
    const limit = Math.min(most - listed.texts.length, fillsPerPieceMax);
    const piece = await desk.fillsOfClosed({ user: order.user, order: order.id, after, limit });
    if (!isAnswered(piece)) return piece;
    for (const fill of piece) {
      listed.texts.push(JSON.stringify(transaction(rules, fill)));
      listed.quantity += fill.quantity;
    }
    listed.firstUs ??= piece[0]?.timeUs;
    after = piece.at(-1);
    listed.lastUs = after?.timeUs ?? listed.lastUs;
    if (piece.length < limit) break;
  }
  return listed;
}

/** An item of the list of open orders, keys in the order of the sample (docs/protocols/cryptomus, REST). */
function openOrder(rules: MarketRules, order: OrderView): object {
  const { price, quantity, value, filledQuantity, filledValue } = orderAmounts(rules, order);
  return {
    id: orderId(order.id, order.createdUs),
    direction: order.side,
    symbol: order.market,
    price,
    quantity,
    value,
    filledQuantity,
    filledValue,
    createdAt: dateTime(order.createdUs),
    ...optionalFields(rules, order),
  };
}

interface ClosedOrder {
  readonly rules: MarketRules;
  readonly order: OrderView;
  readonly closed: OrderClosing;
  readonly fills: ListedFills;
}

/**
 * An item of the history, keys in the order of the sample; what is not in it stands where it fits. It
 * has no `value`: the service has none either, and ccxt takes that key for what was traded.
 */
function closedOrderText({ rules, order, closed, fills }: ClosedOrder): string {
  const { price, quantity, filledQuantity, filledValue } = orderAmounts(rules, order);
  const fields = {
    id: orderId(order.id, order.createdUs),
    type: order.type,
    direction: order.side,
    symbol: order.market,
    ...(order.type === "limit" ? { price } : {}),
    quantity,
    filledQuantity,
    filledValue,
    ...orderState(closed.reason, order.filled),
    createdAt: dateTime(order.createdUs),
    finishedAt: dateTime(closed.timeUs),
    ...optionalFields(rules, order),
  };
  return extended(
    fields,
    "deal",
    order.filled > 0 ? dealText({ rules, order, closed, fills }) : "null",
  );
}

/** The JSON of an object with one more key at its end, whose value is JSON already. */
function extended(fields: object, key: string, value: string): string {
  return `${JSON.stringify(fields).slice(0, -1)},"${key}":${value}}`;
}

/** Fields that are left out when they are unset (D-C51). The stop price is echoed unpadded. */
function optionalFields(rules: MarketRules, { clientId, stopPrice }: OrderView): object {
  return {
    ...(clientId === undefined ? {} : { clientOrderId: clientId }),
    ...(stopPrice === 0 ? {} : { stopLossPrice: priceText(rules, stopPrice) }),
  };
}

/** All fills of an order together. It is completed with the last of them, or with the order at the latest. */
function dealText({ rules, order, closed, fills }: ClosedOrder): string {
  const isWhole = fills.quantity === order.filled;
  const lastUs = isWhole ? (fills.lastUs ?? closed.timeUs) : closed.timeUs;
  const fields = {
    id: fillsId(order.id, order.createdUs),
    state: "completed",
    createdAt: dateTime(fills.firstUs ?? closed.timeUs),
    completedAt: dateTime(lastUs),
    averageFilledPrice: averagePriceText(rules, order),
  };
  return extended(fields, "transactions", `[${fills.texts.join(",")}]`);
}

/** Value ÷ quantity with 16 decimals, rounded down. */
function averagePriceText(rules: MarketRules, { filled, filledValue }: OrderView): string {
  return moneyText16(mulDivDown(filledValue, atomsPerUnit, BigInt(filled) * lotAtoms(rules)));
}

function transaction(rules: MarketRules, fill: FillRecord): object {
  return {
    id: tradeId(fill, fill.role),
    tradeRole: fill.role,
    filledPrice: priceText16(rules, fill.price),
    filledQuantity: quantityText16(rules, fill.quantity),
    filledValue: moneyText16(fill.value),
    fee: moneyText16(fill.fee),
    feeCurrency: fill.side === "buy" ? rules.base : rules.quote,
    committedAt: dateTime(fill.timeUs),
  };
}
