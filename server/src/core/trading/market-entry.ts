/**
 * Takes market orders in. What the caller names in the currency they pay with has to be there in
 * full; what they name in the currency they receive is bounded by their funds. A market order never
 * rests and never trades outside the market's price band.
 */
import { accepts, oppositeOf, type Taker } from "../book/book.ts";
import type { OrderSlot } from "../book/order-pool.ts";
import type { PlaceMarket } from "../commands.ts";
import type { CloseReason } from "../events.ts";
import { bandLimit } from "../market/rules.ts";
import type { Atoms } from "../num/money.ts";
import { ticks } from "../num/units.ts";
import type { RejectReason } from "../reject.ts";
import { type Applicant, checkNotional, checkQuantity, checkRoom } from "./checks.ts";
import { closeReasonOf, type Matcher, type Run } from "./matching.ts";
import { closeOrder, enlistOrder, tellOpened } from "./orders.ts";
import {
  costOf,
  type Market,
  openMarket,
  payCurrency,
  type TradingState,
  type User,
} from "./state.ts";

/** A market order that has passed its first checks and has a row nobody knows of yet. */
interface Entry {
  readonly command: PlaceMarket;
  readonly user: User;
  readonly market: Market;
  readonly slot: OrderSlot;
  /** Best price of the other side, and the worst one that the band allows. */
  readonly best: number;
  readonly limit: number;
  readonly available: Atoms;
}

/** What a market order holds, and what bounds it besides its lots. */
interface Sizing {
  readonly hold: Atoms;
  /** Ticks × lots. */
  readonly budget: bigint | undefined;
}

/** Entry of market orders. */
export class MarketEntry {
  readonly #state: TradingState;
  readonly #matcher: Matcher;

  constructor(state: TradingState, matcher: Matcher) {
    this.#state = state;
    this.#matcher = matcher;
  }

  /** Answers with a reject reason, and then nothing has changed. */
  place(command: PlaceMarket): RejectReason | undefined {
    const applicant = this.#check(command);
    if (typeof applicant === "string") return applicant;
    const entry = this.#reserve(command, applicant);
    const sizing = this.#size(entry);
    if (typeof sizing === "string") {
      this.#state.pool.close(entry.slot);
      return sizing;
    }
    this.#run(entry, sizing);
    return undefined;
  }

  /**
   * Why an order would be refused now, or is not let in: {@link place} does not look at what an order
   * is worth at the best price, since old logs have orders that were taken without. Changes nothing.
   */
  refusalOf(command: PlaceMarket): RejectReason | undefined {
    const applicant = this.#check(command);
    if (typeof applicant === "string") return applicant;
    const unworthy = checkWorth(command, applicant.market);
    if (unworthy !== undefined) return unworthy;
    const entry = this.#reserve(command, applicant);
    // Looking through the book is spared an order that can pay for its first lot.
    const sizing = this.#canPay(entry) ? undefined : this.#size(entry);
    // The row that is given back is the one that the next order gets, as if nobody had asked.
    this.#state.pool.close(entry.slot);
    return typeof sizing === "string" ? sizing : undefined;
  }

