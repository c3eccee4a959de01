/**
 * The simplest book that is right: two sorted arrays, everything recomputed by looking at each
 * order. It is the oracle of the fast book and refuses to be clever.
 */
import { assert } from "../assert.ts";
import type { Side } from "../market/rules.ts";
import {
  accepts,
  affordable,
  type Book,
  type CheckedLevels,
  type Level,
  type MatchSink,
  notionalOf,
  oppositeOf,
  type Preview,
  type TakeEnd,
  type Taker,
} from "./book.ts";
import type { OrderPool, OrderSlot } from "./order-pool.ts";

/** A book of arrays; every operation costs as much as there are orders. */
export class NaiveBook implements Book {
  readonly #pool: OrderPool;
  readonly #sides: Record<Side, OrderSlot[]> = { buy: [], sell: [] };

  constructor(pool: OrderPool) {
    this.#pool = pool;
  }

  add(slot: OrderSlot): number {
    const side = this.#pool.side(slot);
    const price = this.#price(slot);
    const ahead = this.#sides[side].filter((other) => accepts(side, this.#price(other), price));
    this.#sides[side].splice(ahead.length, 0, slot);
    return this.quantityAt(side, price);
  }

  remove(slot: OrderSlot): number {
    const side = this.#pool.side(slot);
    const index = this.#sides[side].indexOf(slot);
    assert(index >= 0, "only a resting order is removed");
    this.#pool.watcher?.left(slot);
    this.#sides[side].splice(index, 1);
    return this.quantityAt(side, this.#price(slot));
  }

  reduce(slot: OrderSlot, by: number): number {
    assert(by > 0 && by < this.#remaining(slot), "a reduced order keeps some lots");
    this.#pool.remaining[slot] = this.#remaining(slot) - by;
    this.#pool.watcher?.reduced(slot, by);
    return this.quantityAt(this.#pool.side(slot), this.#price(slot));
  }

  bestPrice(side: Side): number {
    const best = this.#sides[side][0];
    return best === undefined ? 0 : this.#price(best);
  }

  quantityAt(side: Side, price: number): number {
    return this.#sides[side]
      .filter((slot) => this.#price(slot) === price)
      .reduce((sum, slot) => sum + this.#remaining(slot), 0);
  }

  levels(side: Side, count: number): readonly Level[] {
    return this.#prices(side)
      .slice(0, count)
      .map((price) => ({ price, quantity: this.quantityAt(side, price) }));
  }

  slots(side: Side): readonly OrderSlot[] {
    return [...this.#sides[side]];
  }

  eachSlot(side: Side): Iterable<OrderSlot> {
    return this.#sides[side];
  }

  take(taker: Taker, sink: MatchSink): TakeEnd {
    const side = oppositeOf(this.#pool.side(taker.slot));
    for (const price of this.#prices(side)) {
      if (!this.#mayTrade(taker, price)) return "done";
      const quantity = this.quantityAt(side, price);
      const end = this.#takeAt(price, taker, sink);
      const left = this.quantityAt(side, price);
      if (left !== quantity) sink.levelChanged(side, price, left);
      // Going on to the next price would trade through a level that still stands.
      if (end === "self-trade" || left > 0) return end;
    }
    return "done";
  }

  preview(taker: Taker): Preview {
    let remaining = this.#remaining(taker.slot);
    let budget = taker.budget;
    let quantity = 0;
    let notional = 0n;
    for (const maker of this.#reachable(taker)) {
      const price = this.#price(maker);
      const lots = affordable(budget, price, Math.min(remaining, this.#remaining(maker)));
      remaining -= lots;
      notional += notionalOf(price, lots);
      if (budget !== undefined) budget -= notionalOf(price, lots);
      if (!this.#isOwn(taker, maker)) quantity += lots;
      if (lots < this.#remaining(maker)) break;
    }
    return { quantity, notional };
  }

  checkOrder(slot: OrderSlot): void {
    assert(this.slots(this.#pool.side(slot)).includes(slot), "an open order rests in its book");
  }

  checkLevels(side: Side): CheckedLevels {
    this.checkInvariants();
    return { orders: this.slots(side).length, next: 0 };
  }

  checkInvariants(): void {
    for (const side of ["buy", "sell"] as const) {
      for (const [index, slot] of this.#sides[side].entries()) {
        const ahead = this.#sides[side][index - 1] ?? slot;
        assert(this.#pool.side(slot) === side, "an order rests on its own side");
        assert(this.#remaining(slot) > 0, "a resting order has lots left");
        assert(accepts(side, this.#price(ahead), this.#price(slot)), "orders are sorted by price");
      }
    }
  }

  /** The prices of a side, best first. */
  #prices(side: Side): readonly number[] {
    return [...new Set(this.#sides[side].map((slot) => this.#price(slot)))];
  }

  #takeAt(price: number, taker: Taker, sink: MatchSink): TakeEnd {
    const side = oppositeOf(this.#pool.side(taker.slot));
    for (const maker of this.slots(side).filter((slot) => this.#price(slot) === price)) {
      if (!this.#mayTrade(taker, price)) return "done";
      if (!this.#isOwn(taker, maker)) {
        sink.filled(maker, this.#reduceBoth(taker, maker));
      } else if (taker.selfTrade === "decrement") {
        sink.decremented(maker, this.#reduceBoth(taker, maker));
      } else {
        if (taker.selfTrade === "cancel-newest") return "self-trade";
        this.remove(maker);
        sink.cancelled(maker);
        if (taker.selfTrade === "cancel-both") return "self-trade";
      }
    }
    return "done";
  }

  /** The orders that a taker without bounds would reduce, in their order. */
  #reachable(taker: Taker): readonly OrderSlot[] {
    const takerSide = this.#pool.side(taker.slot);
    const passed = taker.selfTrade === "cancel-oldest" || taker.selfTrade === "decrement";
    const makers = this.#sides[oppositeOf(takerSide)];
    const end = makers.findIndex((maker) => {
      const stops = this.#isOwn(taker, maker) && !passed;
      return stops || !accepts(takerSide, taker.limit, this.#price(maker));
    });
    const reached = end < 0 ? makers : makers.slice(0, end);
    const skips = taker.selfTrade === "cancel-oldest";
    return reached.filter((maker) => !(skips && this.#isOwn(taker, maker)));
  }

  #isOwn(taker: Taker, maker: OrderSlot): boolean {
    return this.#pool.user[maker] === this.#pool.user[taker.slot];
  }

  #reduceBoth(taker: Taker, maker: OrderSlot): number {
    const { remaining } = this.#pool;
    const price = this.#price(maker);
    const both = Math.min(this.#remaining(taker.slot), this.#remaining(maker));
    const lots = affordable(taker.budget, price, both);
    remaining[taker.slot] = this.#remaining(taker.slot) - lots;
    remaining[maker] = this.#remaining(maker) - lots;
    if (taker.budget !== undefined) taker.budget -= notionalOf(price, lots);
    this.#pool.watcher?.reduced(maker, lots);
    if (remaining[maker] === 0) this.remove(maker);
    return lots;
  }

  #mayTrade(taker: Taker, price: number): boolean {
    const wanted = this.#remaining(taker.slot);
    return (
      accepts(this.#pool.side(taker.slot), taker.limit, price) &&
      affordable(taker.budget, price, wanted) > 0
    );
  }

  #price(slot: OrderSlot): number {
    return this.#pool.price[slot]!;
  }

  #remaining(slot: OrderSlot): number {
    return this.#pool.remaining[slot]!;
  }
}
