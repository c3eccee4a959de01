/** What must hold after every command, examined from scratch. Each failure is a bug and stops. */
import { assert } from "../assert.ts";
import { noSlot, type OrderSlot, type RestingWatcher } from "../book/order-pool.ts";
import {
  costOf,
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
function checkUser(state: TradingState, user: User): number {
  return new UserCount(state, user).step(Number.POSITIVE_INFINITY);
}

/**
 * Examines a user's orders and what they hold for them in pieces, with commands between them. What the
 * counted orders lose meanwhile is taken off, so that its end is as exact as if nothing had happened.
 */
export class UserCount implements RestingWatcher {
  readonly #state: TradingState;
  readonly #user: User;
  /** The last order that was counted and is still there, and the id of the last one that was counted. */
  #last: OrderSlot = noSlot;
  #lastId = 0;
  /** What the counted orders need, by currency. */
  readonly #owed: bigint[] = [];
  #orders = 0;
  #clientIds = 0;
  #isDone = false;

  constructor(state: TradingState, user: User) {
    this.#state = state;
    this.#user = user;
  }

  /** Whether all orders were examined. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Examines up to `count` more orders, oldest first, and returns how many it did. */
  step(count: number): number {
    const { pool } = this.#state;
    let examined = 0;
    let slot = this.#last === noSlot ? this.#user.firstOrder : pool.nextOfUser[this.#last]!;
    for (; slot !== noSlot && examined < count; slot = pool.nextOfUser[slot]!) {
      this.#checkOrder(slot);
      this.#add(slot, pool.remaining[slot]!);
      this.#orders += 1;
      if (pool.clientId[slot] !== undefined) this.#clientIds += 1;
      this.#last = slot;
      this.#lastId = pool.id[slot]!;
      examined += 1;
    }
    if (slot === noSlot) this.#end();
    return examined;
  }

  reduced(slot: OrderSlot, lots: number): void {
    if (this.#isCounted(slot)) this.#add(slot, -lots);
  }

  left(slot: OrderSlot): void {
    if (!this.#isCounted(slot)) return;
    const { remaining, clientId, previousOfUser } = this.#state.pool;
    this.#add(slot, -remaining[slot]!);
    this.#orders -= 1;
    if (clientId[slot] !== undefined) this.#clientIds -= 1;
    if (slot === this.#last) this.#last = previousOfUser[slot]!;
  }

  #isCounted(slot: OrderSlot): boolean {
    const { id, user } = this.#state.pool;
    return user[slot] === this.#user.index && id[slot]! <= this.#lastId;
  }

  #checkOrder(slot: OrderSlot): void {
    const { pool, slots } = this.#state;
    assert(pool.user[slot] === this.#user.index, "a user's list holds their own orders");
    assert(pool.previousOfUser[slot] === this.#last, "a user's list is linked both ways");
    assert(pool.id[slot]! > this.#lastId, "a user's list is by age");
    assert(slots.find(pool.id[slot]!) === slot, "an id leads to its own order");
    const clientId = pool.clientId[slot];
    const isFound = clientId === undefined || this.#user.openClientIds.get(clientId) === slot;
    assert(isFound, "a client id leads to its own order");
  }

  /** Adds what an order needs for some lots, or takes it off. */
  #add(slot: OrderSlot, quantity: number): void {
    const { pool } = this.#state;
    const market = marketOf(this.#state, slot);
    const side = pool.side(slot);
    const currency = payCurrency(market, side);
    const cost = costOf(market, { side, price: pool.price[slot]!, quantity });
    this.#owed[currency] = (this.#owed[currency] ?? 0n) + cost;
  }

  #end(): void {
    const { lastOrder, openOrders, openClientIds, wallet } = this.#user;
    assert(lastOrder === this.#last, "a user's list ends with their last order");
    assert(openOrders === this.#orders, "a user's open orders are counted");
    assert(openClientIds.size === this.#clientIds, "only open orders have an open client id");
    const currencies = Math.max(wallet.balances.length, this.#owed.length);
    for (let currency = 0; currency < currencies; currency += 1) {
      const held = wallet.balances[currency]?.held ?? 0n;
      assert(held === (this.#owed[currency] ?? 0n), "what is held is what the open orders need");
    }
    this.#isDone = true;
  }
}
