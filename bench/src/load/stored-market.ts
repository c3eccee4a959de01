/** Trades and minutes of a market as a store of datasets is given them: the same for every contender. */
import type { StoredTrade } from "../../../server/src/ports/dataset-reader.ts";
import type { TickerBar } from "../../../server/src/ports/dataset-store.ts";

/** When the first of them happened, in microseconds since 1970. */
export const marketStartUs: number = Date.UTC(2020, 0, 1) * 1_000;

const minuteUs = 60_000_000;

/** So many trades that follow each other by 13 ms, of so many tickers in turn, with the ids of a venue. */
export function storedTrades(first: number, count: number, tickers: number): StoredTrade[] {
  return Array.from({ length: count }, (_, index) => {
    const at = first + index;
    return {
      ticker: `T${(at * 7_919) % tickers}`,
      venue: "binance",
      id: 1_000_000_000 + at,
      price: 4_300_000 + ((at * 31) % 977),
      priceScale: 2,
      quantity: 1 + ((at * 17) % 99_991),
      quantityScale: 5,
      eventTimeUs: marketStartUs + at * 13_000,
      aggressor: at % 3 === 0 ? ("sell" as const) : ("buy" as const),
    };
  });
}

/** Minutes of a ticker that follow each other, from the `first` since the start on. */
export function storedMinutes(ticker: string, first: number, count: number): TickerBar[] {
  return Array.from({ length: count }, (_, index) => {
    const at = first + index;
    const startUs = marketStartUs + at * minuteUs;
    const price = 4_300_000 + ((at * 31) % 9_777);
    const volume = 123_456 + (at % 1_000);
    return {
      ticker,
      bar: {
        startUs,
        priceScale: 2,
        open: price,
        high: price + 150,
        low: price - 140,
        close: price + 7,
        volume,
        volumeScale: 5,
        quoteVolume: price * volume,
        takerBuyVolume: 60_000,
        takerBuyQuoteVolume: price * 60_000,
        tradeCount: 100 + (at % 50),
        firstUs: startUs + 100_000,
        lastUs: startUs + 59_000_000,
        revision: 0,
      },
    };
  });
}
