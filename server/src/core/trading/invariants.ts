/** What must hold after every command, examined from scratch. Each failure is a bug and stops. */
import { assert } from "../assert.ts";
import { noSlot, type OrderSlot } from "../book/order-pool.ts";
import type { Wallet } from "../ledger/ledger.ts";
import {
  holdFor,
  type Market,
  ownerOf,
  payCurrency,
  type TradingState,
  type User,
} from "./state.ts";

/** Examines books, lists, holds and money. */
export function checkState(state: TradingState): void {
  state.ledger.checkInvariants(state.users.map(({ wallet }) => wallet));
  const resting = state.markets.flatMap((market) => checkMarket(state, market));
  assert(state.pool.size === resting.length, "every open order rests in a book");
  assert(state.slots.size === resting.length, "every open order is found by its id");
  for (const user of state.users) checkUser(state, user);
  checkHolds(state, resting);
}

function checkMarket({ pool }: TradingState, market: Market): OrderSlot[] {
  const { book, stops, index } = market;
  book.checkInvariants();
  stops.checkInvariants();
  const bid = book.bestPrice("buy");
  const ask = book.bestPrice("sell");
  assert(bid === 0 || ask === 0 || bid < ask, "a book is never crossed");
  const slots = [...book.slots("buy"), ...book.slots("sell")];
  for (const slot of slots) {
    assert(pool.market[slot] === index, "an order rests in its own market");
    assert(pool.filled[slot]! + pool.remaining[slot]! <= pool.quantity[slot]!, "lots add up");
  }
  const withStop = slots.filter((slot) => pool.stopPrice[slot] !== 0);
  assert(withStop.length === stops.size, "exactly the resting orders with a stop are watched");
  return slots;
}

function checkUser({ pool, slots }: TradingState, user: User): void {
  let count = 0;
  let clientIds = 0;
  let before = noSlot;
  for (let slot = user.firstOrder; slot !== noSlot; slot = pool.nextOfUser[slot]!) {
    assert(pool.user[slot] === user.index, "a user's list holds his own orders");
    assert(pool.previousOfUser[slot] === before, "a user's list is linked both ways");
    assert(before === noSlot || pool.id[before]! < pool.id[slot]!, "a user's list is by age");
    assert(slots.find(pool.id[slot]!) === slot, "an id leads to its own order");
    const clientId = pool.clientId[slot];
    if (clientId !== undefined) {
      assert(user.openClientIds.get(clientId) === slot, "a client id leads to its own order");
      clientIds += 1;
    }
    count += 1;
    before = slot;
  }
  assert(user.lastOrder === before, "a user's list ends with his last order");
  assert(user.openOrders === count, "a user's open orders are counted");
  assert(user.openClientIds.size === clientIds, "only open orders have an open client id");
}

function checkHolds(state: TradingState, resting: readonly OrderSlot[]): void {
  const owed = new Map<Wallet, bigint[]>();
  for (const slot of resting) {
    const market = state.markets[state.pool.market[slot]!]!;
    const { wallet } = ownerOf(state, slot);
    const currency = payCurrency(market, state.pool.side(slot));
    const sums = owed.get(wallet) ?? [];
    sums[currency] = (sums[currency] ?? 0n) + holdFor(state, market, slot);
    owed.set(wallet, sums);
  }
  for (const { wallet } of state.users) {
    for (const [currency, balance] of wallet.balances.entries()) {
      const sum = owed.get(wallet)?.[currency] ?? 0n;
      assert((balance?.held ?? 0n) === sum, "what is held is what the open orders need");
    }
  }
}
