/**
 * The book that runs: sorted levels, each a linked queue of pool rows. Best price, append at a known
 * level and each match step are O(1); finding a level is a binary search.
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
import { Ladder, type Rung } from "./ladder.ts";
import { noSlot, type OrderPool, type OrderSlot } from "./order-pool.ts";
import { QueueCount } from "./queue-count.ts";

/** How far a preview has come. */
interface Run {
  remaining: number;
  budget: bigint | undefined;
  quantity: number;
  notional: bigint;
}

/** A book over the rows of a pool. */
export class FastBook implements Book {
  readonly #pool: OrderPool;
  readonly #bids: Ladder;
  readonly #asks: Ladder;
  /** A level of which {@link checkLevels} has seen a part. */
  #begun: QueueCount | undefined;

  constructor(pool: OrderPool) {
    this.#pool = pool;
    this.#bids = new Ladder(pool, "buy");
    this.#asks = new Ladder(pool, "sell");
  }

  add(slot: OrderSlot): number {
    return this.#ladder(this.#pool.side(slot)).append(slot).quantity;
  }

  remove(slot: OrderSlot): number {
    return this.#ladder(this.#pool.side(slot)).remove(slot).quantity;
  }

  reduce(slot: OrderSlot, by: number): number {
    const { remaining } = this.#pool;
    const rung = this.#ladder(this.#pool.side(slot)).levelOf(slot);
    assert(by > 0 && by < remaining[slot]!, "a reduced order keeps some lots");
    remaining[slot] = remaining[slot]! - by;
    rung.quantity -= by;
    this.#pool.watcher?.reduced(slot, by);
    return rung.quantity;
  }

  bestPrice(side: Side): number {
    return this.#ladder(side).best?.price ?? 0;
  }

  quantityAt(side: Side, price: number): number {
    return this.#ladder(side).find(price)?.quantity ?? 0;
  }

  levels(side: Side, count: number): readonly Level[] {
    const levels: Level[] = [];
    for (const { price, quantity } of this.#ladder(side).levels()) {
      if (levels.length >= count) break;
      levels.push({ price, quantity });
    }
    return levels;
  }

