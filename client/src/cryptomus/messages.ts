/**
 * What the Cryptomus stream and its REST say, in this package's words: camel case, milliseconds, `quantity` for base and
 * `value` for quote amounts. Prices, quantities and amounts are exact decimal texts.
 */

/** Which way an order goes, or the taker's way of a trade. */
export type Direction = "buy" | "sell";

/** Messages of a channel that was away may be missing, of all its markets. Times are milliseconds since 1970. */
export interface Gap {
  readonly type: "gap";
  readonly fromMs: number;
  readonly toMs: number;
}

/** The last price of a market. */
export interface LastPrice {
  readonly market: string;
  readonly timeMs: number;
  readonly price: string;
}

/** Figures of 24 hours. */
export interface Ticker extends LastPrice {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  readonly quoteVolume: string;
  /** Percent with two decimals. */
  readonly changePercent: string;
}

/** A public trade. */
export interface Trade {
  readonly type: "trade";
  readonly market: string;
  readonly timeMs: number;
  readonly price: string;
  readonly quantity: string;
  readonly direction: Direction;
}

/** A candle, which may still be running. */
export interface Candle {
  readonly market: string;
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
}

/** How an order ended. */
export type OrderEnd =
  | { readonly state: "completed"; readonly internalState: "filled" }
  | { readonly state: "cancelled"; readonly internalState: "partially_filled" | "empty" };

/** A step of an own order. */
export interface OrderUpdate {
  readonly type: "order";
  readonly phase: "created" | "updated" | "finished";
  readonly id: string;
  readonly market: string;
  readonly orderType: "limit" | "market";
  readonly direction: Direction;
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly clientOrderId: string | undefined;
  readonly createdMs: number;
  /** Only of `finished`. */
  readonly finishedMs?: number;
  readonly end?: OrderEnd;
}

/** An own half of a trade. */
export interface Fill {
  readonly type: "fill";
  /** Id of all fills of the order together. */
  readonly dealId: string;
  readonly id: string;
  readonly market: string;
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  /** Negative for a rebate. */
  readonly fee: string;
  readonly feeCurrency: string;
  readonly role: "maker" | "taker";
  readonly timeMs: number;
}

/** A change of what is available of a currency. */
export interface BalanceChange {
  readonly type: "balance";
  readonly walletId: string;
  readonly currency: string;
  /** Size of the change, whichever its direction. */
  readonly amount: string;
  readonly oldBalance: string;
  readonly newBalance: string;
}
