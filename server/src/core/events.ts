/**
 * All that can have happened in the exchange. Events are facts: they cannot be refused, and replaying
 * the log yields the same ones. Sequence and time are those of the command that caused them.
 */
import type { SelfTradePrevention } from "./book/book.ts";
import type { FeeChoice } from "./commands.ts";
import type { MarketRules, Side } from "./market/rules.ts";
import type { Atoms } from "./num/money.ts";
import type { ExchangeLimits, ExchangeParameters } from "./parameters.ts";
import type { RejectReason } from "./reject.ts";

/** The command changed nothing. It is the only event then. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: RejectReason;
}

/** The exchange has begun with these limits and fees. */
export interface ExchangeBegun extends ExchangeParameters {
  readonly kind: "exchange-begun";
}

/** The limits of the exchange were set. */
export interface LimitsSet {
  readonly kind: "limits-set";
  readonly before: ExchangeLimits;
  readonly limits: ExchangeLimits;
}

/** Fees were set: of everybody, of a market or of a user. */
export interface FeesSet {
  readonly kind: "fees-set";
  readonly before: FeeChoice;
  readonly fees: FeeChoice;
}

/** The rules of a market were set. */
export interface MarketRulesSet {
  readonly kind: "market-rules-set";
  readonly market: string;
  readonly before: MarketRules;
  readonly rules: MarketRules;
}

/** A market takes orders now. */
export interface MarketAdded {
  readonly kind: "market-added";
  readonly rules: MarketRules;
}

/** A market stopped or began again to take orders. */
export interface MarketStateChanged {
  readonly kind: "market-state-changed";
  readonly market: string;
  readonly halted: boolean;
}

/** A user chose a mode of self-trade prevention. */
export interface SelfTradePreventionSet {
  readonly kind: "self-trade-prevention-set";
  readonly user: string;
  readonly mode: SelfTradePrevention;
}

/** Money came in or went out, or had done so before under the same key. */
export interface Transferred {
  readonly kind: "transferred";
  readonly direction: "deposit" | "withdraw";
  readonly user: string;
  readonly currency: string;
  readonly amount: Atoms;
  readonly key: string;
  /** True when this only repeats an earlier transfer, and no balance changed. */
  readonly repeated: boolean;
}

/** Why a balance moved. */
export type BalanceReason = "deposit" | "withdrawal" | "hold" | "release" | "settle" | "fee";

/** One movement of one balance. A rebate is a fee that raises it. */
export interface BalanceChanged {
  readonly kind: "balance-changed";
  readonly user: string;
  readonly currency: string;
  readonly reason: BalanceReason;
  readonly oldAvailable: Atoms;
  readonly newAvailable: Atoms;
  readonly oldHeld: Atoms;
  readonly newHeld: Atoms;
}

/** An order as it stands after the event. */
export interface OrderView {
  /** Sequence of the command that placed it; `ids.ts` makes the public id of it. */
  readonly id: number;
  readonly user: string;
  readonly market: string;
  readonly side: Side;
  readonly type: "limit" | "market";
  /** Limit in ticks; 0 for a market order. */
  readonly price: number;
  /** Lots asked for; 0 for a market order by value. */
  readonly quantity: number;
  /** Quote asked for by a market order by value; 0 for every other order. */
  readonly value: Atoms;
  /** Lots traded so far. */
  readonly filled: number;
  /** Quote atoms traded so far. */
  readonly filledValue: Atoms;
  /** Ticks; 0 for none. */
  readonly stopPrice: number;
  readonly clientId: string | undefined;
  readonly createdUs: number;
}

/** An order was taken in. Always the first event of an order. */
export interface OrderOpened {
  readonly kind: "order-opened";
  readonly order: OrderView;
}

/** A match, a decrement or a reduction left a remainder. */
export interface OrderUpdated {
  readonly kind: "order-updated";
  readonly order: OrderView;
}

/** Why an order is no longer open. Only `filled` means that it traded in full. */
export type CloseReason =
  | "filled"
  /** Its owner asked for it. */
  | "cancelled"
  | "replaced"
  | "self-trade"
  /** The market reached the stop price. */
  | "stop-price"
  /** What an immediate-or-cancel order could not trade at once. */
  | "immediate-or-cancel"
  /** A market order found nothing more within its band. */
  | "liquidity"
  /** A market order could not pay for more. */
  | "funds";

/** An order is over. Always the last event of an order. */
export interface OrderClosed {
  readonly kind: "order-closed";
  readonly order: OrderView;
  readonly reason: CloseReason;
}

/** One match, public and private halves together. Fees are in the asset that each side receives. */
export interface Traded {
  readonly kind: "traded";
  readonly market: string;
  /** Counted from 0 within the command. */
  readonly ordinal: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Price × quantity in quote atoms. */
  readonly value: Atoms;
  /** Side of the taker. */
  readonly aggressor: Side;
  /** The order of this command. */
  readonly taker: number;
  readonly takerUser: string;
  /** Paid to the house; negative when a rebate was paid out. */
  readonly takerFee: bigint;
  readonly maker: number;
  readonly makerUser: string;
  readonly makerFee: bigint;
  readonly makerCreatedUs: number;
}

/** Lots resting at a price after a change; 0 when the level is gone. */
export interface LevelChanged {
  readonly kind: "level-changed";
  readonly market: string;
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  readonly quantity: number;
}

/** Everything that can have happened. */
export type ExchangeEvent =
  | Refused
  | ExchangeBegun
  | LimitsSet
  | FeesSet
  | MarketRulesSet
  | MarketAdded
  | MarketStateChanged
  | SelfTradePreventionSet
  | Transferred
  | BalanceChanged
  | OrderOpened
  | OrderUpdated
  | OrderClosed
  | Traded
  | LevelChanged;

/** Where events go while a command is applied. */
export interface EventSink {
  emit(event: ExchangeEvent): void;
}

/**
 * The events of one command. It is a class and not a closure of each exchange, so that code compiled
 * for one exchange is good for all exchanges of a process.
 */
export class EventList implements EventSink {
  #events: ExchangeEvent[] = [];

  emit(event: ExchangeEvent): void {
    this.#events.push(event);
  }

  /** What was emitted since the last call, oldest first; the list is the caller's. */
  take(): ExchangeEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }
}
