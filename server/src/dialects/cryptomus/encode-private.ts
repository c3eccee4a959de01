/**
 * Writes the updates of the private channels: compact JSON with 16 decimals, ids as texts (D-C9). It
 * writes what it is given; whose topic that is, is the subscriber's to see to.
 */

import { fillsId, orderId, tradeId } from "../../core/ids.ts";
import { RecentMap } from "../../core/recent-map.ts";
import type { FillUpdate, OrderUpdate } from "../../marketdata/updates.ts";
import type { Encoding } from "../../ports/dialect.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { dialectName } from "./encode.ts";
import { moneyText8OrExact, moneyText16, priceText16, quantityText16, seconds } from "./format.ts";
import { walletId } from "./ids.ts";
import type { BalanceInfo, DealInfo, OrderData, OrderInfo } from "./messages.ts";
import { orderAmounts, orderState } from "./order-texts.ts";

/** Most wallet ids that are kept, so that a busy wallet's is not derived for every movement. */
const walletIdsMax = 10_000;

/** The ids of private updates are texts; those of updated and finished are the same (D-C9). */
const orderUpdateIds = { created: "1", updated: "3", finished: "3" } as const;
const accountUpdateId = "4";

function privateUpdate(id: string, method: string, data: object): string {
  return `{"id":"${id}","method":"${method}","data":${JSON.stringify(data)},"error":null}`;
}

/** `order_update`. */
export const orders: Encoding<"orders"> = {
  name: dialectName,
  encode(_topic, update) {
    const data: OrderData = { type: update.phase, info: orderInfo(update) };
    return privateUpdate(orderUpdateIds[update.phase], "order_update", data);
  },
};

function orderInfo(update: OrderUpdate): OrderInfo {
  const { order, timeUs } = update;
  const info: OrderInfo = {
    id: orderId(order.id, order.createdUs),
    symbol: order.market,
    orderType: order.type,
    direction: order.side,
    ...orderAmounts(update, order),
    clientOid: order.clientId ?? null,
    createTs: seconds(order.createdUs),
  };
  switch (update.phase) {
    case "created":
      return info;
    case "updated":
      return { ...info, updateTs: seconds(timeUs) };
    case "finished":
      return { ...info, finishTs: seconds(timeUs), ...orderState(update.reason, order.filled) };
  }
}

/** `deal_update`. */
export const fills: Encoding<"fills"> = {
  name: dialectName,
  encode: (_topic, update) =>
    privateUpdate(accountUpdateId, "deal_update", { info: dealInfo(update) }),
};

function dealInfo(fill: FillUpdate): DealInfo {
  return {
    dealId: fillsId(fill.order, fill.orderCreatedUs),
    symbol: fill.market,
    dealState: "completed",
    transactionId: tradeId(fill, fill.role),
    filledPrice: priceText16(fill, fill.price),
    filledQuantity: quantityText16(fill, fill.quantity),
    filledValue: moneyText16(fill.value),
    fee: moneyText16(fill.fee),
    feeCurrency: fill.feeCurrency,
    tradeRole: fill.role,
    committedAt: seconds(fill.timeUs),
  };
}

/** `balance_update`, for movements of what is available (D-C38). */
export function balancesWith(secrets: Secrets): Encoding<"balances"> {
  const walletIds = new RecentMap<string>(walletIdsMax);

  function rememberedId(user: string, currency: string): string {
    const key = `${currency}|${user}`;
    const known = walletIds.get(key);
    if (known !== undefined) return known;
    const id = walletId(user, currency, secrets);
    walletIds.set(key, id);
    return id;
  }

  return {
    name: dialectName,
    encode(_topic, { change }) {
      const { user, currency, oldAvailable, newAvailable } = change;
      const difference = newAvailable - oldAvailable;
      const info: BalanceInfo = {
        walletId: rememberedId(user, currency),
        currencyCode: currency,
        amount: moneyText16(difference < 0n ? -difference : difference),
        oldBalance: moneyText16(oldAvailable),
        newBalance: moneyText8OrExact(newAvailable),
      };
      return privateUpdate(accountUpdateId, "balance_update", { info });
    },
  };
}
