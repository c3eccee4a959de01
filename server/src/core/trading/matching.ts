/**
 * One taker's run through the book: settles each fill, charges fees, keeps the makers' orders up to
 * date and cancels what the new market price reaches. It is the only place where trades are made.
 */
import { assert } from "../assert.ts";
import { type MatchSink, notionalOf, type TakeEnd, type Taker } from "../book/book.ts";
import type { OrderSlot } from "../book/order-pool.ts";
import type { CurrencyIndex } from "../ledger/ledger.ts";
import { type FeeRates, feeOn, rebateOn } from "../market/fees.ts";
import type { Side } from "../market/rules.ts";
import { tickAtoms } from "../market/rules.ts";
import { type Atoms, atomsPerUnit, minus, mulDivDown, noAtoms, plus } from "../num/money.ts";
import { cancelResting, closeOrder, releaseHold, tellUpdated } from "./orders.ts";
import {
  costOf,
  type Market,
  marketOf,
  ownerOf,
  payCurrency,
  type TradingState,
  type User,
} from "./state.ts";

/** Outcome of a run. */
export interface Run {
  readonly end: TakeEnd;
  /** What is left of the money that was held for the taker. */
  readonly held: Atoms;
}

/** Matches taker after taker, one at a time. */
export class Matcher implements MatchSink {
  readonly #state: TradingState;
  #market!: Market;
  #taker: OrderSlot = 0;
  #side: Side = "buy";
  #held: Atoms = noAtoms;
  #trades = 0;
  #low = 0;
  #high = 0;

  constructor(state: TradingState) {
    this.#state = state;
  }

