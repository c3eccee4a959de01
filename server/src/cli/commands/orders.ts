/** `orders list|cancel`: open orders of a user, for an operator, while a server runs or not. */

import { listedOrdersMax, type OrderListing, type ShownOrder } from "../../admin/orders.ts";
import type { ConfigInput } from "../../config/load.ts";
import { administer } from "../admin-client.ts";
import { askAndPrint } from "./administration.ts";
import { refuse } from "./key-store.ts";

/** Which orders to list. */
export interface ListOrdersOptions {
  readonly user: string;
  readonly market?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Which orders to cancel. */
export interface CancelOrdersOptions {
  /** May be left out where one order is named. */
  readonly user?: string;
  readonly market?: string;
  readonly json?: true;
}

/** Lists open orders of a user. */
export async function listOrdersCommand(
  input: ConfigInput,
  { user, market, limit, json }: ListOrdersOptions,
): Promise<number> {
  if (limit > listedOrdersMax) return refuse(`a listing has at most ${listedOrdersMax} orders`);
  return await askAndPrint(input, json === true, {
    ask: (config) => administer(config, "list-orders", { user, limit, ...(market && { market }) }),
    say: (listing) => [...listing.orders.map(line), summary(listing)],
  });
}

/** Cancels one order of a user, all in a market, or all. */
export async function cancelOrdersCommand(
  input: ConfigInput,
  order: string | undefined,
  { user, market, json }: CancelOrdersOptions,
): Promise<number> {
  if (order !== undefined && market !== undefined) {
    return refuse("name one order, or a market, or neither for all orders of the user");
  }
  if (order === undefined && user === undefined) {
    return refuse("name one order, or the user whose orders it is about with --user");
  }
  return await askAndPrint(input, json === true, {
    ask: (config) =>
      administer(config, "cancel-orders", {
        ...(user && { user }),
        ...(market && { market }),
        ...(order && { order }),
      }),
    say: ({ user: owner, cancelled }) => [`open orders of ${owner} cancelled: ${cancelled}`],
  });
}

function line({ id, market, side, price, quantity, filled, createdAtMs }: ShownOrder): string {
  const created = new Date(createdAtMs).toISOString();
  const size = `${quantity} at ${price}, filled ${filled}`;
  return [id, created, market.padEnd(12), side.padEnd(4), size].join("  ");
}

function summary({ count, orders }: OrderListing): string {
  return orders.length === count
    ? `open orders: ${count}`
    : `open orders: ${count}, of which ${orders.length} are listed; --limit lists more`;
}
