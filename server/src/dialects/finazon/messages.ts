/**
 * The wire: every message and reply body of the Finazon protocol with its field names and words.
 * Nothing here decides anything.
 */

/** Name of the query parameter that holds the key, of the stream and of REST. */
export const keyParameter = "apikey";

/** Name of the query parameter that names a clock of one's own; ours. */
export const sessionParameter = "session";

/** What a client can ask for (reference: the samples under "Event"). */
export const eventNames = ["subscribe", "unsubscribe", "heartbeat", "reset"] as const;

/** Value of `event`. */
export type EventName = (typeof eventNames)[number];

/** How often an open bar is sent: our publish period. */
export const frequencies = ["1s", "10s", "1m"] as const;

/** Value of `frequency` and `f`. */
export type Frequency = (typeof frequencies)[number];

/** The only value of `channel` and `ch`. */
export const barsChannel = "bars";

/** The only value of `aggregation` and `aggr`; the space of the printed sample is a slip (D-F1). */
export const minuteAggregation = "1m";

/** Names of the fields of a request. The first generation says `publisher` for `dataset` (D-F12). */
export type RequestField =
  | "event"
  | "request_id"
  | "dataset"
  | "publisher"
  | "tickers"
  | "channel"
  | "frequency"
  | "aggregation"
  /** Only of connections with positions. */
  | "since";

/** A client's message before anything about it is known, except that it is a JSON object. */
export type RawRequest = Readonly<Partial<Record<RequestField, unknown>>>;

/** Value of `code` in replies to subscribe and unsubscribe. */
export type SuccessCode = (typeof successCodes)["subscribe" | "unsubscribe"];

/** Value of `code` in error objects (D-F7). The last two are names of ours. */
export type StreamErrorCode =
  | "INVALID_PARAMETER"
  | "INVALID_TICKER"
  | "UNAUTHORIZED_ACCESS"
  | "INVALID_API_KEY"
  | "API_RATE_LIMIT_EXCEEDED"
  | "DATA_UNAVAILABLE"
  | "ALREADY_SUBSCRIBED"
  | "NOT_SUBSCRIBED";

/** That of each. */
export const successCodes = {
  subscribe: "SUCCESS_SUBSCRIPTION",
  unsubscribe: "SUCCESS_UNSUBSCRIPTION",
} as const;

/** What the first generation answers in `data`: the request once more (docs/protocols/finazon). */
export interface RequestEcho {
  readonly event: EventName;
  readonly publisher: string;
  readonly mic: "";
  readonly market: "";
  readonly channel: string;
  readonly frequency: Frequency;
  readonly aggregation: string;
  readonly tickers: readonly string[];
}

/** Reply to a subscribe or unsubscribe; `request_id` follows as the last key where there is one. */
export interface SubscriptionReply {
  readonly event?: EventName;
  readonly status: "success";
  readonly code: SuccessCode;
  readonly data: readonly string[] | RequestEcho;
}

/** Reply to a heartbeat or a reset; `request_id` follows as the last key where there is one. */
export interface Acknowledgement {
  readonly event: EventName;
  readonly status: "success";
}

/** An error object; `request_id` follows as the last key where there is one. */
export interface ErrorReply {
  readonly event?: EventName;
  readonly status: "error";
  readonly code: StreamErrorCode;
  readonly message: string;
}

/** Value of `error.code` of a REST reply. */
export type RestErrorCode =
  | "INVALID_PARAMETER"
  | "INVALID_DATE_RANGE"
  | "UNSUPPORTED_MARKET"
  | "INVALID_TICKER"
  | "UNAUTHORIZED_ACCESS"
  | "INVALID_API_KEY"
  | "ENDPOINT_NOT_FOUND"
  /** Ours. */
  | "UPGRADE_REQUIRED"
  | "REQUEST_TIMEOUT"
  | "API_RATE_LIMIT_EXCEEDED"
  | "INTERNAL_SERVER_ERROR"
  | "DATA_UNAVAILABLE";

/** Body of every REST error and of a refused upgrade (D-F11). */
export interface RestErrorBody {
  readonly status: "error";
  readonly error: {
    /** The HTTP status once more. */
    readonly status: number;
    readonly code: RestErrorCode;
    readonly message: string;
    /** Where the code is explained: a path of this server. */
    readonly more_info: string;
  };
}

/** Body of every REST list. */
export interface ListBody<Item> {
  readonly data: readonly Item[];
  readonly meta: { readonly pagination: { readonly page: number; readonly per_page: number } };
}

/** Item of `/datasets` and `/publishers`. */
export interface NamedCode {
  readonly code: string;
  readonly name: string;
  /** Of a dataset that gets no more data: why. Others have no such key. */
  readonly status?: "finished" | "failed";
}

/** Item of `/tickers/crypto` and of the ticker lists of one dataset. */
export interface CryptoTicker {
  readonly publisher: string;
  readonly ticker: string;
}

/** Item of `/tickers/forex`. */
export interface ForexTicker {
  readonly ticker: string;
}

/** Item of `/tickers/stocks`. Country and currency are not known here and stay empty. */
export interface StockTicker {
  readonly ticker: string;
  readonly country: string;
  readonly currency: string;
  readonly publisher: string;
}

/** Item of `/tickers/us_stocks`. What is not known here stays empty. */
export interface UsStockTicker {
  readonly ticker: string;
  readonly currency: string;
  readonly security: string;
  readonly mic: string;
  readonly asset_type: string;
  readonly cik: string;
  readonly composite_figi: string;
  readonly share_figi: string;
  readonly lei: string;
}

/** Item of `/markets/stocks`. */
export interface StockMarket {
  readonly country: string;
  readonly mic: string;
  readonly name: string;
}

/** Something with a name, in words for people. */
export interface NamedValue {
  readonly title: string;
  readonly value: string;
}

/** Item of `/my_datasets`. Nothing is sold here and nothing ends, so much of it is empty. */
export interface MyDataset {
  readonly code: string;
  readonly name: string;
  readonly status: string;
  /** Unix seconds. */
  readonly start_at: number | null;
  readonly finish_at: null;
  readonly active_until: null;
  readonly next_renewal: null;
  readonly price_period: null;
  readonly price_total: number;
  readonly details: readonly NamedValue[];
}

/** How many calls may be made in a minute, null for any number, and how many were made in this one. */
export interface CallCount {
  readonly limit: number | null;
  readonly usage: number;
}

/** Item of `/api_usage`. */
export interface ApiUsage {
  readonly product: string;
  readonly api_calls: CallCount;
  readonly api_calls_time_series: CallCount;
  readonly api_calls_trades: CallCount;
  readonly api_calls_reference: CallCount;
  readonly api_calls_snapshots: CallCount;
  readonly api_calls_price: CallCount;
  readonly historical_api_calls: CallCount;
}