  /** Whether an order that looks through the book for its size will not be refused for it. */
  #canPay({ command: { side, size }, market, available, best }: Entry): boolean {
    if (side === "buy") {
      return "quantity" in size && available / market.notionalAtoms >= BigInt(best);
    }
    return (
      "value" in size &&
      available >= market.lotAtoms &&
      size.value / market.notionalAtoms >= BigInt(best)
    );
  }

  /** Who asks where, or why not; what the order is worth is looked at later. */
  #check(command: PlaceMarket): Applicant | RejectReason {
    const market = openMarket(this.#state, command.market);
    if (typeof market === "string") return market;
    const user = this.#state.usersByName.get(command.user);
    if (user === undefined) return "insufficient-funds";
    return this.#checkTerms(command, user, market) ?? { user, market };
  }

  #checkTerms(command: PlaceMarket, user: User, market: Market): RejectReason | undefined {
    const { clientId, side, size } = command;
    const refusal =
      "quantity" in size ? checkQuantity(market, size.quantity) : checkNotional(market, size.value);
    return (
      refusal ??
      checkRoom(this.#state, { user, market }, clientId) ??
      (market.book.bestPrice(oppositeOf(side)) === 0 ? "no-liquidity" : undefined)
    );
  }

  #reserve(command: PlaceMarket, { user, market }: Applicant): Entry {
    const { ledger, pool, sequence, timeUs } = this.#state;
    const { side, size, clientId } = command;
    const best = market.book.bestPrice(oppositeOf(side));
    const slot = pool.open({
      id: sequence,
      user: user.index,
      market: market.index,
      side,
      price: 0,
      quantity: "quantity" in size ? size.quantity : 0,
      value: "value" in size ? size.value : 0n,
      stopPrice: 0,
      clientId,
      createdUs: timeUs,
    });
    const limit = bandLimit(market.rules, side, ticks(best));
    const available = ledger.available(user.wallet, payCurrency(market, side));
    return { command, user, market, slot, best, limit, available };
  }

  #size(entry: Entry): Sizing | RejectReason {
    const { side, size } = entry.command;
    if ("value" in size) {
      return side === "buy" ? this.#buyFor(entry, size.value) : this.#sellFor(entry, size.value);
    }
    return side === "buy" ? this.#buy(entry) : this.#sell(entry, size.quantity);
  }

  #buy(entry: Entry): Sizing | RejectReason {
    const { market, available, best } = entry;
    const { notional } = market.book.preview(takerOf(entry, undefined));
    const cost = (notional * market.notionalAtoms) as Atoms;
    if (cost <= available) return { hold: cost, budget: undefined };
    const budget = available / market.notionalAtoms;
    return budget < BigInt(best) ? "insufficient-funds" : { hold: available, budget };
  }

  #sell({ market, available }: Entry, quantity: number): Sizing | RejectReason {
    const hold = costOf(market, { side: "sell", price: 0, quantity });
    return hold <= available ? { hold, budget: undefined } : "insufficient-funds";
  }

  #buyFor({ market, available, best, slot }: Entry, value: Atoms): Sizing | RejectReason {
    const budget = value / market.notionalAtoms;
    if (budget < BigInt(best)) return "notional-out-of-range";
    if (value > available) return "insufficient-funds";
    this.#state.pool.remaining[slot] = Number.MAX_SAFE_INTEGER;
    return { hold: value, budget };
  }

  #sellFor(entry: Entry, value: Atoms): Sizing | RejectReason {
    const { market, available, best, slot } = entry;
    const budget = value / market.notionalAtoms;
    if (budget < BigInt(best)) return "notional-out-of-range";
    const owned = available / market.lotAtoms;
    if (owned === 0n) return "insufficient-funds";
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    this.#state.pool.remaining[slot] = Number(owned < most ? owned : most);
    const { quantity } = market.book.preview(takerOf(entry, budget));
    return { hold: costOf(market, { side: "sell", price: 0, quantity }), budget };
  }

  #run(entry: Entry, { hold, budget }: Sizing): void {
    const { user, market, slot, command } = entry;
    const { ledger } = this.#state;
    const currency = payCurrency(market, command.side);
    enlistOrder(this.#state, slot);
    tellOpened(this.#state, slot);
    ledger.hold(user.wallet, currency, hold);

    const taker = takerOf(entry, budget);
    const run = this.#matcher.run(taker, hold);
    ledger.release(user.wallet, currency, run.held);
    closeOrder(this.#state, slot, this.#closeReason(entry, taker, run));
    this.#matcher.cancelReachedStops();
  }

  #closeReason({ slot, market, limit, command }: Entry, taker: Taker, run: Run): CloseReason {
    const { pool } = this.#state;
    if (run.end === "self-trade") return run.end;
    const done = pool.remaining[slot] === 0;
    if ("quantity" in command.size && done) {
      return closeReasonOf(pool.filled[slot]!, pool.quantity[slot]!);
    }
    const best = market.book.bestPrice(oppositeOf(command.side));
    if (taker.budget !== 0n && (best === 0 || !accepts(command.side, limit, best))) {
      return "liquidity";
    }
    if ("quantity" in command.size || done) return "funds";
    return pool.filled[slot] === 0 ? "self-trade" : "filled";
  }
}

/**
 * Why the other measure of an order is not accepted: the value of a quantity, or the quantity that a
 * value comes to, at the best price that it can have.
 */
function checkWorth({ side, size }: PlaceMarket, market: Market): RejectReason | undefined {
  const best = market.book.bestPrice(oppositeOf(side));
  if ("quantity" in size) {
    return checkNotional(
      market,
      costOf(market, { side: "buy", price: best, quantity: size.quantity }),
    );
  }
  const { baseMin, baseMax } = market.rules;
  const lots = size.value / (market.notionalAtoms * BigInt(best));
  if (lots === 0n) return "less-than-a-lot";
  return lots >= baseMin && lots <= baseMax ? undefined : "quantity-out-of-range";
}

function takerOf({ slot, limit, user }: Entry, budget: bigint | undefined): Taker {
  return { slot, limit, selfTrade: user.selfTrade, budget };
}
