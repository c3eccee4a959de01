/**
 * All open orders of the exchange as columns, one row (a slot) for each. The memory is reserved once
 * for the most orders there may be and touched only as it is used; rows are reused, never moved.
 * It knows nothing about priority: books order the slots.
 */
import { assert } from "../assert.ts";
import type { Side } from "../market/rules.ts";

/** Row of an open order; meaningless once the order is closed. */
export type OrderSlot = number;

/** The end of a linked list. */
export const noSlot: OrderSlot = -1;

const sideCodes = { buy: 0, sell: 1 } as const;

/** What a new row holds; everything else starts at nothing. */
export interface NewOrder {
  /** Sequence of the command that placed the order. */
  readonly id: number;
  /** Index of the owner. */
  readonly user: number;
  /** Index of the market. */
  readonly market: number;
  readonly side: Side;
  /** Limit in ticks, 0 for a market order. */
  readonly price: number;
  /** Lots; 0 for a market order by value. */
  readonly quantity: number;
  /** Quote atoms of a market order by value, else 0. */
  readonly value: bigint;
  /** Ticks; 0 for none. */
  readonly stopPrice: number;
  readonly clientId: string | undefined;
  readonly createdUs: number;
}

/** Columns of the open orders. */
export class OrderPool {
  readonly capacity: number;
  readonly id: Float64Array;
  readonly user: Int32Array;
  readonly market: Int32Array;
  readonly price: Float64Array;
  readonly quantity: Float64Array;
  /** Lots still to trade. Quantity − filled, less what self-trade prevention took away. */
  readonly remaining: Float64Array;
  readonly filled: Float64Array;
  readonly createdUs: Float64Array;
  /** Market price in ticks that cancels the order; 0 for none. */
  readonly stopPrice: Float64Array;
  /** Neighbours among the orders of one price. */
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Where the order's price level is found; the ladder's own number. */
  readonly level: Int32Array;
  /** Neighbours among the orders of one owner. */
  readonly nextOfUser: Int32Array;
  readonly previousOfUser: Int32Array;
  readonly #side: Uint8Array;
  /** Quote atoms asked for by value and traded so far, and the owner's own id: most rows have none. */
  readonly value: bigint[] = [];
  readonly filledValue: bigint[] = [];
  readonly clientId: (string | undefined)[] = [];

  #firstFree: OrderSlot = noSlot;
  #used = 0;
  #open = 0;

  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity > 0, "an order pool has a capacity");
    this.capacity = capacity;
    this.id = new Float64Array(capacity);
    this.user = new Int32Array(capacity);
    this.market = new Int32Array(capacity);
    this.price = new Float64Array(capacity);
    this.quantity = new Float64Array(capacity);
    this.remaining = new Float64Array(capacity);
    this.filled = new Float64Array(capacity);
    this.createdUs = new Float64Array(capacity);
    this.stopPrice = new Float64Array(capacity);
    this.next = new Int32Array(capacity);
    this.previous = new Int32Array(capacity);
    this.level = new Int32Array(capacity);
    this.nextOfUser = new Int32Array(capacity);
    this.previousOfUser = new Int32Array(capacity);
    this.#side = new Uint8Array(capacity);
  }

  /** Open orders. */
  get size(): number {
    return this.#open;
  }

  /** Whether no further order fits. */
  get isFull(): boolean {
    return this.#open === this.capacity;
  }

  side(slot: OrderSlot): Side {
    return this.#side[slot] === sideCodes.buy ? "buy" : "sell";
  }

  /** Fills a free row. The caller has checked {@link isFull}. */
  open(order: NewOrder): OrderSlot {
    assert(!this.isFull, "an open order has a row");
    const slot = this.#freeSlot();
    this.#open += 1;
    this.id[slot] = order.id;
    this.user[slot] = order.user;
    this.market[slot] = order.market;
    this.#side[slot] = sideCodes[order.side];
    this.price[slot] = order.price;
    this.quantity[slot] = order.quantity;
    this.remaining[slot] = order.quantity;
    this.filled[slot] = 0;
    this.createdUs[slot] = order.createdUs;
    this.stopPrice[slot] = order.stopPrice;
    this.next[slot] = noSlot;
    this.previous[slot] = noSlot;
    this.nextOfUser[slot] = noSlot;
    this.previousOfUser[slot] = noSlot;
    this.value[slot] = order.value;
    this.filledValue[slot] = 0n;
    this.clientId[slot] = order.clientId;
    return slot;
  }

  /** Gives a row back. The order has to be out of every list. */
  close(slot: OrderSlot): void {
    assert(this.id[slot] !== 0, "only an open order is closed");
    this.id[slot] = 0;
    this.clientId[slot] = undefined;
    this.filledValue[slot] = 0n;
    this.next[slot] = this.#firstFree;
    this.#firstFree = slot;
    this.#open -= 1;
  }

  #freeSlot(): OrderSlot {
    const slot = this.#firstFree;
    if (slot === noSlot) {
      this.#used += 1;
      return this.#used - 1;
    }
    this.#firstFree = this.next[slot]!;
    return slot;
  }
}
