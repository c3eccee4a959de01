/**
 * What will happen to an order, by the book as it is: what trades at once and at which price, what rests, what finds nothing,
 * what is paid, what is received and what is left. It counts as the exchange counts, and promises nothing: the book may change.
 */
import {
  add,
  type Balance,
  compare,
  type Direction,
  divide,
  type Level,
  type Market,
  multiply,
  type OrderTerms,
  stepOf,
  subtract,
} from "@openbourse/client";
import { floorTo, isPositive, least } from "./amounts.ts";
import { afterFee, type FeeRates, feeOn } from "./fees.ts";

/** Both sides of a book, best price first. */
export interface Sides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** What an order is looked at with. */
export interface PreviewInput {
  readonly market: Market;
  readonly book: Sides;
  readonly fees: FeeRates;
  /** By currency; undefined where nobody is signed in, and while they are not read yet. */
  readonly balances: ReadonlyMap<string, Balance> | undefined;
}

/** An amount of a currency. */
export interface Amount {
  readonly amount: string;
  readonly currency: string;
}

/** What of a market order is not done, and what there is too little of. */
export interface Unfilled extends Amount {
  readonly lacks: "orders" | "money";
}

/** See the head of the file. */
export interface Preview {
  /** What trades at once. */
  readonly taken: Taken;
  /** Of what trades at once, cut two decimals behind the price's; undefined where nothing does. */
  readonly averagePrice: string | undefined;
  /** Base quantity that rests in the book. */
  readonly rests: string;
  /** Of a market order: what is cancelled, as it was asked for, for want of others' orders or of own money. */
  readonly unfilled: Unfilled | undefined;
  /** What is paid or held. */
  readonly pays: Amount;
  /** What comes in when all of it has traded, after the fee. */
  readonly receives: Amount;
  /** Negative for a rebate. */
  readonly fee: Amount;
  /** What stays available of what is paid with; negative where it is not enough, undefined where that is not known. */
  readonly left: Amount | undefined;
}

/** Levels that were traded through. */
export interface Taken {
  readonly quantity: string;
  readonly value: string;
  /** Of the last of them. */
  readonly worstPrice: string | undefined;
}

/** How far from the best price a market order trades, in percent, unless the operator says otherwise (docs/protocols/cryptomus). */
const bandPercent = "5";

/** See the head of the file. */
export function previewOf(terms: OrderTerms, input: PreviewInput): Preview {
  const { market, fees } = input;
  const { direction } = terms;
  const taken = takenOf(terms, input);
  const rests = terms.type === "limit" ? subtract(terms.quantity, taken.quantity) : "0";
  const restValue = terms.type === "limit" ? multiply(rests, terms.price) : "0";
  const isBuy = direction === "buy";
  const [paid, got] = isBuy ? [market.quote, market.base] : [market.base, market.quote];
  const pays = isBuy ? add(taken.value, restValue) : add(taken.quantity, rests);
  const [gotNow, gotLater] = isBuy ? [taken.quantity, rests] : [taken.value, restValue];
  const owned = ownedOf(terms, input);
  return {
    taken,
    averagePrice: isPositive(taken.quantity)
      ? divide(taken.value, taken.quantity, market.priceDecimals + 2)
      : undefined,
    rests,
    unfilled: unfilledOf(terms, taken, input),
    pays: { amount: pays, currency: paid },
    receives: {
      amount: add(afterFee(gotNow, fees.takerPercent), afterFee(gotLater, fees.makerPercent)),
      currency: got,
    },
    fee: {
      amount: add(feeOn(gotNow, fees.takerPercent), feeOn(gotLater, fees.makerPercent)),
      currency: got,
    },
    left: owned === undefined ? undefined : { amount: subtract(owned, pays), currency: paid },
  };
}

function takenOf(terms: OrderTerms, input: PreviewInput): Taken {
  const { book, market } = input;
  const levels = terms.direction === "buy" ? book.asks : book.bids;
  const [best] = levels;
  if (best === undefined) return nothing;
  const limit = terms.type === "limit" ? terms.price : bandLimit(terms.direction, best[0]);
  const lot = stepOf(market.quantityDecimals);
  const isIn = (price: string) => isWithin(terms.direction, price, limit);
  return walk(levels, { isIn, lot, ...boundsOf(terms, input, lot) });
}

/** What an order of a user is bounded by: its size, and what they own where that is not what the size is told in. */
function boundsOf(
  terms: OrderTerms,
  input: PreviewInput,
  lot: string,
): Pick<WalkBounds, "quantity" | "value"> {
  if (terms.type === "limit") return { quantity: terms.quantity };
  const owned = ownedOf(terms, input);
  if (terms.quantity !== undefined)
    return terms.direction === "buy"
      ? { quantity: terms.quantity, value: owned }
      : { quantity: terms.quantity };
  return terms.direction === "sell"
    ? { value: terms.value, quantity: owned === undefined ? undefined : floorTo(owned, lot) }
    : { value: terms.value };
}

