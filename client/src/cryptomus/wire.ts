/**
 * The words of the Cryptomus stream's messages. `test/integration/client-wire.test.ts` holds each type against the server's
 * own; nothing of the server is imported here.
 */

/** What can be subscribed to. */
export type Channel =
  | "lastprice"
  | "ticker"
  | "trade"
  | "depth"
  | "candles"
  | "order"
  | "deal"
  | "balance";

/** A request that is answered once. */
export type QueryMethod =
  | "ping"
  | "time"
  | "lastprice_request"
  | "ticker_request"
  | "market_request"
  | "depth_request"
  | "trades_request"
  | "candles_request";

/** Value of `error`. */
export interface ErrorObject {
  readonly code: 1 | 2;
  readonly message: string;
}

/** `data` of `lastprice_update`. */
export interface LastPriceData {
  readonly symbol: string;
  readonly timestamp: number;
  readonly price: string;
}

/** `data` of `ticker_update`. */
export interface TickerData {
  readonly symbol: string;
  readonly timestamp: number;
  readonly price: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly volume: string;
  readonly quote_volume: string;
  readonly price_change: string;
}

/** An item of `data` of `candles_update`. */
export type CandleTuple = readonly [
  startS: number,
  open: string,
  close: string,
  high: string,
  low: string,
  volume: string,
  quoteVolume: string,
  market: string,
];

/** How a closed order ended. */
export interface OrderState {
  readonly state: "completed" | "cancelled";
  readonly internalState: "filled" | "partially_filled" | "empty";
}

/** `info` of `order_update`. */
export interface OrderInfo {
  readonly id: string;
  readonly symbol: string;
  readonly orderType: "limit" | "market";
  readonly direction: "buy" | "sell";
  readonly price: string;
  readonly quantity: string;
  readonly value: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly clientOid: string | null;
  readonly createTs: number;
  readonly updateTs?: number;
  readonly finishTs?: number;
  readonly state?: OrderState["state"];
  readonly internalState?: OrderState["internalState"];
}

/** `data` of `order_update`. */
export interface OrderData {
  readonly type: "created" | "updated" | "finished";
  readonly info: OrderInfo;
}

/** `info` of `balance_update`. */
export interface BalanceInfo {
  readonly walletId: string;
  readonly currencyCode: string;
  readonly amount: string;
  readonly oldBalance: string;
  readonly newBalance: string;
}

/** `info` of `deal_update`. */
export interface DealInfo {
  readonly dealId: string;
  readonly symbol: string;
  readonly dealState: "completed";
  readonly transactionId: string;
  readonly filledPrice: string;
  readonly filledQuantity: string;
  readonly filledValue: string;
  readonly fee: string;
  readonly feeCurrency: string;
  readonly tradeRole: "maker" | "taker";
  readonly committedAt: number;
}

/** `data` of `depth_update`. */
export interface DepthData {
  readonly symbol: string;
  readonly timestamp: number;
  readonly full_reload: boolean;
  readonly scale_index: number;
  readonly asks: readonly (readonly [string, string])[];
  readonly bids: readonly (readonly [string, string])[];
}

/** `data` of `trade_update`, read with its numbers as texts. */
export interface TradeData {
  readonly symbol: string;
  readonly trades: readonly {
    readonly price: string;
    readonly quantity: string;
    readonly timestamp: string;
    readonly direction: "buy" | "sell";
  }[];
}
