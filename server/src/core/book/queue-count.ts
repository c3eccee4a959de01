/**
 * Examines the orders of one price in pieces, with commands between them. What the counted ones lose
 * meanwhile is taken off the count, so that its end is as exact as if nothing had happened. Queues are
 * by age, which is how the counted orders are told from those that are still to come.
 */
import { assert } from "../assert.ts";
import type { Side } from "../market/rules.ts";
import type { Ladder, Rung } from "./ladder.ts";
import { noSlot, type OrderPool, type OrderSlot, type RestingWatcher } from "./order-pool.ts";

/** The count of one level's queue. */
export class QueueCount implements RestingWatcher {
  readonly rung: Rung;
  readonly #pool: OrderPool;
  readonly #ladder: Ladder;
  readonly #market: number;
  readonly #side: Side;
  /** The last order that was counted and is still there, and the id of the last one that was counted. */
  #last: OrderSlot = noSlot;
  #lastId = 0;
  #lots = 0;
  #isDone = false;

  /** Begins with the oldest order of a level that has one. */
  constructor(pool: OrderPool, ladder: Ladder, rung: Rung) {
    this.#pool = pool;
    this.#ladder = ladder;
    this.rung = rung;
    this.#market = pool.market[rung.first]!;
    this.#side = pool.side(rung.first);
  }

  /** Whether all orders were examined. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Examines up to `count` more orders and returns how many it did; the level still stands. */
  step(count: number): number {
    const { id, remaining, next, previous, market } = this.#pool;
    let orders = 0;
    let slot = this.#last === noSlot ? this.rung.first : next[this.#last]!;
    for (; slot !== noSlot && orders < count; slot = next[slot]!) {
      assert(previous[slot] === this.#last, "a queue is linked both ways");
      assert(market[slot] === this.#market, "an order rests in its own market");
      assert(this.#pool.side(slot) === this.#side, "an order rests on its own side");
      assert(this.#ladder.levelOf(slot) === this.rung, "an order knows its own level");
      assert(remaining[slot]! > 0, "a resting order has lots left");
      assert(id[slot]! > this.#lastId, "a queue is by age");
      this.#lots += remaining[slot]!;
      this.#last = slot;
      this.#lastId = id[slot]!;
      orders += 1;
    }
    if (slot === noSlot) this.#end();
    return orders;
  }

  reduced(slot: OrderSlot, lots: number): void {
    if (this.#isCounted(slot)) this.#lots -= lots;
  }

  left(slot: OrderSlot): void {
    if (!this.#isCounted(slot)) return;
    this.#lots -= this.#pool.remaining[slot]!;
    if (slot === this.#last) this.#last = this.#pool.previous[slot]!;
  }

  #isCounted(slot: OrderSlot): boolean {
    const { id, level, market } = this.#pool;
    return (
      id[slot]! <= this.#lastId &&
      level[slot] === this.rung.number &&
      market[slot] === this.#market &&
      this.#pool.side(slot) === this.#side
    );
  }

  #end(): void {
    const { last, quantity } = this.rung;
    assert(this.#last !== noSlot && last === this.#last, "a level ends with its last order");
    assert(this.#lots === quantity, "a level's quantity is the sum of its orders");
    this.#isDone = true;
  }
}
