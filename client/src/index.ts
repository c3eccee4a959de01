/** All that the package offers. Import what you use: the rest is left out by any bundler. */

export type { BackoffOptions } from "./backoff.ts";
export type { ConnectionCounts, ConnectionState, Patience } from "./connection.ts";
export { defaultPatience } from "./connection.ts";
export type { AccountChange, AccountState } from "./cryptomus/live-account.ts";
export { LiveAccount } from "./cryptomus/live-account.ts";
export type { BookCounts, BookState, LiveBook } from "./cryptomus/live-book.ts";
export type {
  BalanceChange,
  Candle,
  Direction,
  Fill,
  Gap,
  LastPrice,
  OrderEnd,
  OrderUpdate,
  Ticker,
  Trade,
} from "./cryptomus/messages.ts";
export { openOrders } from "./cryptomus/open-orders.ts";
export type { PastCandlesRequest } from "./cryptomus/past-candles.ts";
export { pastCandles, pastCandlesMax } from "./cryptomus/past-candles.ts";
export type { BookRows, CryptomusRestOptions } from "./cryptomus/rest.ts";
export { CryptomusRest } from "./cryptomus/rest.ts";
export type {
  Balance,
  ClosedOrder,
  DepthScale,
  FillRow,
  Market,
  NewOrder,
  OrderFilter,
  OrderIds,
  OrderRow,
  OrderTerms,
  TariffStep,
  Tariffs,
  TickerRow,
  TradeRow,
} from "./cryptomus/rest-messages.ts";
export type { CryptomusUser, Signed, Signer } from "./cryptomus/signing.ts";
export { hmacSigner, md5Signer } from "./cryptomus/signing.ts";
export { CryptomusStream } from "./cryptomus/stream.ts";
export type {
  CryptomusStreamOptions,
  Names,
  StartOptions,
  StreamCounts,
} from "./cryptomus/stream-options.ts";
export type { FinishedOrder, PlacedOrder } from "./cryptomus/trader.ts";
export { Trader } from "./cryptomus/trader.ts";
export type { QueryMethod } from "./cryptomus/wire.ts";
export type { Decimal, Rounding } from "./decimal.ts";
export {
  add,
  compare,
  divide,
  isDecimal,
  multiply,
  normalized,
  roundToStep,
  stepOf,
  subtract,
} from "./decimal.ts";
export type { Fault, FieldFault } from "./fault.ts";
export { ClientError } from "./fault.ts";
export type { BufferOptions, Feed, FeedCounts, Overflow } from "./feed.ts";
export type { FinazonKey } from "./finazon/key.ts";
export type { Bar, BarsRequest, Frequency } from "./finazon/messages.ts";
export type { ReplayState, ReplayStep, ReplayTimeline } from "./finazon/replay.ts";
export { ReplaySession } from "./finazon/replay.ts";
export type { FinazonRestOptions } from "./finazon/rest.ts";
export { FinazonRest } from "./finazon/rest.ts";
export type {
  ApiUsage,
  BarInterval,
  CallCount,
  Indicator,
  IndicatorRow,
  KnownBars,
  MyDataset,
  NamedCode,
  PastBar,
  PastRequest,
  PastTrade,
  SeriesRequest,
  Span,
  TickerName,
} from "./finazon/rest-messages.ts";
export type { FinazonCounts, FinazonStreamOptions, TickerRefusal } from "./finazon/stream.ts";
export { FinazonStream } from "./finazon/stream.ts";
export type { CallOptions } from "./http.ts";
export type { BookFault, DepthUpdate, Level } from "./order-book.ts";
export { OrderBook } from "./order-book.ts";
export type { HttpAnswer, HttpRequest, Platform, SocketLike } from "./platform.ts";
export { systemPlatform } from "./platform.ts";
export type { Signal } from "./signal.ts";
