/**
 * A made-up flow of orders in the mix that exchange-core publishes its figures for: 9 % limit orders,
 * 3 % immediate-or-cancel, 6 % cancels, 82 % moves. It is kept in columns, so that a long flow is no
 * burden to the garbage collector, and every operation in it is one that succeeds.
 */
import { assert } from "../../../server/src/core/assert.ts";
import { oppositeOf } from "../../../server/src/core/book/book.ts";
import { FastBook } from "../../../server/src/core/book/fast-book.ts";
import type { Side } from "../../../server/src/core/market/rules.ts";
import { type BookOrder, DrivenBook } from "./driven-book.ts";
import { createRandom } from "./random.ts";

/** What flow to make. */
export interface OrderFlowOptions {
  readonly seed: number;
  /** At most {@link flowMarketsMax}. */
  readonly markets: number;
  /** An even number: users of even number only buy, the others only sell. */
  readonly users: number;
  /** Orders that rest in each market, about. */
  readonly resting: number;
  /** Operations after each market has been filled. */
  readonly operations: number;
}

/** What an operation does. */
export type OperationKind = "limit" | "immediate" | "cancel" | "move";

/** One operation before it is put into columns. */
interface Operation {
  readonly kind: OperationKind;
  readonly user: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly target: number;
}

/** Most markets of a flow. */
export const flowMarketsMax = 6;

/** The position is the number in the column. */
const kinds: readonly OperationKind[] = ["limit", "immediate", "cancel", "move"];

/** Shares of the first three kinds of 100; the rest are moves. */
const limitShare = 9;
const immediateShare = 3;
const cancelShare = 6;

/** Price in ticks at which a market starts. */
const startPrice = 1_000_000;

/** Orders rest evenly spread over so many ticks of each side: 1,000 of them have some 750 prices. */
const widthTicks = 1_050;

/** Most ticks that a move goes, and that a limit order which takes goes past the best price. */
const stepTicks = 16;
const crossTicks = 4;

/** Most lots of a small order. */
const smallLots = 6;

/** Rows looked at for a resting order before something must be wrong. */
const picksMax = 10_000;

/** Room of a market's book over what should rest there. */
const roomFactor = 4;

/** Operations in columns; the id of an order is the number of its operation, counted from 1. */
export class OrderFlow {
  readonly options: OrderFlowOptions;
  /** Operations at the start that fill the markets and are not part of the mix. */
  readonly fillLength: number;
  readonly length: number;
  readonly market: Uint8Array;
  readonly user: Uint16Array;
  /** Ticks; 0 for a cancel. */
  readonly price: Int32Array;
  /** Lots; those that were left for a move, 0 for a cancel. */
  readonly quantity: Int32Array;
  /** Id of the order that is cancelled or moved; 0 for none. A moved order has a new id. */
  readonly target: Int32Array;
  readonly #kind: Uint8Array;
  readonly #isSell: Uint8Array;

  constructor(options: OrderFlowOptions) {
    const { markets, resting, operations, users } = options;
    assert(markets >= 1 && markets <= flowMarketsMax, "a flow has 1 to 6 markets");
    assert(users >= 2 && users % 2 === 0, "there are as many buyers as sellers");
    this.options = options;
    this.fillLength = markets * resting;
    const length = this.fillLength + operations;
    this.length = length;
    this.market = new Uint8Array(length);
    this.user = new Uint16Array(length);
    this.price = new Int32Array(length);
    this.quantity = new Int32Array(length);
    this.target = new Int32Array(length);
    this.#kind = new Uint8Array(length);
    this.#isSell = new Uint8Array(length);
  }

  kind(at: number): OperationKind {
    return kinds[this.#kind[at]!]!;
  }

  side(at: number): Side {
    return this.#isSell[at] === 1 ? "sell" : "buy";
  }

  /** Puts an operation at its place. */
  set(at: number, market: number, operation: Operation): void {
    const { kind, user, side, price, quantity, target } = operation;
    this.market[at] = market;
    this.user[at] = user;
    this.price[at] = price;
    this.quantity[at] = quantity;
    this.target[at] = target;
    this.#kind[at] = kinds.indexOf(kind);
    this.#isSell[at] = side === "sell" ? 1 : 0;
  }
}

/** Makes a flow: the same one for the same options. */
export function createOrderFlow(options: OrderFlowOptions): OrderFlow {
  const flow = new OrderFlow(options);
  const random = createRandom(options.seed);
  const markets = Array.from({ length: options.markets }, () => new MarketFlow(options, random));
  for (let at = 0; at < flow.length; at += 1) {
    const isFilling = at < flow.fillLength;
    const index = isFilling ? at % markets.length : Math.floor(random() * markets.length);
    const market = markets[index]!;
    const operation = isFilling ? market.passive() : market.draw();
    market.apply(operation, at + 1);
    flow.set(at, index, operation);
  }
  return flow;
}

/** Applies one operation of a flow of one market to a book. */
export function driveBook(book: DrivenBook, flow: OrderFlow, at: number): void {
  switch (flow.kind(at)) {
    case "move":
      book.move(flow.target[at]!, flow.price[at]!, at + 1);
      break;
    case "cancel":
      book.cancel(flow.target[at]!);
      break;
    case "limit":
      book.place(orderAt(flow, at), true);
      break;
    case "immediate":
      book.place(orderAt(flow, at), false);
  }
}

function orderAt(flow: OrderFlow, at: number): BookOrder {
  return {
    id: at + 1,
    user: flow.user[at]!,
    side: flow.side(at),
    price: flow.price[at]!,
    quantity: flow.quantity[at]!,
  };
}

/** Draws the operations of one market and follows its book, so that they fit. */
class MarketFlow {
  readonly #options: OrderFlowOptions;
  readonly #random: () => number;
  readonly #book: DrivenBook;
  /** Rows of the book's pool that were ever used. */
  #rows = 0;

