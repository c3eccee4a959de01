/**
 * The wire: every message of the Cryptomus stream with its field names and words (docs/protocols/cryptomus, The stream). Texts
 * of digits are exact; nothing here decides anything.
 */

/** Paths of the stream (protocol 9). */
export const streamPaths: readonly string[] = ["/ws", "/ws/"];

/** Name of the query parameter that holds the one-time token. */
export const tokenParameter = "token";

/** What can be subscribed to. `candles` has the parameters and tuples of WhiteBIT (D-C8). */
export const channels = [
  "lastprice",
  "ticker",
  "trade",
  "depth",
  "candles",
  "order",
  "deal",
  "balance",
] as const;

/** Beginning of the methods of a subscription. */
export type Channel = (typeof channels)[number];

/** Methods that are answered once. All but `ping` are extensions (D-C8). */
export const queryMethods = [
  "ping",
  "time",
  "lastprice_request",
  "ticker_request",
  "market_request",
  "depth_request",
  "trades_request",
  "candles_request",
] as const;

/** Method of a query. */
export type QueryMethod = (typeof queryMethods)[number];

/** Method of a subscription. */
export type SubscriptionMethod = `${Channel}_${"subscribe" | "unsubscribe"}`;

/** Value of `method` in a request. */
export type Method = QueryMethod | SubscriptionMethod;

/** Value of `method` in a reply. */
export type ReplyMethod = Exclude<Method, "ping"> | "pong";

/** The parameter that means every market or currency; lower case, because `ALL` may be a currency. */
export const everythingWord = "all";

/** Between the market and the scale index of a parameter of `depth`. */
export const scaleSeparator = ":";

/** A client's message before anything about it is known, except that it is a JSON object. */
export type RawRequest = Readonly<Partial<Record<"id" | "method" | "params" | "since", unknown>>>;

/** Value of `data` of a reply to a subscribe or unsubscribe. */
export interface Acknowledgement {
  readonly status: "success";
}

/** 1: the message is not a request; 2: everything else. */
export type StreamErrorCode = 1 | 2;

/** Value of `error` where there is one. The order of its keys is D-C13. */
export interface ErrorObject {
  readonly code: StreamErrorCode;
  readonly message: string;
}

/** Body of a refused upgrade. */
export interface RefusalBody {
  /** The HTTP status once more. */
  readonly code: number;
  readonly message: string;
}

/** `data` of `lastprice_update`. Times are Unix seconds here and below. */
export interface LastPriceData {
  readonly symbol: string;
  readonly timestamp: number;
  readonly price: string;
}

/** `data` of `ticker_update` and of the reply to `ticker_request`. */
export interface TickerData {
  readonly symbol: string;
  readonly timestamp: number;
  readonly price: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  /** Base quantity. */
  readonly volume: string;
  readonly quote_volume: string;
  /** Percent with two decimals (D-C50). */
  readonly price_change: string;
}

/** A candle, close before high as WhiteBIT has it; `data` of `candles_update` is a list of them. */
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

/** An order of `order_update`. Amounts have 16 decimals; a closed order also says how it ended. */
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
  /** Only of `updated`. */
  readonly updateTs?: number;
  /** This and the following only of `finished`. */
  readonly finishTs?: number;
  readonly state?: OrderState["state"];
  readonly internalState?: OrderState["internalState"];
}

/** How a closed order ended. */
export interface OrderState {
  readonly state: "completed" | "cancelled";
  readonly internalState: "filled" | "partially_filled" | "empty";
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
  /** Size of the movement, whichever its direction. */
  readonly amount: string;
  readonly oldBalance: string;
  /** Eight decimals where those are exact, unlike its neighbours (D-C39). */
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
  /** Negative for a rebate. */
  readonly fee: string;
  readonly feeCurrency: string;
  readonly tradeRole: "maker" | "taker";
  readonly committedAt: number;
}
