/**
 * All open orders of the exchange as columns, one row (a slot) for each. The memory is reserved at once
 * for the most orders there may be and touched only as it is used; rows are reused and keep their
 * numbers. It knows nothing about priority: books order the slots.
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

/** Is told what resting orders lose, while some of them are counted in pieces. */
export interface RestingWatcher {
  /** Lots were taken off an order that rests, or rested until then. */
  reduced(slot: OrderSlot, lots: number): void;
  /** An order with the lots it has left goes out of its queue; its row and lists are as they were. */
  left(slot: OrderSlot): void;
}

/** Columns of the open orders. */
export class OrderPool {
  /** Whoever counts at the moment; books tell it. */
  watcher: RestingWatcher | undefined = undefined;
  capacity: number = 0;
  id: Float64Array = new Float64Array(0);
  user: Int32Array = new Int32Array(0);
  market: Int32Array = new Int32Array(0);
  price: Float64Array = new Float64Array(0);
  quantity: Float64Array = new Float64Array(0);
  /** Lots still to trade. Quantity − filled, less what self-trade prevention took away. */
  remaining: Float64Array = new Float64Array(0);
  filled: Float64Array = new Float64Array(0);
  createdUs: Float64Array = new Float64Array(0);
  /** Market price in ticks that cancels the order; 0 for none. */
  stopPrice: Float64Array = new Float64Array(0);
  /** Neighbours among the orders of one price. */
  next: Int32Array = new Int32Array(0);
  previous: Int32Array = new Int32Array(0);
  /** Where the order's price level is found; the ladder's own number. */
  level: Int32Array = new Int32Array(0);
  /** Neighbours among the orders of one owner. */
  nextOfUser: Int32Array = new Int32Array(0);
  previousOfUser: Int32Array = new Int32Array(0);
  /** Places of the {@link IdIndex}: two or more for each row, and a power of two. */
  places: Int32Array = new Int32Array(2);
  #side: Uint8Array = new Uint8Array(0);
  /** Quote atoms asked for by value and traded so far, and the owner's own id: most rows have none. */
  readonly value: bigint[] = [];
  readonly filledValue: bigint[] = [];
  readonly clientId: (string | undefined)[] = [];

  #firstFree: OrderSlot = noSlot;
  #used = 0;
  #open = 0;

  /** With room for no order, unless it is said for how many. */
  constructor(capacity = 0) {
    if (capacity > 0) this.reserve(capacity);
  }

  /**
   * Makes room for `capacity` orders, which is more than there is room for. All columns are new ones
   * afterwards: nobody may keep one across this.
   */
  reserve(capacity: number): void {
    assert(Number.isSafeInteger(capacity) && capacity > this.capacity, "an order pool only grows");
    this.capacity = capacity;
    const room = new ColumnRoom(capacity);
    this.id = grown(this.id, room.floats());
    this.price = grown(this.price, room.floats());
    this.quantity = grown(this.quantity, room.floats());
    this.remaining = grown(this.remaining, room.floats());
    this.filled = grown(this.filled, room.floats());
    this.createdUs = grown(this.createdUs, room.floats());
    this.stopPrice = grown(this.stopPrice, room.floats());
    this.user = grown(this.user, room.integers());
    this.market = grown(this.market, room.integers());
    this.next = grown(this.next, room.integers());
    this.previous = grown(this.previous, room.integers());
    this.level = grown(this.level, room.integers());
    this.nextOfUser = grown(this.nextOfUser, room.integers());
    this.previousOfUser = grown(this.previousOfUser, room.integers());
    this.places = room.places();
    this.#side = grown(this.#side, room.bytes());
  }

  /** Open orders. */
  get size(): number {
    return this.#open;
  }

  /** Rows that were ever used; in a closed one the id is 0. */
  get rows(): number {
    return this.#used;
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

/** Bytes of a row in the columns of {@link OrderPool.reserve}, without places of the index. */
const rowBytes = 7 * Float64Array.BYTES_PER_ELEMENT + 7 * Int32Array.BYTES_PER_ELEMENT + 1;

/**
 * The memory of all columns, in one piece. A piece as large as that of the usual limit comes from the
 * operating system untouched, while columns by themselves may be given memory that was used before and
 * has to be cleared at once: tens of milliseconds and of megabytes for rows that nobody uses.
 *
 * It is shared memory, though nobody shares it, because V8 counts all other buffers as memory in use: the
 * 100 MB that are not touched yet made it search the whole heap each time that an exchange was made.
 */
class ColumnRoom {
  readonly #capacity: number;
  readonly #places: number;
  readonly #buffer: SharedArrayBuffer;
  #taken = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#places = 2 ** Math.ceil(Math.log2(capacity * 2));
    const placesBytes = this.#places * Int32Array.BYTES_PER_ELEMENT;
    this.#buffer = new SharedArrayBuffer(capacity * rowBytes + placesBytes);
  }

  /** Columns of wide values come before those of narrow ones, so that each begins where it may. */
  floats(): Float64Array {
    return new Float64Array(this.#buffer, this.#take(8 * this.#capacity), this.#capacity);
  }

  integers(): Int32Array {
    return new Int32Array(this.#buffer, this.#take(4 * this.#capacity), this.#capacity);
  }

  places(): Int32Array {
    return new Int32Array(this.#buffer, this.#take(4 * this.#places), this.#places);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(this.#capacity), this.#capacity);
  }

  /** Where the next column begins. */
  #take(bytes: number): number {
    const at = this.#taken;
    this.#taken += bytes;
    assert(this.#taken <= this.#buffer.byteLength, "the room holds every column");
    return at;
  }
}

/** A larger column with what the smaller one has. */
function grown<Column extends Float64Array | Int32Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
