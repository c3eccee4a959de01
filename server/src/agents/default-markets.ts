/**
 * The markets that the exchange opens with when nothing is configured: prices and steps of the
 * simulated tickers, paces that a small machine does not notice, sizes like those on record
 * (docs/protocols/cryptomus, REST).
 */
import { bitcoin, ether, litecoin, ripple, solana, tron } from "../simulation/default-market.ts";
import type { TradedMarket } from "./config.ts";

const value = { quoteMin: "1", quoteMax: "10000000" } as const;

/** Six markets, together about six trades and thirty commands a second. */
export const defaultMarkets: readonly TradedMarket[] = [
  { ...bitcoin, ...value, tradesPerSecond: 1.4, baseMin: "0.00001", baseMax: "1000" },
  { ...ether, ...value, tradesPerSecond: 1.1, baseMin: "0.0005", baseMax: "20000" },
  { ...tron, ...value, tradesPerSecond: 0.7, baseMin: "5", baseMax: "50000000" },
  { ...solana, ...value, tradesPerSecond: 0.8, baseMin: "0.01", baseMax: "300000" },
  { ...ripple, ...value, tradesPerSecond: 0.8, baseMin: "1", baseMax: "20000000" },
  { ...litecoin, ...value, tradesPerSecond: 0.5, baseMin: "0.02", baseMax: "500000" },
];

/** Codes of these markets. */
export const participantMarkets: readonly string[] = defaultMarkets.map(({ ticker }) =>
  ticker.replace("/", "_"),
);
