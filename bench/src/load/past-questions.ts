/** What can be asked of the past over Finazon's REST: of each kind the page that takes the most work. */

/** One page. */
export interface PastQuestion {
  readonly name: string;
  /** Path and query. */
  readonly path: string;
}

const trades = "dataset=tape&ticker=BTC/USDT";
const minutes = "dataset=years&ticker=BTC/USDT";
const exchange = "dataset=local&ticker=BTC/USDT";
const page = "&page_size=1000";
/** From the first row on, so that all before a page is walked over. */
const deep = `${page}&start_at=0&order=asc&page=`;

function series(name: string, query: string): PastQuestion {
  return { name, path: `time_series?${minutes}${query}` };
}

function indicator(name: string, query: string): PastQuestion {
  return { name, path: `time_series/${name}?${minutes}&interval=1m${page}${query}` };
}

/** All of them. */
export const pastQuestions: readonly PastQuestion[] = [
  series("minutes", `&interval=1m${page}`),
  series("minutes, oldest first", `&interval=1m${page}&order=asc`),
  series("minutes, a deep page", `&interval=1m${deep}900`),
  { name: "minutes, all figures", path: `tape/time_series?ticker=BTC/USDT&interval=1m${page}` },
  series("3m", `&interval=3m${page}`),
  series("45m", `&interval=45m${page}`),
  series("45m, a deep page", `&interval=45m${deep}40`),
  series("hours", `&interval=1h${page}`),
  series("days", `&interval=1d${page}`),
  series("weeks", `&interval=1w${page}`),
  series("months", `&interval=1mo${page}`),
  { name: "trades", path: `trades?${trades}${page}` },
  { name: "trades, a deep page", path: `trades?${trades}${deep}900` },
  { name: "the exchange's trades", path: `trades?${exchange}${page}` },
  { name: "the exchange's trades, a deep page", path: `trades?${exchange}${deep}90` },
  { name: "the exchange's minutes", path: `time_series?${exchange}&interval=1m${page}` },
  { name: "price", path: `price?${trades}` },
  { name: "snapshot", path: `ticker/snapshot?${minutes}` },
  { name: "tickers", path: `tickers/crypto?dataset=wide${page}` },
  indicator("atr", "&time_period=500"),
  indicator("bbands", "&time_period=500&ma_type=T3MA"),
  indicator(
    "ichimoku",
    "&conversion_line_period=300&base_line_period=400&leading_span_b_period=500",
  ),
  indicator("ma", "&time_period=500&ma_type=T3MA"),
  indicator("macd", "&fast_period=400&slow_period=500&signal_period=500"),
  indicator("obv", ""),
  indicator("rsi", "&time_period=500"),
  indicator("sar", ""),
  indicator(
    "stoch",
    "&fast_k_period=500&slow_k_period=500&slow_d_period=500&slow_kma_type=T3MA&slow_dma_type=T3MA",
  ),
];

/** Candles of the exchange, over its own protocol. */
export interface CandleQuestion {
  readonly name: string;
  readonly params: readonly [market: string, fromS: number, toS: number, intervalS: number];
}

const untilS = 4_000_000_000;

/** Of seconds nothing longer is stored. */
export const candleQuestions: readonly CandleQuestion[] = [
  { name: "candles of a second", params: ["BTC_USDT", 0, untilS, 1] },
  { name: "candles of half a minute", params: ["BTC_USDT", 0, untilS, 30] },
  { name: "candles of a minute", params: ["BTC_USDT", 0, untilS, 60] },
  { name: "candles of an hour", params: ["BTC_USDT", 0, untilS, 3_600] },
];
