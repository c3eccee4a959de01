/**
 * The price levels of one side, sorted, best one at the end of the array: most orders come and go
 * near the best price, so that inserting a level moves only a few entries. An emptied level keeps
 * its place for a while, since the next order at its price is often not far. Orders remember their
 * level, so that leaving it needs no search.
 */
import { assert } from "../assert.ts";
import type { Side } from "../market/rules.ts";
import { noSlot, type OrderPool, type OrderSlot } from "./order-pool.ts";

/** Vacant levels that a ladder may keep on top of as many as it has levels. */
const vacantSpare = 64;

/** One price and its queue of orders, oldest first; without orders it is vacant, or stands nowhere. */
export interface Rung {
  /** Place in the list of all rungs, which its orders remember. */
  readonly number: number;
  price: number;
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
  /** The last one is never vacant. */
  readonly #rungs: Rung[] = [];
  /** Every rung that was ever made, by number; those that stand nowhere are used again. */
  readonly #all: Rung[] = [];
  readonly #unused: Rung[] = [];
  #vacant = 0;

  constructor(pool: OrderPool, side: Side) {
    this.#pool = pool;
    this.#direction = side === "buy" ? 1 : -1;
  }

  /** The best level; undefined when there is none. */
  get best(): Rung | undefined {
    return this.#rungs[this.#rungs.length - 1];
  }

  /** All levels, best first, or those from a price on. The ladder must not be changed meanwhile. */
  *levels(from = 0): Generator<Rung> {
    for (let index = this.#indexFrom(from); index >= 0; index -= 1) {
      const rung = this.#rungs[index]!;
      if (rung.first !== noSlot) yield rung;
    }
  }

  /** The level of a price; undefined when nothing rests there. */
  find(price: number): Rung | undefined {
    const rung = this.#rungs[this.#search(price * this.#direction)];
    return rung?.price === price && rung.first !== noSlot ? rung : undefined;
  }

  /** The level of a resting order. */
  levelOf(slot: OrderSlot): Rung {
    const rung = this.#all[this.#pool.level[slot]!];
    const isOwn = rung !== undefined && rung.price === this.#pool.price[slot];
    assert(isOwn, "an order rests at its own price");
    return rung;
  }

  /** Puts an order at the end of its price's queue. */
  append(slot: OrderSlot): Rung {
    const { price, remaining, next, previous, level } = this.#pool;
    const rung = this.#ensure(price[slot]!);
    level[slot] = rung.number;
    previous[slot] = rung.last;
    next[slot] = noSlot;
    if (rung.last === noSlot) rung.first = slot;
    else next[rung.last] = slot;
    rung.last = slot;
    rung.quantity += remaining[slot]!;
    return rung;
  }

  /** Takes a resting order out, and its level when that is left empty; returns the level. */
  remove(slot: OrderSlot): Rung {
    const rung = this.levelOf(slot);
    this.unlink(rung, slot);
    if (rung.first === noSlot) this.drop(rung);
    return rung;
  }

  /**
   * Takes an order, with the lots it has left, out of its queue. An emptied level stays until
   * {@link drop}, so that a caller may still read it.
   */
  unlink(rung: Rung, slot: OrderSlot): void {
    this.#pool.watcher?.left(slot);
    const { remaining, next, previous } = this.#pool;
    const before = previous[slot]!;
    const after = next[slot]!;
    if (before === noSlot) rung.first = after;
    else next[before] = after;
    if (after === noSlot) rung.last = before;
    else previous[after] = before;
    rung.quantity -= remaining[slot]!;
  }

  /** Gives an emptied level up. */
  drop(rung: Rung): void {
    assert(rung.first === noSlot && rung.quantity === 0, "only an empty level is dropped");
    this.#vacant += 1;
    while (this.best?.first === noSlot) {
      this.#unused.push(this.#rungs.pop()!);
      this.#keys.pop();
      this.#vacant -= 1;
    }
    const levels = this.#rungs.length - this.#vacant;
    if (this.#vacant > levels + vacantSpare) this.#compact();
  }

  /** An assertion failure when the levels are not in order or their count is wrong. */
  checkInvariants(): void {
    let vacant = 0;
    for (const [index, rung] of this.#rungs.entries()) {
      const key = rung.price * this.#direction;
      assert(this.#keys[index] === key, "a level stands under its price");
      assert(index === 0 || this.#keys[index - 1]! < key, "levels are sorted");
      if (rung.first === noSlot) vacant += 1;
      assert(this.#all[rung.number] === rung, "a level is found by its number");
    }
    const { length } = this.#rungs;
    assert(this.#all.length === length + this.#unused.length, "every rung stands or is unused");
    assert(this.#keys.length === this.#rungs.length, "every level has a key");
    assert(this.#vacant === vacant, "vacant levels are counted");
    assert(this.best?.first !== noSlot, "the best level is never vacant");
  }

  /** Takes all vacant levels out: one pass after at least as many were emptied as there are levels. */
  #compact(): void {
    let kept = 0;
    for (const [index, rung] of this.#rungs.entries()) {
      if (rung.first === noSlot) {
        this.#unused.push(rung);
        continue;
      }
      this.#rungs[kept] = rung;
      this.#keys[kept] = this.#keys[index]!;
      kept += 1;
    }
    this.#rungs.length = kept;
    this.#keys.length = kept;
    this.#vacant = 0;
  }

  /** Index of the best level that is not better than `price`; that of the best one for 0. */
  #indexFrom(price: number): number {
    if (price === 0) return this.#rungs.length - 1;
    const index = this.#search(price * this.#direction);
    return this.#rungs[index]?.price === price ? index : index - 1;
  }

  #ensure(price: number): Rung {
    const key = price * this.#direction;
    const index = this.#search(key);
    const found = this.#rungs[index];
    if (found !== undefined && found.price === price) {
      if (found.first === noSlot) this.#vacant -= 1;
      return found;
    }
    const rung = this.#unused.pop() ?? this.#make();
    rung.price = price;
    if (index === this.#rungs.length) {
      this.#rungs.push(rung);
      this.#keys.push(key);
    } else {
      this.#rungs.splice(index, 0, rung);
      this.#keys.splice(index, 0, key);
    }
    return rung;
  }

  #make(): Rung {
    const number = this.#all.length;
    const rung: Rung = { number, price: 0, quantity: 0, first: noSlot, last: noSlot };
    this.#all.push(rung);
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
