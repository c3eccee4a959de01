/**
 * The queries of the history. Each walks one index, or merges two, in the order of its answer, so that
 * it reads no more rows than it answers with and skips; none goes through a whole table.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { barFigures } from "./bars.ts";
import { sideCodes } from "./codes.ts";

const buy = sideCodes.numberOf("buy");
const sell = sideCodes.numberOf("sell");

/** What of an order never changes. */
const orderColumns = `placed.id, placed.user, placed.market, side, price, value,
      stop_price AS stopPrice, client_id AS clientId, created_us AS createdUs`;

const selectOrders = `
  SELECT id, user, market, side, price, quantity, value, filled, filled_value AS filledValue,
    stop_price AS stopPrice, client_id AS clientId, created_us AS createdUs,
    close_reason AS closeReason, closed_us AS closedUs, closed_sequence AS closedSequence
  FROM placed_order`;

const pageOfOrders = "ORDER BY closed_sequence DESC, id DESC LIMIT :limit OFFSET :offset";

/** A client id is used again only when its order is over, so these come in the order of their ends. */
const pageOfFew = "ORDER BY id DESC LIMIT :limit OFFSET :offset";

const isClosed = "closed_sequence IS NOT NULL";

/** For the few orders that an id or a client id names. */
const isMatching = `(:market IS NULL OR market = :market) AND (:side IS NULL OR side = :side)
  AND ${isClosed}`;

const ofUser = `${selectOrders} INDEXED BY closed_order_of_user WHERE user = :user AND ${isClosed}`;
const inMarket = `${selectOrders} INDEXED BY closed_order_in_market
  WHERE user = :user AND market = :market AND ${isClosed}`;

/** Both sides of a query that has an index for each. */
function bothSides(query: string): string {
  return `${query} AND side = ${buy} UNION ALL ${query} AND side = ${sell} ${pageOfOrders}`;
}

const bothHalves = "sequence, ordinal, time_us AS timeUs, market, price, quantity, value";

const takerFills = `
  SELECT ${bothHalves}, 0 AS isMaker, sequence AS placedOrder, time_us AS orderCreatedUs,
    taker_user AS user, aggressor AS side, taker_fee AS fee
  FROM trade`;

const makerFills = `
  SELECT ${bothHalves}, 1 AS isMaker, maker AS placedOrder, maker_created_us AS orderCreatedUs,
    maker_user AS user, ${buy} + ${sell} - aggressor AS side, maker_fee AS fee
  FROM trade`;

const isAfter = "(sequence, ordinal) > (:sequence, :ordinal)";
const isBefore = "(sequence, ordinal) < (:sequence, :ordinal)";
const isBetween = `(sequence, ordinal) > (:afterSequence, :afterOrdinal)
  AND (sequence, ordinal) < (:beforeSequence, :beforeOrdinal)`;
const newestFirst = "ORDER BY sequence DESC, ordinal DESC LIMIT :limit";

const tradesOfMarket = `
  SELECT ${bothHalves}, aggressor FROM trade INDEXED BY trade_of_market
  WHERE market = :market AND ${isBetween}`;

const barsOfMarket = `
  SELECT ${barFigures} FROM bar
  WHERE market = :market AND resolution_s = :resolutionS
    AND start_s >= :fromS AND start_s < :beforeS`;

const balanceChanges = `
    SELECT user, currency, sequence, ordinal, time_us AS timeUs, reason,
      old_available AS oldAvailable, new_available AS newAvailable,
      old_held AS oldHeld, new_held AS newHeld
    FROM balance_change`;

const byTaker = "INDEXED BY trade_of_taker_user WHERE taker_user = :user";
const byMaker = "INDEXED BY trade_of_maker_user WHERE maker_user = :user";
const isLater = "sequence > :sequence";
const isWithin = "sequence > :sequence AND sequence <= :lookedTo";

/**
 * A market's fills are among those of all markets, so it is settled first up to where they are looked at.
 * Of equal places the first part of a union comes first.
 */
const toldFillQueries = {
  fillsOfCommand: `
    ${makerFills} ${byMaker} AND sequence = :sequence AND market = :market UNION ALL
    ${takerFills} ${byTaker} AND sequence = :sequence AND market = :market
    ORDER BY ordinal LIMIT :limit OFFSET :offset`,
  fillsEnd: `
    SELECT sequence, ordinal FROM trade ${byTaker} AND ${isLater} UNION ALL
    SELECT sequence, ordinal FROM trade ${byMaker} AND ${isLater}
    ORDER BY sequence, ordinal LIMIT 1 OFFSET :rows`,
  fillsAfter: `
    ${makerFills} ${byMaker} AND market = :market AND ${isWithin} UNION ALL
    ${takerFills} ${byTaker} AND market = :market AND ${isWithin}
    ORDER BY sequence, ordinal LIMIT :limit`,
};

const ofBalance = "WHERE user = :user AND currency = :currency";
const isMove = "old_available <> new_available";