  /** Runs a taker that holds `held`; what remains of it is neither added to the book nor closed. */
  run(taker: Taker, held: Atoms): Run {
    this.#market = marketOf(this.#state, taker.slot);
    this.#taker = taker.slot;
    this.#side = this.#state.pool.side(taker.slot);
    this.#held = held;
    this.#trades = 0;
    const end = this.#market.book.take(taker, this);
    return { end, held: this.#held };
  }

  /** Cancels the orders whose stop price the last run's trades reached, in the order of reach. */
  cancelReachedStops(): void {
    if (this.#trades === 0) return;
    const range = { low: this.#low, high: this.#high };
    const { stops } = this.#market;
    for (let slot = stops.nextReached(range); slot !== undefined; slot = stops.nextReached(range)) {
      cancelResting(this.#state, slot, "stop-price");
    }
  }

  filled(maker: OrderSlot, quantity: number): void {
    const { pool } = this.#state;
    const price = pool.price[maker]!;
    const value = (notionalOf(price, quantity) * this.#market.notionalAtoms) as Atoms;
    this.#notePrice(price);
    this.#noteFilled(maker, quantity, value);
    this.#noteFilled(this.#taker, quantity, value);
    this.#settle(maker, quantity, value);
    if (pool.remaining[maker]! > 0) tellUpdated(this.#state, maker);
    else closeOrder(this.#state, maker, closeReasonOf(pool.filled[maker]!, pool.quantity[maker]!));
  }

  cancelled(maker: OrderSlot): void {
    releaseHold(this.#state, maker);
    closeOrder(this.#state, maker, "self-trade");
  }

  decremented(maker: OrderSlot, quantity: number): void {
    const { ledger, pool } = this.#state;
    const side = pool.side(maker);
    const freed = costOf(this.#market, { side, price: pool.price[maker]!, quantity });
    ledger.release(ownerOf(this.#state, maker).wallet, payCurrency(this.#market, side), freed);
    if (pool.remaining[maker]! > 0) tellUpdated(this.#state, maker);
    else closeOrder(this.#state, maker, "self-trade");
  }

  levelChanged(side: Side, price: number, quantity: number): void {
    const market = this.#market.rules.code;
    this.#state.sink.emit({ kind: "level-changed", market, side, price, quantity });
  }

  #noteFilled(slot: OrderSlot, quantity: number, value: Atoms): void {
    const { pool } = this.#state;
    pool.filled[slot] = pool.filled[slot]! + quantity;
    pool.filledValue[slot] = plus(pool.filledValue[slot] as Atoms, value);
  }

  #notePrice(price: number): void {
    this.#low = this.#trades === 0 ? price : Math.min(this.#low, price);
    this.#high = this.#trades === 0 ? price : Math.max(this.#high, price);
    this.#market.lastPrice = price;
  }

  /** Pays both sides of a fill and takes their fees. */
  #settle(makerSlot: OrderSlot, quantity: number, value: Atoms): void {
    const { ledger, sink, pool } = this.#state;
    const { base, quote, lotAtoms, rules } = this.#market;
    const maker = ownerOf(this.#state, makerSlot);
    const taker = ownerOf(this.#state, this.#taker);
    assert(maker !== taker, "nobody trades with themselves");
    const takerBuys = this.#side === "buy";
    const buyer = takerBuys ? taker : maker;
    const seller = takerBuys ? maker : taker;
    const baseAmount = (BigInt(quantity) * lotAtoms) as Atoms;

    ledger.settle(buyer.wallet, seller.wallet, quote, value);
    ledger.settle(seller.wallet, buyer.wallet, base, baseAmount);
    this.#held = minus(this.#held, takerBuys ? value : baseAmount);
    const { takerPpm } = this.#ratesOf(taker);
    const { makerPpm } = this.#ratesOf(maker);
    const takerFee = takerBuys
      ? this.#charge(taker, base, baseAmount, takerPpm)
      : this.#charge(taker, quote, value, takerPpm);
    const makerFee = takerBuys
      ? this.#charge(maker, quote, value, makerPpm)
      : this.#charge(maker, base, baseAmount, makerPpm);
    this.#countTurnover(maker, taker, value);

    sink.emit({
      kind: "traded",
      market: rules.code,
      ordinal: this.#trades,
      price: pool.price[makerSlot]!,
      quantity,
      value,
      aggressor: this.#side,
      taker: this.#state.sequence,
      takerUser: taker.name,
      takerFee,
      maker: pool.id[makerSlot]!,
      makerUser: maker.name,
      makerFee,
      makerCreatedUs: pool.createdUs[makerSlot]!,
    });
    this.#trades += 1;
  }

  #ratesOf(user: User): FeeRates {
    const { timeUs, fees } = this.#state;
    return user.fees ?? this.#market.fees ?? user.turnover.stepAt(timeUs, fees);
  }

  /** Takes the fee out of what a user received, or pays the rebate; returns the fee. */
  #charge(user: User, currency: CurrencyIndex, received: Atoms, ratePpm: number): bigint {
    const { ledger } = this.#state;
    if (ratePpm < 0) return -ledger.rebate(user.wallet, currency, rebateOn(received, ratePpm));
    const fee = feeOn(received, ratePpm);
    ledger.charge(user.wallet, currency, fee);
    return fee;
  }

  /**
   * Turnover is counted in one reference currency. A market quoted in another one is converted at
   * the last price of the market between the two; without such a price its trades do not count.
   */
  #countTurnover(maker: User, taker: User, value: Atoms): void {
    const amount = this.#inReference(value);
    if (amount === 0n) return;
    maker.turnover.add(amount, this.#state.timeUs);
    taker.turnover.add(amount, this.#state.timeUs);
  }

  #inReference(value: Atoms): bigint {
    const { marketsByCode, fees } = this.#state;
    const { quote } = this.#market.rules;
    if (quote === fees.referenceCurrency) return value;
    const bridge = marketsByCode.get(`${quote}_${fees.referenceCurrency}`);
    if (bridge === undefined) return 0n;
    const pricePerUnit = BigInt(bridge.lastPrice) * tickAtoms(bridge.rules);
    return mulDivDown(value, pricePerUnit, atomsPerUnit);
  }
}

/** An order that ended without having traded in full was cut short by self-trade prevention. */
export function closeReasonOf(filled: number, quantity: number): "filled" | "self-trade" {
  return filled === quantity ? "filled" : "self-trade";
}