  slots(side: Side): readonly OrderSlot[] {
    const slots: OrderSlot[] = [];
    for (const rung of this.#ladder(side).levels()) {
      for (let slot = rung.first; slot !== noSlot; slot = this.#pool.next[slot]!) slots.push(slot);
    }
    return slots;
  }

  *eachSlot(side: Side): Generator<OrderSlot> {
    for (const rung of this.#ladder(side).levels()) {
      for (let slot = rung.first; slot !== noSlot; slot = this.#pool.next[slot]!) yield slot;
    }
  }

  take(taker: Taker, sink: MatchSink): TakeEnd {
    const takerSide = this.#pool.side(taker.slot);
    const ladder = this.#ladder(oppositeOf(takerSide));
    while (this.#pool.remaining[taker.slot]! > 0) {
      const rung = ladder.best;
      if (rung === undefined || !accepts(takerSide, taker.limit, rung.price)) return "done";
      const before = rung.quantity;
      const end = this.#takeRung(rung, taker, sink);
      if (rung.first === noSlot) ladder.drop(rung);
      if (rung.quantity !== before) {
        sink.levelChanged(oppositeOf(takerSide), rung.price, rung.quantity);
      }
      // A level that is left standing has ended the taker's run, whatever the reason.
      if (end === "self-trade" || rung.first !== noSlot) return end;
    }
    return "done";
  }

  preview(taker: Taker): Preview {
    const takerSide = this.#pool.side(taker.slot);
    const ladder = this.#ladder(oppositeOf(takerSide));
    const remaining = this.#pool.remaining[taker.slot]!;
    const run: Run = { remaining, budget: taker.budget, quantity: 0, notional: 0n };
    for (const rung of ladder.levels()) {
      if (!accepts(takerSide, taker.limit, rung.price)) break;
      if (!this.#previewRung(rung, taker, run)) break;
    }
    return { quantity: run.quantity, notional: run.notional };
  }

  checkInvariants(): void {
    for (const side of ["buy", "sell"] as const) {
      const ladder = this.#ladder(side);
      ladder.checkInvariants();
      for (const rung of ladder.levels()) {
        this.#countOf(ladder, rung).step(Number.POSITIVE_INFINITY);
      }
    }
  }

  checkOrder(slot: OrderSlot): void {
    const { next, previous } = this.#pool;
    const rung = this.#ladder(this.#pool.side(slot)).levelOf(slot);
    const before = previous[slot]!;
    const leads = before === noSlot ? rung.first : next[before];
    assert(leads === slot, "an open order is in the queue of its level");
  }

  checkLevels(side: Side, from: number, count: number): CheckedLevels {
    const ladder = this.#ladder(side);
    const begun = this.#begun;
    this.#watch(undefined);
    let orders = 0;
    for (const rung of ladder.levels(from)) {
      if (orders >= count) return { orders, next: rung.price };
      const queue = begun?.rung === rung ? begun : this.#countOf(ladder, rung);
      orders += queue.step(count - orders);
      if (queue.isDone) continue;
      this.#watch(queue);
      return { orders, next: rung.price };
    }
    return { orders, next: 0 };
  }

  #watch(queue: QueueCount | undefined): void {
    this.#begun = queue;
    this.#pool.watcher = queue;
  }

  #countOf(ladder: Ladder, rung: Rung): QueueCount {
    assert(ladder.find(rung.price) === rung, "a level is found by its price");
    return new QueueCount(this.#pool, ladder, rung);
  }

  #takeRung(rung: Rung, taker: Taker, sink: MatchSink): TakeEnd {
    const { user, next } = this.#pool;
    const owner = user[taker.slot]!;
    let maker = rung.first;
    while (maker !== noSlot && this.#mayTrade(taker, rung.price)) {
      const after = next[maker]!;
      if (user[maker] !== owner) {
        sink.filled(maker, this.#reduceBoth(rung, maker, taker));
      } else if (taker.selfTrade === "decrement") {
        sink.decremented(maker, this.#reduceBoth(rung, maker, taker));
      } else {
        if (taker.selfTrade === "cancel-newest") return "self-trade";
        this.#leave(rung, maker);
        sink.cancelled(maker);
        if (taker.selfTrade === "cancel-both") return "self-trade";
      }
      maker = after;
    }
    return "done";
  }

  #mayTrade(taker: Taker, price: number): boolean {
    return this.#pool.remaining[taker.slot]! > 0 && affordable(taker.budget, price, 1) > 0;
  }

  /** Takes the same lots from both orders, as many as the taker's budget affords. */
  #reduceBoth(rung: Rung, maker: OrderSlot, taker: Taker): number {
    const { remaining } = this.#pool;
    const both = Math.min(remaining[taker.slot]!, remaining[maker]!);
    const quantity = affordable(taker.budget, rung.price, both);
    if (taker.budget !== undefined) taker.budget -= notionalOf(rung.price, quantity);
    remaining[taker.slot] = remaining[taker.slot]! - quantity;
    remaining[maker] = remaining[maker]! - quantity;
    rung.quantity -= quantity;
    this.#pool.watcher?.reduced(maker, quantity);
    if (remaining[maker] === 0) this.#leave(rung, maker);
    return quantity;
  }

  /** Follows the taker through one level; false when it would go no further. */
  #previewRung(rung: Rung, taker: Taker, run: Run): boolean {
    const { user, remaining, next } = this.#pool;
    for (let maker = rung.first; maker !== noSlot; maker = next[maker]!) {
      const own = user[maker] === user[taker.slot];
      if (own && taker.selfTrade === "cancel-oldest") continue;
      if (own && taker.selfTrade !== "decrement") return false;
      const both = Math.min(run.remaining, remaining[maker]!);
      const quantity = affordable(run.budget, rung.price, both);
      const notional = notionalOf(rung.price, quantity);
      run.remaining -= quantity;
      run.notional += notional;
      if (run.budget !== undefined) run.budget -= notional;
      if (!own) run.quantity += quantity;
      if (quantity < remaining[maker]!) return false;
    }
    return true;
  }

  #leave(rung: Rung, maker: OrderSlot): void {
    this.#ladder(this.#pool.side(maker)).unlink(rung, maker);
  }

  #ladder(side: Side): Ladder {
    return side === "buy" ? this.#bids : this.#asks;
  }
}