/** What is there to pay with; undefined where it is not known. */
function ownedOf({ direction }: OrderTerms, { market, balances }: PreviewInput) {
  if (balances === undefined) return undefined;
  return balances.get(direction === "buy" ? market.quote : market.base)?.available ?? "0";
}

const nothing: Taken = { quantity: "0", value: "0", worstPrice: undefined };

/** How far a walk through a book goes. */
interface WalkBounds {
  /** Whether a price is still traded at. */
  isIn(price: string): boolean;
  readonly quantity?: string | undefined;
  readonly value?: string | undefined;
  readonly lot: string;
}

/** Takes levels, the best first, until a bound is met. */
function walk(levels: readonly Level[], bounds: WalkBounds): Taken {
  let quantity = "0";
  let value = "0";
  let worstPrice: string | undefined;
  for (const [price, there] of levels) {
    if (!bounds.isIn(price)) break;
    let taken = there;
    if (bounds.quantity !== undefined) taken = least(taken, subtract(bounds.quantity, quantity));
    if (bounds.value !== undefined) {
      const affordable = divide(subtract(bounds.value, value), price, 16);
      taken = least(taken, floorTo(affordable, bounds.lot));
    }
    if (!isPositive(taken)) break;
    quantity = add(quantity, taken);
    value = add(value, multiply(price, taken));
    worstPrice = price;
    if (compare(taken, there) < 0) break;
  }
  return { quantity, value, worstPrice };
}

function isWithin(direction: Direction, price: string, limit: string): boolean {
  return compare(price, limit) * (direction === "buy" ? 1 : -1) <= 0;
}

/** The worst price at which a market order trades. */
export function bandLimit(direction: Direction, best: string): string {
  const percent = direction === "buy" ? add("100", bandPercent) : subtract("100", bandPercent);
  return divide(multiply(best, percent), "100", 20);
}

/** What of a market order is not done. Less than a lot's worth of a value stays unspent and is no word worth. */
function unfilledOf(terms: OrderTerms, taken: Taken, input: PreviewInput): Unfilled | undefined {
  if (terms.type === "limit") return undefined;
  const { market } = input;
  const lot = stepOf(market.quantityDecimals);
  const lotValue = multiply(lot, taken.worstPrice ?? "0");
  const lacks = lacksMoney(terms, taken, input) ? "money" : "orders";
  if (terms.quantity !== undefined) {
    const amount = subtract(terms.quantity, taken.quantity);
    return isPositive(amount) ? { amount, currency: market.base, lacks } : undefined;
  }
  const amount = subtract(terms.value, taken.value);
  const isWorth = taken.worstPrice === undefined || compare(amount, lotValue) >= 0;
  return isWorth && isPositive(amount) ? { amount, currency: market.quote, lacks } : undefined;
}

/** Whether what is left of the money would not pay for one more lot. */
function lacksMoney(terms: OrderTerms, taken: Taken, input: PreviewInput): boolean {
  const owned = ownedOf(terms, input);
  const isBuy = terms.direction === "buy";
  const [best] = isBuy ? input.book.asks : input.book.bids;
  // Where nothing is taken, already the best price may be too much.
  const price = taken.worstPrice ?? best?.[0];
  if (owned === undefined || price === undefined) return false;
  const lot = stepOf(input.market.quantityDecimals);
  const left = subtract(owned, isBuy ? taken.value : taken.quantity);
  return compare(left, isBuy ? multiply(lot, price) : lot) < 0;
}

/** The sizes that a part of what is available comes to. Undefined where it cannot be said. */
export interface ShareInput extends Omit<PreviewInput, "fees" | "balances"> {
  /** By currency. */
  readonly balances: ReadonlyMap<string, Balance>;
  readonly direction: Direction;
  readonly type: "limit" | "market";
  readonly sizeBy: "quantity" | "value";
  /** Of a limit order. */
  readonly price: string | undefined;
}

/** Size of an order for a percentage of what is available. */
export function sizeOfShare(percent: number, input: ShareInput): string | undefined {
  const { market, direction, sizeBy, type, price } = input;
  const lot = stepOf(market.quantityDecimals);
  const paid = direction === "buy" ? market.quote : market.base;
  const available = input.balances.get(paid)?.available ?? "0";
  const share = divide(multiply(available, String(percent)), "100", 20);
  if (direction === "sell" && sizeBy === "quantity") return floorTo(share, lot);
  if (type === "limit")
    return price === undefined || !isPositive(price)
      ? undefined
      : floorTo(divide(share, price, 20), lot);
  const valueStep = stepOf(market.priceDecimals);
  if (direction === "buy" && sizeBy === "value") return floorTo(share, valueStep);
  const levels = direction === "buy" ? input.book.asks : input.book.bids;
  const [best] = levels;
  if (best === undefined) return undefined;
  const limit = bandLimit(direction, best[0]);
  const bound = direction === "buy" ? { value: share } : { quantity: floorTo(share, lot) };
  const taken = walk(levels, { isIn: (at) => isWithin(direction, at, limit), lot, ...bound });
  return sizeBy === "quantity" ? taken.quantity : floorTo(taken.value, valueStep);
}
