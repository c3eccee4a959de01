/**
 * What is checked before an order is taken in, cheapest first. Checks change nothing, so that a
 * refused order leaves no trace.
 */
import { accepts, oppositeOf } from "../book/book.ts";
import { noSlot, type OrderSlot } from "../book/order-pool.ts";
import { nameLengthMax, type OrderReference, type TimeInForce } from "../commands.ts";
import type { Side } from "../market/rules.ts";
import { type Atoms, noAtoms, plus } from "../num/money.ts";
import { isOrderLots, isTicks } from "../num/units.ts";
import type { RejectReason } from "../reject.ts";
import {
  costOf,
  holdFor,
  type Market,
  payCurrency,
  type TradingState,
  type User,
} from "./state.ts";

/** What a limit order asks for. */
export interface LimitTerms {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly timeInForce: TimeInForce;
  /** Ticks; 0 for none. */
  readonly stopPrice: number;
  readonly clientId: string | undefined;
}

/** Who asks where, and which of the own orders makes room. */
export interface Applicant {
  readonly user: User;
  readonly market: Market;
  readonly replaced?: OrderSlot;
}

/** Whether a text can be a user name, a client order id or a transfer key. */
export function isName(text: string): boolean {
  return text.length >= 1 && text.length <= nameLengthMax;
}

/** What a limit order has to hold when it is taken in, or why it is not. */
export function checkLimit(
  state: TradingState,
  applicant: Applicant,
  terms: LimitTerms,
): Atoms | RejectReason {
  const { market } = applicant;
  return (
    checkSize(market, terms) ??
    checkStop(market, terms) ??
    checkRoom(state, applicant, terms.clientId) ??
    checkPostOnly(market, terms) ??
    checkFunds(state, applicant, terms)
  );
}

function checkSize(market: Market, terms: LimitTerms): RejectReason | undefined {
  const { price, quantity } = terms;
  if (!isTicks(price)) return "price-precision";
  const refusal = checkQuantity(market, quantity);
  if (refusal !== undefined) return refusal;
  if (market.levelsCanOverflow && wouldOverflow(market, terms)) return "quantity-out-of-range";
  const notional = price * quantity;
  // A rounded product within the safe range is the true product.
  if (notional > Number.MAX_SAFE_INTEGER) {
    return checkNotional(market, costOf(market, { side: "buy", price, quantity }));
  }
  const inRange = notional >= market.notionalMin && notional <= market.notionalMax;
  return inRange ? undefined : "notional-out-of-range";
}

/** Depth is counted in safe integers, so a level cannot grow beyond one. */
function wouldOverflow({ book }: Market, { side, price, quantity }: LimitTerms): boolean {
  return !Number.isSafeInteger(book.quantityAt(side, price) + quantity);
}

/** Why a quantity is not accepted. */
export function checkQuantity({ rules }: Market, quantity: number): RejectReason | undefined {
  if (!isOrderLots(quantity)) return "quantity-precision";
  const inRange = quantity >= rules.baseMin && quantity <= rules.baseMax;
  return inRange ? undefined : "quantity-out-of-range";
}

/** Why an amount of quote is not accepted. */
export function checkNotional({ rules }: Market, value: bigint): RejectReason | undefined {
  const inRange = value >= rules.quoteMin && value <= rules.quoteMax;
  return inRange ? undefined : "notional-out-of-range";
}

function checkStop(
  market: Market,
  { side, price, stopPrice, timeInForce }: LimitTerms,
): RejectReason | undefined {
  if (stopPrice === 0) return undefined;
  const rests = timeInForce === "gtc" || timeInForce === "post-only";
  if (!isTicks(stopPrice) || !rests || stopPrice === price) return "stop-price";
  // The stop lies on the far side of the limit: a buy is given up when the market runs away upwards.
  if (accepts(side, price, stopPrice)) return "stop-price";
  const { lastPrice } = market;
  const reached = lastPrice !== 0 && !accepts(side, stopPrice, lastPrice);
  return reached || lastPrice === stopPrice ? "stop-price-reached" : undefined;
}

/** Why there is no room for another order or its client id. */
export function checkRoom(
  { limits, pool }: TradingState,
  { user, replaced }: Applicant,
  clientId: string | undefined,
): RejectReason | undefined {
  if (clientId !== undefined) {
    if (!isName(clientId)) return "malformed-command";
    const used =
      user.openClientIds.has(clientId) || user.closedClientIds.get(clientId) !== undefined;
    if (used) return "duplicate-client-id";
  }
  if (replaced !== undefined) return undefined;
  if (user.openOrders >= limits.openOrdersPerUserMax) return "too-many-open-orders";
  return pool.size >= limits.openOrdersMax ? "exchange-full" : undefined;
}

function checkPostOnly(market: Market, terms: LimitTerms): RejectReason | undefined {
  if (terms.timeInForce !== "post-only") return undefined;
  const best = market.book.bestPrice(oppositeOf(terms.side));
  const takes = best !== 0 && accepts(terms.side, terms.price, best);
  return takes ? "post-only-would-take" : undefined;
}

function checkFunds(
  state: TradingState,
  { user, market, replaced }: Applicant,
  terms: LimitTerms,
): Atoms | "insufficient-funds" {
  const currency = payCurrency(market, terms.side);
  const available = state.ledger.available(user.wallet, currency);
  const cost = costOf(market, terms);
  if (cost <= available) return cost;
  const freed = replaced === undefined ? noAtoms : holdFor(state, market, replaced);
  return cost <= plus(available, freed) ? cost : "insufficient-funds";
}

/** The open order that a user means; undefined when it is not open or not theirs. */
export function findOrder(
  state: TradingState,
  user: User | undefined,
  reference: OrderReference,
): OrderSlot | undefined {
  if (user === undefined) return undefined;
  if ("clientId" in reference) return user.openClientIds.get(reference.clientId);
  const slot = state.slots.find(reference.id);
  return slot !== noSlot && state.pool.user[slot] === user.index ? slot : undefined;
}
