/**
 * All that can be asked of the exchange. A command is stamped with sequence and time before it is
 * applied; it carries no identity of its own besides what its sender chose.
 */
import type { SelfTradePrevention } from "./book/book.ts";
import type { FeeRates, FeeStep } from "./market/fees.ts";
import type { ChangeableRules, MarketRules, Side } from "./market/rules.ts";
import type { Atoms } from "./num/money.ts";
import type { Lots, Ticks } from "./num/units.ts";
import type { ChangeableLimits, ExchangeParameters } from "./parameters.ts";

/** Longest user name, client order id and transfer key, in UTF-16 units. */
export const nameLengthMax = 64;

/** How long a limit order stands: until cancelled, for this moment, all or nothing, or only as maker. */
export type TimeInForce = "gtc" | "ioc" | "fok" | "post-only";

/** Begins a log: what the exchange is run with. It can only be the first command. */
export interface Genesis extends ExchangeParameters {
  readonly kind: "genesis";
  /** Version of the rules by which the commands of this log are applied. */
  readonly rulesVersion: number;
}

/** Changes the limits that are named; the others stay. */
export interface SetLimits {
  readonly kind: "set-limits";
  readonly changes: Partial<ChangeableLimits>;
}

/**
 * Whose fees are what: everybody's by turnover, those of one market, or those of one user. Rates that are
 * undefined mean none of its own: what comes next in line applies.
 */
export type FeeChoice =
  | { readonly of: "default"; readonly steps: readonly FeeStep[] }
  | { readonly of: "market"; readonly market: string; readonly rates: FeeRates | undefined }
  | { readonly of: "user"; readonly user: string; readonly rates: FeeRates | undefined };

/** Sets fees, from the next trade on. The currency in which turnover is counted stays. */
export interface SetFees {
  readonly kind: "set-fees";
  readonly fees: FeeChoice;
}

/**
 * Changes the rules of a market that are named, also while orders stand: those keep the terms on which
 * they were taken. A tick or lot of another size is refused.
 */
export interface SetMarketRules {
  readonly kind: "set-market-rules";
  readonly market: string;
  readonly changes: Partial<ChangeableRules & Pick<MarketRules, "tickSize" | "lotSize">>;
}

/** Opens a market for trading. */
export interface AddMarket {
  readonly kind: "add-market";
  readonly rules: MarketRules;
}

/** Stops new orders in a market; cancels are still taken. */
export interface HaltMarket {
  readonly kind: "halt-market";
  readonly market: string;
}

/** Takes new orders in a halted market again. */
export interface ResumeMarket {
  readonly kind: "resume-market";
  readonly market: string;
}

/** Brings money into a wallet or takes it out. */
export interface Transfer {
  readonly kind: "deposit" | "withdraw";
  readonly user: string;
  readonly currency: string;
  readonly amount: Atoms;
  /** The caller's own key: a repeat of one of the user's last keys changes nothing. */
  readonly key: string;
}

/** Chooses what happens when a user's orders meet each other. */
export interface SetSelfTradePrevention {
  readonly kind: "set-self-trade-prevention";
  readonly user: string;
  readonly mode: SelfTradePrevention;
}

/** Places an order with a worst price. */
export interface PlaceLimit {
  readonly kind: "place-limit";
  readonly user: string;
  readonly market: string;
  readonly side: Side;
  readonly price: Ticks;
  readonly quantity: Lots;
  readonly timeInForce: TimeInForce;
  /** Market price that cancels the resting order: above `price` for a buy, below it for a sell. */
  readonly stopPrice?: Ticks;
  /** Unique among the user's open and last closed orders. */
  readonly clientId?: string;
}

/** How much a market order is for: base lots, or an amount of quote. */
export type MarketOrderSize = { readonly quantity: Lots } | { readonly value: Atoms };

/** Places an order that trades now at the best prices, within the market's band. */
export interface PlaceMarket {
  readonly kind: "place-market";
  readonly user: string;
  readonly market: string;
  readonly side: Side;
  readonly size: MarketOrderSize;
  readonly clientId?: string;
}

/** Cancels one order, by the exchange's id or by the owner's. */
export interface CancelOrder {
  readonly kind: "cancel-order";
  readonly user: string;
  readonly order: OrderReference;
}

/** An order as its owner names it. */
export type OrderReference = { readonly id: number } | { readonly clientId: string };

/** Cancels all orders of a user, in one market or everywhere. */
export interface CancelAll {
  readonly kind: "cancel-all";
  readonly user: string;
  readonly market?: string;
}

/** Cancels a resting order and places another one in its stead; refused as a whole or done as a whole. */
export interface ReplaceOrder {
  readonly kind: "replace-order";
  readonly user: string;
  readonly order: OrderReference;
  readonly price: Ticks;
  readonly quantity: Lots;
  readonly timeInForce: "gtc" | "post-only";
  readonly stopPrice?: Ticks;
  readonly clientId?: string;
}

/** Takes lots off a resting order, which keeps its place in the queue; all of them cancel it. */
export interface ReduceOrder {
  readonly kind: "reduce-order";
  readonly user: string;
  readonly order: OrderReference;
  readonly by: Lots;
}

/** Everything that can be asked. */
export type Command =
  | Genesis
  | SetLimits
  | SetFees
  | SetMarketRules
  | AddMarket
  | HaltMarket
  | ResumeMarket
  | Transfer
  | SetSelfTradePrevention
  | PlaceLimit
  | PlaceMarket
  | CancelOrder
  | CancelAll
  | ReplaceOrder
  | ReduceOrder;

/** A command at its place in the log. */
export interface Stamped {
  /** Position in the log: 1 for the first, no gaps. */
  readonly sequence: number;
  /** Microseconds since 1970 (UTC); never less than that of the command before. */
  readonly timeUs: number;
  readonly command: Command;
}
