/**
 * Resting orders with a stop price, sorted so that those which the market reaches first stand
 * first. It only finds orders; cancelling them is not its business.
 */
import { assert } from "../assert.ts";
import type { OrderPool, OrderSlot } from "../book/order-pool.ts";
import type { Side } from "../market/rules.ts";

/** Lowest and highest price in ticks of some trades. */
export interface PriceRange {
  readonly low: number;
  readonly high: number;
}

/** The stop prices of one market. A buy's stop is reached from below, a sell's from above. */
export class StopIndex {
  readonly #pool: OrderPool;
  /** Furthest from the market first, so that the next one to be reached is the last. */
  readonly #sides: Record<Side, OrderSlot[]> = { buy: [], sell: [] };

  constructor(pool: OrderPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#sides.buy.length + this.#sides.sell.length;
  }

  add(slot: OrderSlot): void {
    const side = this.#pool.side(slot);
    this.#sides[side].splice(this.#search(side, slot), 0, slot);
  }

  /** Whether an order is watched. */
  has(slot: OrderSlot): boolean {
    const side = this.#pool.side(slot);
    return this.#sides[side][this.#search(side, slot)] === slot;
  }

  /** Forgets an order; one that never came to rest is not here, and that is fine. */
  discard(slot: OrderSlot): void {
    const side = this.#pool.side(slot);
    const index = this.#search(side, slot);
    if (this.#sides[side][index] === slot) this.#sides[side].splice(index, 1);
  }

  /** An order whose stop price lies within the trades of a command; undefined when there is none. */
  nextReached({ low, high }: PriceRange): OrderSlot | undefined {
    const { stopPrice } = this.#pool;
    const buy = this.#sides.buy.at(-1);
    if (buy !== undefined && stopPrice[buy]! <= high) return buy;
    const sell = this.#sides.sell.at(-1);
    return sell !== undefined && stopPrice[sell]! >= low ? sell : undefined;
  }

  /** An assertion failure when the order of the stops is damaged. */
  checkInvariants(): void {
    for (const side of ["buy", "sell"] as const) {
      for (const [index, slot] of this.#sides[side].entries()) {
        assert(this.#pool.stopPrice[slot] !== 0, "an indexed order has a stop price");
        assert(this.#pool.side(slot) === side, "a stop stands on its order's side");
        assert(this.#search(side, slot) === index, "stops are sorted");
      }
    }
  }

  /** First position whose order is not reached later than `slot` is. */
  #search(side: Side, slot: OrderSlot): number {
    const slots = this.#sides[side];
    let low = 0;
    let high = slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isReachedLater(side, slots[middle]!, slot)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isReachedLater(side: Side, left: OrderSlot, right: OrderSlot): boolean {
    const { id, stopPrice } = this.#pool;
    const distance = (stopPrice[left]! - stopPrice[right]!) * (side === "buy" ? 1 : -1);
    return distance === 0 ? id[left]! > id[right]! : distance > 0;
  }
}