/** As for fills: those that only hold or release are among the others. */
const toldBalanceQueries = {
  movesOfCommand: `${balanceChanges}
    ${ofBalance} AND sequence = :sequence AND ${isMove}
    ORDER BY ordinal LIMIT :limit OFFSET :offset`,
  movesEnd: `
    SELECT sequence FROM balance_change ${ofBalance} AND ${isLater}
    ORDER BY sequence, ordinal LIMIT 1 OFFSET :rows`,
  movesAfter: `${balanceChanges}
    ${ofBalance} AND ${isWithin} AND ${isMove} ORDER BY sequence, ordinal LIMIT :limit`,
};

/** Name of a query. */
export type HistoryQuery =
  | "orderById"
  | "ordersByClientId"
  | "clientIdUse"
  | "transfer"
  | "ordersOfUser"
  | "ordersOfUserOnSide"
  | "ordersInMarket"
  | "ordersInMarketOnSide"
  | "orderFills"
  | "userFills"
  | "orderEvents"
  | "fillsOfCommand"
  | "fillsEnd"
  | "fillsAfter"
  | "trades"
  | "tradesOldestFirst"
  | "tradeFrom"
  | "bars"
  | "barsOldestFirst"
  | "totals"
  | "balanceChanges"
  | "movesOfCommand"
  | "movesEnd"
  | "movesAfter";

/** Every query by name. */
export const historyQueries: Readonly<Record<HistoryQuery, string>> = {
  orderById: `${selectOrders} WHERE id = :id AND user = :user
    AND (:clientId IS NULL OR client_id = :clientId) AND ${isMatching} ${pageOfFew}`,
  ordersByClientId: `${selectOrders} INDEXED BY order_by_client_id
    WHERE user = :user AND client_id = :clientId AND ${isMatching} ${pageOfFew}`,
  // By place, because naming its values would take longer than the search does.
  clientIdUse: `
    SELECT closed_us AS closedUs FROM placed_order INDEXED BY order_by_client_id
    WHERE user = ? AND client_id = ? ORDER BY id DESC LIMIT 1`,
  transfer: `
    SELECT sequence, time_us AS timeUs, direction, currency, amount FROM transfer
    WHERE user = ? AND key = ? ORDER BY sequence DESC LIMIT 1`,
  ordersOfUser: bothSides(ofUser),
  ordersOfUserOnSide: `${ofUser} AND side = :side ${pageOfOrders}`,
  ordersInMarket: bothSides(inMarket),
  ordersInMarketOnSide: `${inMarket} AND side = :side ${pageOfOrders}`,
  orderFills: `
    ${takerFills} WHERE sequence = :order AND taker_user = :user AND ${isAfter} UNION ALL
    ${makerFills} INDEXED BY trade_of_maker
      WHERE maker = :order AND maker_user = :user AND ${isAfter}
    ORDER BY sequence, ordinal LIMIT :limit`,
  userFills: `
    ${takerFills} INDEXED BY trade_of_taker_user WHERE taker_user = :user AND ${isBefore} UNION ALL
    ${makerFills} INDEXED BY trade_of_maker_user WHERE maker_user = :user AND ${isBefore}
    ${newestFirst}`,
  orderEvents: `
    SELECT sequence, ordinal, time_us AS timeUs, phase, event.close_reason AS eventReason,
      ${orderColumns}, event.quantity, event.filled, event.filled_value AS filledValue
    FROM order_event AS event JOIN placed_order AS placed ON placed.id = event.placed_order
    WHERE event.user = :user AND event.market = :market AND ${isAfter}
    ORDER BY sequence, ordinal LIMIT :limit`,
  ...toldFillQueries,
  trades: `${tradesOfMarket} ${newestFirst} OFFSET :offset`,
  tradesOldestFirst: `${tradesOfMarket} ORDER BY sequence, ordinal LIMIT :limit OFFSET :offset`,
  tradeFrom: `
    SELECT sequence, time_us AS timeUs FROM trade WHERE sequence >= :sequence
    ORDER BY sequence LIMIT 1`,
  bars: `${barsOfMarket} ORDER BY start_s DESC LIMIT :limit`,
  barsOldestFirst: `${barsOfMarket} ORDER BY start_s LIMIT :limit`,
  // Days are few, and hold what is added up; minutes are only counted.
  totals: `
    SELECT min(start_s) AS firstS, max(start_s) AS lastS, count(*) AS minutes,
      (SELECT sum(trade_count) FROM bar WHERE market = :market AND resolution_s = 86400) AS trades
    FROM bar WHERE market = :market AND resolution_s = 60`,
  balanceChanges: `${balanceChanges}
    WHERE user = :user AND currency = :currency AND sequence >= :fromSequence AND ${isBefore}
    ${newestFirst}`,
  ...toldBalanceQueries,
};

/** Prepares a query. One that names its values takes more than it uses. */
export function prepareQuery(database: DatabaseSync, name: HistoryQuery): StatementSync {
  const statement = database.prepare(historyQueries[name]);
  statement.setAllowUnknownNamedParameters(true);
  return statement;
}

/** Prepares every query once. */
export function prepareQueries(
  database: DatabaseSync,
): Readonly<Record<HistoryQuery, StatementSync>> {
  const names = Object.keys(historyQueries) as HistoryQuery[];
  const prepared = names.map((name) => [name, prepareQuery(database, name)]);
  return Object.fromEntries(prepared) as Record<HistoryQuery, StatementSync>;
}
