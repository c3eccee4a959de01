/**
 * The price levels of one side, sorted, best one at the end of the array: most orders come and go
 * near the best price, so that inserting and removing a level moves only a few entries.
 */
import { assert } from "../assert.ts";
import type { Side } from "../market/rules.ts";
import { noSlot, type OrderPool, type OrderSlot } from "./order-pool.ts";

/** One price and its queue of orders, oldest first. */
export interface Rung {
  readonly price: number;
  /** Lots resting here. */
  quantity: number;
  first: OrderSlot;
  last: OrderSlot;
}

/** The levels of one side. */
export class Ladder {
  readonly #pool: OrderPool;
  /** 1 where a higher price is better, -1 where a lower one is. */
  readonly #direction: number;
  /** `price × direction` of each rung, ascending. */
  readonly #keys: number[] = [];
  readonly #rungs: Rung[] = [];

  constructor(pool: OrderPool, side: Side) {
    this.#pool = pool;
    this.#direction = side === "buy" ? 1 : -1;
  }

  /** Levels, counted. */
  get length(): number {
    return this.#rungs.length;
  }

  /** The level `depth` places behind the best one; undefined past the end. */
  at(depth: number): Rung | undefined {
    return this.#rungs[this.#rungs.length - 1 - depth];
  }

  /** The level of a price; undefined when nothing rests there. */
  find(price: number): Rung | undefined {
    const key = price * this.#direction;
    const index = this.#search(key);
    return this.#keys[index] === key ? this.#rungs[index] : undefined;
  }

  /** Puts an order at the end of its price's queue. */
  append(slot: OrderSlot): Rung {
    const { price, remaining, next, previous } = this.#pool;
    const rung = this.#ensure(price[slot]!);
    previous[slot] = rung.last;
    next[slot] = noSlot;
    if (rung.last === noSlot) rung.first = slot;
    else next[rung.last] = slot;
    rung.last = slot;
    rung.quantity += remaining[slot]!;
    return rung;
  }

  /**
   * Takes an order, with the lots it has left, out of its queue. An emptied level stays until
   * {@link drop}, so that a caller may still read it.
   */
  unlink(rung: Rung, slot: OrderSlot): void {
    const { remaining, next, previous } = this.#pool;
    const before = previous[slot]!;
    const after = next[slot]!;
    if (before === noSlot) rung.first = after;
    else next[before] = after;
    if (after === noSlot) rung.last = before;
    else previous[after] = before;
    rung.quantity -= remaining[slot]!;
  }

  /** Removes an emptied level. */
  drop(rung: Rung): void {
    assert(rung.first === noSlot && rung.quantity === 0, "only an empty level is dropped");
    const last = this.#rungs.length - 1;
    if (this.#rungs[last] === rung) {
      this.#rungs.pop();
      this.#keys.pop();
      return;
    }
    const index = this.#search(rung.price * this.#direction);
    assert(this.#rungs[index] === rung, "a level is where its price belongs");
    this.#rungs.splice(index, 1);
    this.#keys.splice(index, 1);
  }

  #ensure(price: number): Rung {
    const key = price * this.#direction;
    const index = this.#search(key);
    const found = this.#rungs[index];
    if (found !== undefined && found.price === price) return found;
    const rung: Rung = { price, quantity: 0, first: noSlot, last: noSlot };
    if (index === this.#rungs.length) {
      this.#rungs.push(rung);
      this.#keys.push(key);
    } else {
      this.#rungs.splice(index, 0, rung);
      this.#keys.splice(index, 0, key);
    }
    return rung;
  }

  /** Index of the first key that is not below `key`. */
  #search(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
