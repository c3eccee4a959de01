/**
 * What can be looked at: markets of the exchange, and tickers of datasets, which have bars and neither a book nor orders. Each
 * has an id that can stand in an address.
 */
import type { Market } from "@openbourse/client";

/** What both kinds have. */
interface Named {
  /** `BTC_USDT` of a market, `huobi:BTC/USDT` of a dataset's ticker. */
  readonly id: string;
  /** For people: `BTC/USDT`. */
  readonly title: string;
  /** Where its bars and indicators are found. */
  readonly dataset: string;
  readonly ticker: string;
  /** Unit of quantities, and of prices; empty where the ticker is no pair. */
  readonly base: string;
  readonly quote: string;
}

/** A market of the exchange. */
export interface MarketInstrument extends Named {
  readonly kind: "market";
  readonly market: Market;
}

/** A ticker of a dataset. */
export interface TickerInstrument extends Named {
  readonly kind: "ticker";
}

/** See the head of the file. */
export type Instrument = MarketInstrument | TickerInstrument;

/** The dataset of the exchange's own trades. */
export const localDataset = "local";

/** A market as an instrument. */
export function marketInstrument(market: Market): MarketInstrument {
  const title = `${market.base}/${market.quote}`;
  return {
    kind: "market",
    id: market.market,
    ...{ title, dataset: localDataset, ticker: title, market },
    ...{ base: market.base, quote: market.quote },
  };
}

/** A dataset's ticker as an instrument. */
export function tickerInstrument(dataset: string, ticker: string): TickerInstrument {
  const [base = "", quote = ""] = ticker.includes("/") ? ticker.split("/") : [];
  return {
    kind: "ticker",
    id: `${dataset}:${ticker}`,
    ...{ title: ticker, dataset, ticker, base, quote },
  };
}

/** The instruments that fit what somebody typed: all words have to occur, those that begin with it come first. */
export function searched(all: readonly Instrument[], typed: string): readonly Instrument[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  const [first = ""] = words;
  const fits = all.filter((instrument) => {
    const text = textOf(instrument);
    return words.every((word) => text.includes(word));
  });
  const begins = ({ id, title }: Instrument) =>
    [title, title.replace("/", ""), id].some((text) => text.toLowerCase().startsWith(first));
  return [...fits.filter(begins), ...fits.filter((instrument) => !begins(instrument))];
}

/** `btc/usdt`, `btcusdt` and `btc_usdt` are all found. */
function textOf({ id, title, dataset }: Instrument): string {
  return `${title} ${title.replace("/", "")} ${id} ${dataset}`.toLowerCase();
}
