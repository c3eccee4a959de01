/**
 * A book with the rows and the index of ids that the exchange keeps beside it, driven the way the
 * exchange drives it. There are no wallets, no fees and no events, and nobody meets their own orders.
 */
import { assert } from "../../../server/src/core/assert.ts";
import type { Book, Level, MatchSink } from "../../../server/src/core/book/book.ts";
import { IdIndex } from "../../../server/src/core/book/id-index.ts";
import {
  type NewOrder,
  noSlot,
  OrderPool,
  type OrderSlot,
} from "../../../server/src/core/book/order-pool.ts";
import type { Side } from "../../../server/src/core/market/rules.ts";

/** The part of an order that a book and its rows need. */
export interface BookOrder {
  readonly id: number;
  readonly user: number;
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
}

/** One market's book under load. */
export class DrivenBook implements MatchSink {
  readonly pool: OrderPool;
  readonly #book: Book;
  readonly #index: IdIndex;
  /** Orders resting on each side. */
  readonly resting: Record<Side, number> = { buy: 0, sell: 0 };
  /** Price of the latest trade in ticks; 0 before the first one. */
  lastPrice = 0;
  trades = 0;
  tradedLots = 0;

  constructor(createBook: (pool: OrderPool) => Book, capacity: number) {
    this.pool = new OrderPool(capacity);
    this.#book = createBook(this.pool);
    this.#index = new IdIndex(this.pool);
  }

  /** Matches an order; what remains of it rests when it is to rest, and is gone otherwise. */
  place(order: BookOrder, rests: boolean): void {
    const slot = this.pool.open(newOrder(order));
    this.#index.add(slot);
    this.#book.take(
      { slot, limit: order.price, selfTrade: "cancel-newest", budget: undefined },
      this,
    );
    if (rests && this.pool.remaining[slot]! > 0) {
      this.#book.add(slot);
      this.resting[order.side] += 1;
    } else {
      this.#close(slot);
    }
  }

  /** Takes a resting order out. */
  cancel(id: number): void {
    this.#leave(this.#find(id));
  }

  /** Cancels a resting order and places what was left of it at another price under a new id. */
  move(id: number, price: number, newId: number): void {
    const slot = this.#find(id);
    const { user, remaining } = this.pool;
    const order = {
      id: newId,
      user: user[slot]!,
      side: this.pool.side(slot),
      price,
      quantity: remaining[slot]!,
    };
    this.#leave(slot);
    this.place(order, true);
  }

  /** Best price of a side in ticks; 0 when it is empty. */
  bestPrice(side: Side): number {
    return this.#book.bestPrice(side);
  }

  /** All levels of a side, best first. */
  levels(side: Side): readonly Level[] {
    return this.#book.levels(side, this.resting[side]);
  }

  filled(maker: OrderSlot, quantity: number): void {
    this.lastPrice = this.pool.price[maker]!;
    this.trades += 1;
    this.tradedLots += quantity;
    if (this.pool.remaining[maker]! > 0) return;
    this.resting[this.pool.side(maker)] -= 1;
    this.#close(maker);
  }

  cancelled(): void {
    assert(false, "nobody meets their own orders");
  }

  decremented(): void {
    assert(false, "nobody meets their own orders");
  }

  /** Depth is not followed here. */
  levelChanged(): void {}

  #find(id: number): OrderSlot {
    const slot = this.#index.find(id);
    assert(slot !== noSlot, "the flow speaks of resting orders only");
    return slot;
  }

  #leave(slot: OrderSlot): void {
    this.#book.remove(slot);
    this.resting[this.pool.side(slot)] -= 1;
    this.#close(slot);
  }

  #close(slot: OrderSlot): void {
    this.#index.remove(slot);
    this.pool.close(slot);
  }
}

function newOrder({ id, user, side, price, quantity }: BookOrder): NewOrder {
  return {
    id,
    user,
    market: 0,
    side,
    price,
    quantity,
    value: 0n,
    stopPrice: 0,
    clientId: undefined,
    createdUs: 0,
  };
}
