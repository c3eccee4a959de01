/**
 * Takes limit orders in: checks, holds, lets match, and rests or closes what remains. Every method
 * answers with a reject reason, and then nothing has changed.
 */
import type { TakeEnd } from "../book/book.ts";
import type { OrderSlot } from "../book/order-pool.ts";
import type { PlaceLimit, ReplaceOrder } from "../commands.ts";
import type { CloseReason } from "../events.ts";
import type { Side } from "../market/rules.ts";
import { type Atoms, minus } from "../num/money.ts";
import type { RejectReason } from "../reject.ts";
import { type Applicant, checkLimit, findOrder, type LimitTerms } from "./checks.ts";
import { closeReasonOf, type Matcher, type Run } from "./matching.ts";
import { cancelResting, closeOrder, enlistOrder, tellOpened, tellUpdated } from "./orders.ts";
import { holdFor, marketOf, openMarket, ownerOf, payCurrency, type TradingState } from "./state.ts";

/** A limit order that will be taken in. */
interface Accepted {
  readonly slot: OrderSlot;
  readonly hold: Atoms;
  readonly terms: LimitTerms;
}

/** Entry of limit orders. */
export class LimitEntry {
  readonly #state: TradingState;
  readonly #matcher: Matcher;

  constructor(state: TradingState, matcher: Matcher) {
    this.#state = state;
    this.#matcher = matcher;
  }

  place(command: PlaceLimit): RejectReason | undefined {
    const accepted = this.#accept(command);
    if (typeof accepted === "string") return accepted;
    this.#run(accepted.slot, accepted.hold, accepted.terms);
    return undefined;
  }

  /** Why an order would be refused now; changes nothing. */
  refusalOf(command: PlaceLimit): RejectReason | undefined {
    const accepted = this.#accept(command);
    if (typeof accepted === "string") return accepted;
    // The row that is given back is the one that the next order gets, as if nobody had asked.
    this.#state.pool.close(accepted.slot);
    return undefined;
  }

  /** An order that has passed all checks, in a row that nobody knows of yet. */
  #accept(command: PlaceLimit): Accepted | RejectReason {
    const market = openMarket(this.#state, command.market);
    if (typeof market === "string") return market;
    const user = this.#state.usersByName.get(command.user);
    if (user === undefined) return "insufficient-funds";
    const terms = termsOf(command, command.side);
    const hold = checkLimit(this.#state, { user, market }, terms);
    if (typeof hold === "string") return hold;

    const slot = this.#reserve({ user, market }, terms);
    if (command.timeInForce === "fok" && !this.#isFillable(slot)) {
      this.#state.pool.close(slot);
      return "not-fillable";
    }
    return { slot, hold, terms };
  }

  replace(command: ReplaceOrder): RejectReason | undefined {
    const user = this.#state.usersByName.get(command.user);
    const replaced = findOrder(this.#state, user, command.order);
    if (user === undefined || replaced === undefined) return "unknown-order";
    const market = marketOf(this.#state, replaced);
    if (market.halted) return "market-halted";
    const terms = termsOf(command, this.#state.pool.side(replaced));
    const hold = checkLimit(this.#state, { user, market, replaced }, terms);
    if (typeof hold === "string") return hold;

    cancelResting(this.#state, replaced, "replaced");
    this.#run(this.#reserve({ user, market }, terms), hold, terms);
    return undefined;
  }

  /** Fills a row that nobody knows of yet. */
  #reserve({ user, market }: Applicant, terms: LimitTerms): OrderSlot {
    const { pool, sequence, timeUs } = this.#state;
    return pool.open({
      id: sequence,
      user: user.index,
      market: market.index,
      side: terms.side,
      price: terms.price,
      quantity: terms.quantity,
      value: 0n,
      stopPrice: terms.stopPrice,
      clientId: terms.clientId,
      createdUs: timeUs,
    });
  }

  #isFillable(slot: OrderSlot): boolean {
    const { book } = marketOf(this.#state, slot);
    return book.preview(this.#taker(slot)).quantity === this.#state.pool.quantity[slot];
  }

  #run(slot: OrderSlot, hold: Atoms, { timeInForce }: LimitTerms): void {
    const market = marketOf(this.#state, slot);
    const { ledger, pool } = this.#state;
    const { wallet } = ownerOf(this.#state, slot);
    const currency = payCurrency(market, pool.side(slot));
    enlistOrder(this.#state, slot);
    tellOpened(this.#state, slot);
    ledger.hold(wallet, currency, hold);

    const run = this.#matcher.run(this.#taker(slot), hold);
    const reason = this.#closeReason(slot, run.end, timeInForce === "ioc");
    if (reason === undefined) {
      this.#rest(slot, run);
    } else {
      ledger.release(wallet, currency, run.held);
      closeOrder(this.#state, slot, reason);
    }
    this.#matcher.cancelReachedStops();
  }

  /** Why a taker is over after its run; undefined when it rests. */
  #closeReason(slot: OrderSlot, end: TakeEnd, immediate: boolean): CloseReason | undefined {
    const { pool } = this.#state;
    if (end === "self-trade") return end;
    if (pool.remaining[slot] === 0) return closeReasonOf(pool.filled[slot]!, pool.quantity[slot]!);
    return immediate ? "immediate-or-cancel" : undefined;
  }

  #rest(slot: OrderSlot, { held }: Run): void {
    const { ledger, pool, sink } = this.#state;
    const market = marketOf(this.#state, slot);
    const side = pool.side(slot);
    if (pool.remaining[slot]! < pool.quantity[slot]!) {
      // Trades at better prices than the limit cost less than was held for them.
      const surplus = minus(held, holdFor(this.#state, market, slot));
      ledger.release(ownerOf(this.#state, slot).wallet, payCurrency(market, side), surplus);
      tellUpdated(this.#state, slot);
    }
    const quantity = market.book.add(slot);
    if (pool.stopPrice[slot] !== 0) market.stops.add(slot);
    const { code } = market.rules;
    const price = pool.price[slot]!;
    sink.emit({ kind: "level-changed", market: code, side, price, quantity });
  }

  #taker(slot: OrderSlot) {
    return {
      slot,
      limit: this.#state.pool.price[slot]!,
      selfTrade: ownerOf(this.#state, slot).selfTrade,
      budget: undefined,
    };
  }
}

function termsOf(command: PlaceLimit | ReplaceOrder, side: Side): LimitTerms {
  const { price, quantity, timeInForce, stopPrice = 0, clientId } = command;
  return { side, price, quantity, timeInForce, stopPrice, clientId };
}
