/** What must hold after every command, examined from scratch. Each failure is a bug and stops. */
import { assert } from "../assert.ts";
import { noSlot } from "../book/order-pool.ts";
import {
  holdFor,
  type Market,
  marketOf,
  payCurrency,
  type TradingState,
  type User,
} from "./state.ts";

/** Examines books, lists, holds and money. The exchange stands still meanwhile. */
export function checkState(state: TradingState): void {
  state.ledger.checkInvariants(state.users.map(({ wallet }) => wallet));
  let resting = 0;
  for (const market of state.markets) resting += checkMarket(state, market);
  let listed = 0;
  for (const user of state.users) listed += checkUser(state, user);
  assert(state.pool.size === resting, "every open order rests in a book");
  assert(state.slots.size === resting, "every open order is found by its id");
  assert(listed === resting, "every open order is in the list of its user");
}

/** Examines a market; returns how many orders rest in it. */
function checkMarket({ pool }: TradingState, market: Market): number {
  const { book, stops, index } = market;
  book.checkInvariants();
  stops.checkInvariants();
  const bid = book.bestPrice("buy");
  const ask = book.bestPrice("sell");
  assert(bid === 0 || ask === 0 || bid < ask, "a book is never crossed");
  let resting = 0;
  let withStop = 0;
  for (const side of ["buy", "sell"] as const) {
    for (const slot of book.slots(side)) {
      assert(pool.market[slot] === index, "an order rests in its own market");
      assert(pool.filled[slot]! + pool.remaining[slot]! <= pool.quantity[slot]!, "lots add up");
      resting += 1;
      if (pool.stopPrice[slot] !== 0) withStop += 1;
    }
  }
  assert(withStop === stops.size, "exactly the resting orders with a stop are watched");
  return resting;
}

/** Examines a user's orders and what they hold for them; returns how many orders those are. */
export function checkUser(state: TradingState, user: User): number {
  const { pool, slots } = state;
  const owed: bigint[] = [];
  let count = 0;
  let clientIds = 0;
  let before = noSlot;
  for (let slot = user.firstOrder; slot !== noSlot; slot = pool.nextOfUser[slot]!) {
    assert(pool.user[slot] === user.index, "a user's list holds their own orders");
    assert(pool.previousOfUser[slot] === before, "a user's list is linked both ways");
    assert(before === noSlot || pool.id[before]! < pool.id[slot]!, "a user's list is by age");
    assert(slots.find(pool.id[slot]!) === slot, "an id leads to its own order");
    const clientId = pool.clientId[slot];
    if (clientId !== undefined) {
      assert(user.openClientIds.get(clientId) === slot, "a client id leads to its own order");
      clientIds += 1;
    }
    const market = marketOf(state, slot);
    const currency = payCurrency(market, pool.side(slot));
    owed[currency] = (owed[currency] ?? 0n) + holdFor(state, market, slot);
    count += 1;
    before = slot;
  }
  assert(user.lastOrder === before, "a user's list ends with their last order");
  assert(user.openOrders === count, "a user's open orders are counted");
  assert(user.openClientIds.size === clientIds, "only open orders have an open client id");
  const currencies = Math.max(user.wallet.balances.length, owed.length);
  for (let currency = 0; currency < currencies; currency += 1) {
    const held = user.wallet.balances[currency]?.held ?? 0n;
    assert(held === (owed[currency] ?? 0n), "what is held is what the open orders need");
  }
  return count;
}
