/**
 * Examines the whole state in pieces, with commands between them: what is examined at once is what no
 * command leaves half done. Every open order is found by its id, in its owner's list and at its price;
 * every user holds what their orders need; every level has the orders that it says; and the wallets
 * are what came in less what went out. Each failure is a bug and stops.
 */
import { assert } from "../assert.ts";
import { noSlot, type OrderSlot } from "../book/order-pool.ts";
import type { Side } from "../market/rules.ts";
import { UserCount } from "./invariants.ts";
import { marketOf, ownerOf, type TradingState, type User } from "./state.ts";

/** One round through the state. */
export class Audit {
  readonly #state: TradingState;
  /** What is left of the round: each pass examines up to `count` more, and returns how many it did. */
  readonly #passes: ((count: number) => number)[] = [
    (count) => this.#checkOrders(count),
    (count) => this.#checkUsers(count),
    (count) => this.#checkLevels(count),
  ];
  #order = 0;
  #user = 0;
  /** A user of whose orders a part was examined. */
  #begun: UserCount | undefined;
  #market = 0;
  #side: Side = "buy";
  /** Where to go on among the levels of the side; 0 is the best one. */
  #price = 0;

  constructor(state: TradingState) {
    this.#state = state;
  }

  /**
   * Examines about `count` more orders, users or levels, however many orders a user or a level has.
   * Returns true at the end of the round.
   */
  step(count: number): boolean {
    const { pool, slots } = this.#state;
    assert(pool.size === slots.size, "every open order is found by its id");
    let left = count;
    for (let pass = this.#passes[0]; pass !== undefined && left > 0; pass = this.#passes[0]) {
      const examined = pass(left);
      if (examined === 0) this.#passes.shift();
      left -= examined;
    }
    return this.#passes.length === 0;
  }

  #checkOrders(count: number): number {
    const { pool } = this.#state;
    const end = Math.min(this.#order + count, pool.rows);
    const examined = end - this.#order;
    for (let slot = this.#order; slot < end; slot += 1) {
      if (pool.id[slot] !== 0) checkOrder(this.#state, slot);
    }
    this.#order = end;
    return examined;
  }

  #checkUsers(count: number): number {
    const { users, ledger } = this.#state;
    if (this.#user === 0 && this.#begun === undefined) ledger.beginCount();
    let examined = 0;
    while (examined < count && this.#user < users.length) {
      examined += this.#checkUser(users[this.#user]!, count - examined);
      if (this.#begun === undefined) this.#user += 1;
    }
    // Those who came meanwhile are at the end of the list, so that now all are counted.
    if (examined === 0) ledger.endCount();
    return examined;
  }

  /** Examines up to `count` orders of a user, and leaves them begun when there are more. */
  #checkUser(user: User, count: number): number {
    const { ledger, pool } = this.#state;
    const orders = this.#begun ?? new UserCount(this.#state, user);
    if (this.#begun === undefined) ledger.count(user.wallet);
    const examined = 1 + orders.step(count);
    this.#begun = orders.isDone ? undefined : orders;
    pool.watcher = this.#begun;
    return examined;
  }

  #checkLevels(count: number): number {
    let examined = 0;
    while (examined < count) {
      const market = this.#state.markets[this.#market];
      if (market === undefined) break;
      const { book } = market;
      if (this.#price === 0) {
        const bid = book.bestPrice("buy");
        const ask = book.bestPrice("sell");
        assert(bid === 0 || ask === 0 || bid < ask, "a book is never crossed");
      }
      const found = book.checkLevels(this.#side, this.#price, count - examined);
      examined += 1 + found.orders;
      this.#price = found.next;
      if (found.next !== 0) continue;
      if (this.#side === "sell") this.#market += 1;
      this.#side = this.#side === "buy" ? "sell" : "buy";
    }
    return examined;
  }
}

function checkOrder(state: TradingState, slot: OrderSlot): void {
  const { pool, slots } = state;
  const { book, stops } = marketOf(state, slot);
  const owner = ownerOf(state, slot);
  assert(slots.find(pool.id[slot]!) === slot, "an id leads to its own order");
  const before = pool.previousOfUser[slot]!;
  const leads = before === noSlot ? owner.firstOrder : pool.nextOfUser[before];
  assert(leads === slot, "every open order is in the list of its user");
  const { filled, remaining, quantity } = pool;
  assert(filled[slot]! + remaining[slot]! <= quantity[slot]!, "lots add up");
  book.checkOrder(slot);
  const isWatched = stops.has(slot);
  assert(isWatched === (pool.stopPrice[slot] !== 0), "exactly the orders with a stop are watched");
}
