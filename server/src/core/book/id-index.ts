/**
 * Finds an open order's row by its id: a hash table of rows with linear probing. Its memory is
 * reserved together with the pool's, so that it never pauses to grow as orders come, and it keeps no
 * tombstones.
 */
import { assert } from "../assert.ts";
import { noSlot, type OrderPool, type OrderSlot } from "./order-pool.ts";

/** Ids in a stretch whose homes are neighbours: 8, half a cache line. */
const stretchBits = 3;
const stretchMask = 2 ** stretchBits - 1;

/** Rows of a pool by order id; a pool has one index, whose places are of the pool's memory. */
export class IdIndex {
  readonly #pool: OrderPool;
  #id: Float64Array;
  /** Row + 1, or 0 for an empty place; at most half of the places are taken. */
  #places: Int32Array;
  #mask: number;
  #size = 0;

  constructor(pool: OrderPool) {
    this.#pool = pool;
    this.#id = pool.id;
    this.#places = pool.places;
    this.#mask = pool.places.length - 1;
  }

  /** Takes the places of a pool that has grown, and finds all rows again. */
  rebuild(): void {
    const taken = this.#size === 0 ? [] : this.#places.filter((place) => place !== 0);
    this.#id = this.#pool.id;
    this.#places = this.#pool.places;
    this.#mask = this.#places.length - 1;
    for (const place of taken) this.#places[this.#placeOf(this.#id[place - 1]!)] = place;
  }

  /** Orders in the index. */
  get size(): number {
    return this.#size;
  }

  /** The row of an order; {@link noSlot} when it is not here. */
  find(id: number): OrderSlot {
    return this.#places[this.#placeOf(id)]! - 1;
  }

  /** Adds a row under the id that the pool has for it. */
  add(slot: OrderSlot): void {
    const place = this.#placeOf(this.#id[slot]!);
    assert(this.#places[place] === 0, "an id is indexed once");
    this.#places[place] = slot + 1;
    this.#size += 1;
  }

  /** Takes a row out, before the pool forgets its id. */
  remove(slot: OrderSlot): void {
    const place = this.#placeOf(this.#id[slot]!);
    assert(this.#places[place] === slot + 1, "only an indexed order is taken out");
    this.#size -= 1;
    this.#closeGap(place);
  }

  /** The place where an id is, or the empty one where it belongs. */
  #placeOf(id: number): number {
    let place = this.#home(id);
    for (;;) {
      const taken = this.#places[place]!;
      if (taken === noSlot + 1 || this.#id[taken - 1] === id) return place;
      place = (place + 1) & this.#mask;
    }
  }

  /** Moves later rows of the same run forward, so that none is behind an empty place. */
  #closeGap(start: number): void {
    let gap = start;
    let place = (gap + 1) & this.#mask;
    while (this.#places[place] !== 0) {
      const home = this.#home(this.#id[this.#places[place]! - 1]!);
      const distance = (place - home) & this.#mask;
      if (distance >= ((place - gap) & this.#mask)) {
        this.#places[gap] = this.#places[place]!;
        gap = place;
      }
      place = (place + 1) & this.#mask;
    }
    this.#places[gap] = 0;
  }

  #home(id: number): number {
    // Ids that follow each other are used together, so a stretch of them shares a cache line. The odd
    // factor scatters the stretches, and ids less than a table apart never have the same home.
    const stretch = Math.imul(id >>> stretchBits, 0x9e3779b1) << stretchBits;
    return (stretch | (id & stretchMask)) & this.#mask;
  }
}
