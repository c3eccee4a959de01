/** Open orders of a user, as an operator sees them and takes them out of the book. */
import Type, { type Static } from "typebox";
import type { OrderView } from "../core/events.ts";
import { orderId, parseId } from "../core/ids.ts";
import { lotAtoms, type MarketRules, tickAtoms } from "../core/market/rules.ts";
import { formatDecimal } from "../core/num/decimal.ts";
import { atomsScale } from "../core/num/money.ts";
import {
  type AdminAnswer,
  type AdminRefusal,
  type AdminTrouble,
  done,
  refused,
  takenOr,
  unavailable,
} from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** Most open orders of one listing. */
export const listedOrdersMax = 10_000;

/** A user's orders are cancelled by so many commands at most; each cancels thousands. */
const cancelRoundsMax = 100;

const user = Type.String({ maxLength: 64 });
const market = Type.Optional(Type.String({ maxLength: 64 }));

/** Whose open orders to list. */
export const ordersRequest = Type.Object(
  { user, market, limit: Type.Integer({ minimum: 1, maximum: listedOrdersMax }) },
  { additionalProperties: false },
);

/** Which orders to cancel: all of a user, those in one market, or a single one by its public id. */
export const cancelRequest = Type.Object(
  { user: Type.Optional(user), market, order: Type.Optional(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
);

/** An open order as it is shown, numbers as decimal texts. */
export interface ShownOrder {
  readonly id: string;
  readonly market: string;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly quantity: string;
  readonly filled: string;
  readonly createdAtMs: number;
}

/** The open orders of a user, and how many there are in all. */
export interface OrderListing {
  readonly count: number;
  readonly orders: readonly ShownOrder[];
}

/** Lists open orders of a user, oldest first. */
export async function listOrders(
  { user: owner, market: code, limit }: Static<typeof ordersRequest>,
  target: AdminTarget,
): Promise<AdminAnswer<OrderListing>> {
  const markets = await target.markets();
  const open = await target.openOrders(owner);
  if ("kind" in markets) return unavailable(markets.reason);
  if ("kind" in open) return unavailable(open.reason);
  if (open.length === 0 && !target.userExists(owner)) return refused(unknownUser(owner));
  const rules = new Map(markets.map((listed) => [listed.rules.code, listed.rules]));
  const found = open.filter((order) => code === undefined || order.market === code);
  const orders = found.slice(0, limit).flatMap((order) => {
    const of = rules.get(order.market);
    return of === undefined ? [] : [shown(order, of)];
  });
  return done({ count: found.length, orders });
}

/** Cancels orders; their owner's streams tell of each, and the money is available again. */
export async function cancelOrders(
  { user: owner, market: code, order }: Static<typeof cancelRequest>,
  target: AdminTarget,
): Promise<AdminAnswer<{ readonly user: string; readonly cancelled: number }>> {
  if (order !== undefined) return await cancelOne(target, owner, order);
  if (owner === undefined) return refused("name an order, or the user whose orders it is about");
  const open = await target.openOrders(owner);
  if (!("kind" in open) && open.length === 0 && !target.userExists(owner)) {
    return refused(unknownUser(owner));
  }
  const cancelled = await cancelOrdersOf(target, { user: owner, market: code });
  return typeof cancelled === "number" ? done({ user: owner, cancelled }) : cancelled;
}

/** Cancels all open orders of a user, or those in one market; the number of them, or why they stay. */
export async function cancelOrdersOf(
  target: Pick<AdminTarget, "submit" | "openOrders">,
  { user: owner, market: code }: { readonly user: string; readonly market?: string | undefined },
): Promise<number | AdminRefusal | AdminTrouble> {
  let cancelled = 0;
  for (let round = 0; round < cancelRoundsMax; round += 1) {
    const open = await target.openOrders(owner);
    if ("kind" in open) return unavailable(open.reason);
    if (!open.some((order) => code === undefined || order.market === code)) return cancelled;
    const of = code === undefined ? {} : { market: code };
    const released = takenOr(await target.submit({ kind: "cancel-all", user: owner, ...of }), {});
    if ("kind" in released) return released;
    cancelled += released.events.filter(({ kind }) => kind === "order-closed").length;
  }
  return unavailable(
    `${cancelled} orders of ${owner} were cancelled, and there are more: try again`,
  );
}

async function cancelOne(
  target: AdminTarget,
  named: string | undefined,
  order: string,
): Promise<AdminAnswer<{ readonly user: string; readonly cancelled: number }>> {
  const unknown =
    named === undefined
      ? `there is no open order ${order}: see orders list --user ID`
      : `${named} has no open order ${order}: see orders list --user ${named}`;
  const id = parseId(order.toUpperCase())?.sequence;
  const owner = id === undefined ? undefined : await target.ownerOfOrder(id);
  if (typeof owner === "object") return unavailable(owner.reason);
  if (owner === undefined || (named !== undefined && named !== owner)) return refused(unknown);
  const open = await target.openOrders(owner);
  if ("kind" in open) return unavailable(open.reason);
  const found = open.find((candidate) => publicId(candidate) === order.toUpperCase());
  if (found === undefined) return refused(unknown);
  const command = { kind: "cancel-order", user: owner, order: { id: found.id } } as const;
  const released = takenOr(await target.submit(command), { "unknown-order": unknown });
  return "kind" in released ? released : done({ user: owner, cancelled: 1 });
}

function publicId({ id, createdUs }: OrderView): string {
  return orderId(id, createdUs);
}

function unknownUser(owner: string): string {
  return `there is no user ${owner}: see users list`;
}

function shown(order: OrderView, rules: MarketRules): ShownOrder {
  const quantity = (count: number) => formatDecimal(BigInt(count) * lotAtoms(rules), atomsScale);
  return {
    id: publicId(order),
    market: order.market,
    side: order.side,
    price: formatDecimal(BigInt(order.price) * tickAtoms(rules), atomsScale),
    quantity: quantity(order.quantity),
    filled: quantity(order.filled),
    createdAtMs: Math.floor(order.createdUs / 1_000),
  };
}