  constructor(options: OrderFlowOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#book = new DrivenBook((pool) => new FastBook(pool), options.resting * roomFactor);
    this.#book.lastPrice = startPrice;
  }

  draw(): Operation {
    const lot = this.#below(100);
    if (lot < limitShare) return this.#limit();
    if (lot < limitShare + immediateShare) return this.#immediate();
    if (lot < limitShare + immediateShare + cancelShare) return this.#cancel();
    return this.#move();
  }

  apply({ kind, target, ...order }: Operation, id: number): void {
    const book = this.#book;
    if (kind === "move") book.move(target, order.price, id);
    else if (kind === "cancel") book.cancel(target);
    else book.place({ id, ...order }, kind === "limit");
    this.#rows = Math.max(this.#rows, book.pool.size);
    assert(book.lastPrice > widthTicks, "prices stay positive");
  }

  /** A limit order that rests. */
  passive(): Operation {
    const side = this.#shorterSide();
    return this.#order("limit", side, this.#priceAt(side, 1 + this.#below(widthTicks)));
  }

  /** A limit order; it takes when more than enough orders rest already. */
  #limit(): Operation {
    const { resting } = this.#book;
    if (resting.buy + resting.sell <= this.#options.resting) return this.passive();
    const side = this.#shorterSide();
    const beyond = this.#below(crossTicks);
    const best = this.#book.bestPrice(oppositeOf(side));
    return this.#order("limit", side, side === "buy" ? best + beyond : best - beyond);
  }

  /** An order that takes; it is small when fewer than enough orders rest. */
  #immediate(): Operation {
    const { resting } = this.#book;
    const side = this.#random() < 0.5 ? "buy" : "sell";
    const price = this.#priceAt(oppositeOf(side), widthTicks);
    const order = this.#order("immediate", side, price);
    if (resting.buy + resting.sell >= this.#options.resting) return order;
    return { ...order, quantity: 1 + this.#below(smallLots) };
  }

  #cancel(): Operation {
    const { price: _, ...order } = this.#pick();
    return { kind: "cancel", ...order, price: 0, quantity: 0 };
  }

  /** A resting order goes some ticks towards the last price or away from it. */
  #move(): Operation {
    const order = this.#pick();
    const distance = Math.abs(order.price - this.#book.lastPrice);
    const step = 1 + this.#below(stepTicks);
    const wanted = this.#random() < 0.5 ? distance - step : distance + step;
    const price = this.#priceAt(order.side, Math.min(Math.max(wanted, 0), widthTicks));
    return { kind: "move", ...order, price };
  }

  #order(kind: OperationKind, side: Side, price: number): Operation {
    const pair = this.#below(this.#options.users / 2);
    const user = 2 * pair + (side === "sell" ? 1 : 0);
    const quantity = 1 + this.#below(6) * this.#below(6) * this.#below(6);
    return { kind, user, side, price, quantity, target: 0 };
  }

  /** Any of the resting orders. */
  #pick(): Omit<Operation, "kind"> {
    const { pool } = this.#book;
    for (let pick = 0; pick < picksMax; pick += 1) {
      const slot = this.#below(this.#rows);
      const id = pool.id[slot]!;
      if (id === 0) continue;
      return {
        user: pool.user[slot]!,
        side: pool.side(slot),
        price: pool.price[slot]!,
        quantity: pool.remaining[slot]!,
        target: id,
      };
    }
    throw new Error("no order rests in the market");
  }

  /** The price so many ticks behind the last one. */
  #priceAt(side: Side, distance: number): number {
    const { lastPrice } = this.#book;
    return side === "buy" ? lastPrice - distance : lastPrice + distance;
  }

  #shorterSide(): Side {
    return this.#book.resting.buy < this.#book.resting.sell ? "buy" : "sell";
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}
