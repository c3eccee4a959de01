/**
 * What single venues need so that their streams and their past name trades alike. Without it nothing
 * could be joined after a pause, and all of it would be a gap.
 */

/** What is known of a venue beyond what ccxt knows. */
export interface VenueFacts {
  /** Fields of the venue's own trade that have its id, the first that is there; else ccxt's choice. */
  readonly idFields?: readonly string[];
  /** The step of times in its past, in microseconds, where it is coarser than the stream. */
  readonly pastStepUs?: number;
  /** Options of ccxt. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const facts: Readonly<Record<string, VenueFacts>> = {
  // Stream and past have other names for the number of a trade, and longer ids of their own besides.
  htx: { idFields: ["tradeId", "trade-id"] },
  // The past is of aggregates unless it is asked for otherwise; the stream is of single trades.
  binance: { options: { fetchTradesMethod: "publicGetTrades" } },
  binanceusdm: { options: { fetchTradesMethod: "fapiPublicGetTrades" } },
  bitstamp: { pastStepUs: 1_000_000 },
};

/** Facts of a venue; none for most. */
export function venueFacts(exchange: string): VenueFacts {
  return facts[exchange === "huobi" ? "htx" : exchange] ?? {};
}
