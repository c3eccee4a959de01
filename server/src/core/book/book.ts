/**
 * What a price-time priority book can do. A book orders the slots of one market and matches a taker
 * against them; it knows no money, no fees and no ids. Two implementations share one contract suite:
 * the fast one that runs, and the naive one that is its oracle.
 */
import type { Side } from "../market/rules.ts";
import type { OrderSlot } from "./order-pool.ts";

/** What happens when an owner's new order meets an own resting one. */
export type SelfTradePrevention = "cancel-newest" | "cancel-oldest" | "cancel-both" | "decrement";

/** All modes, the default first. */
export const selfTradePreventions: readonly SelfTradePrevention[] = [
  "cancel-newest",
  "cancel-oldest",
  "cancel-both",
  "decrement",
];

/** An order on its way into the book; its owner, side and remaining lots are in the pool. */
export interface Taker {
  readonly slot: OrderSlot;
  /** Worst price in ticks at which it may trade. */
  readonly limit: number;
  readonly selfTrade: SelfTradePrevention;
  /** Ticks × lots that it may still spend or receive; undefined where only lots bound it. */
  budget: bigint | undefined;
}

/** What matching tells, in the order in which it happens. The book must not be changed from here. */
export interface MatchSink {
  /** Both orders have been reduced; a maker without remaining lots has left the book. */
  filled(maker: OrderSlot, quantity: number): void;
  /** Self-trade prevention took the maker out of the book with its remaining lots. */
  cancelled(maker: OrderSlot): void;
  /** Self-trade prevention reduced both orders; a maker without remaining lots has left the book. */
  decremented(maker: OrderSlot, quantity: number): void;
  /** Lots now resting at a price that matching touched; 0 when the level is gone. */
  levelChanged(side: Side, price: number, quantity: number): void;
}

/** Why matching ended: nothing more to trade, or the taker has to be cancelled. */
export type TakeEnd = "done" | "self-trade";

/** What a taker would do now. */
export interface Preview {
  /** Lots that would trade. */
  readonly quantity: number;
  /** Ticks × lots that its budget needs for that, decrements included. */
  readonly notional: bigint;
}

/** A price and the lots that rest there. */
export interface Level {
  readonly price: number;
  readonly quantity: number;
}

/** How far an examination has come. */
export interface CheckedLevels {
  readonly orders: number;
  readonly next: number;
}

/** The book of one market. */
export interface Book {
  /** Rests an order behind all others of its price; returns the lots at that price. */
  add(slot: OrderSlot): number;
  /** Takes a resting order out; returns the lots left at that price. */
  remove(slot: OrderSlot): number;
  /** Takes lots off a resting order that keeps some; returns the lots left at that price. */
  reduce(slot: OrderSlot, by: number): number;
  /** Best price of a side in ticks; 0 when the side is empty. */
  bestPrice(side: Side): number;
  /** Lots resting at a price. */
  quantityAt(side: Side, price: number): number;
  /** The best levels of a side, best first, at most `count`. */
  levels(side: Side, count: number): readonly Level[];
  /** Resting orders of a side in the order in which they would be matched. */
  slots(side: Side): readonly OrderSlot[];
  /** The same, one after the other while nothing is done with the book. */
  eachSlot(side: Side): Iterable<OrderSlot>;
  /** Matches until the taker is done; what remains of it is not added. */
  take(taker: Taker, sink: MatchSink): TakeEnd;
  /** What `take` would do, without doing it. */
  preview(taker: Taker): Preview;
  /** An assertion failure when the book's own structure is damaged. */
  checkInvariants(): void;
  /** An assertion failure when an order does not rest here at its own price. */
  checkOrder(slot: OrderSlot): void;
  /**
   * Examines up to `count` orders of the levels of a side, best level and oldest order first, from
   * price `from` on, 0 being the best one. Returns how many it saw, and the price at which to go on, with
   * the rest of a level that was begun, whatever happens in between; 0 at the end.
   */
  checkLevels(side: Side, from: number, count: number): CheckedLevels;
}

/** The side that an order is matched against. */
export function oppositeOf(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

/** Whether a taker of `side` that goes to `limit` accepts `price`. */
export function accepts(side: Side, limit: number, price: number): boolean {
  return side === "buy" ? price <= limit : price >= limit;
}

/** Lots that a budget affords at a price, at most `quantity`. */
export function affordable(budget: bigint | undefined, price: number, quantity: number): number {
  if (budget === undefined) return quantity;
  const count = budget / BigInt(price);
  return count < BigInt(quantity) ? Number(count) : quantity;
}

/** Price × quantity, exact. */
export function notionalOf(price: number, quantity: number): bigint {
  const product = price * quantity;
  // A rounded product within the safe range is the true product.
  return product <= Number.MAX_SAFE_INTEGER ? BigInt(product) : BigInt(price) * BigInt(quantity);
}
