/**
 * What `npm start` shows without any configuration: ten simulated USDT markets of believable price,
 * step and pace. The prices are invented; only the names are those of real markets.
 */
import type { SimulatedTicker } from "./market.ts";

export const bitcoin: SimulatedTicker = {
  ticker: "BTC/USDT",
  startPrice: "107000",
  tickSize: "0.01",
  lotSize: "0.000001",
  medianQuantity: "0.005",
  tradesPerSecond: 6,
  dailyVolatilityPercent: 2.5,
};

export const ether: SimulatedTicker = {
  ticker: "ETH/USDT",
  startPrice: "2500",
  tickSize: "0.01",
  lotSize: "0.0001",
  medianQuantity: "0.12",
  tradesPerSecond: 4,
  dailyVolatilityPercent: 3.5,
};

const ai: SimulatedTicker = {
  ticker: "AI/USDT",
  startPrice: "0.42",
  tickSize: "0.0001",
  lotSize: "0.01",
  medianQuantity: "150",
  tradesPerSecond: 0.9,
  dailyVolatilityPercent: 6,
};

export const solana: SimulatedTicker = {
  ticker: "SOL/USDT",
  startPrice: "145",
  tickSize: "0.01",
  lotSize: "0.001",
  medianQuantity: "1.5",
  tradesPerSecond: 3,
  dailyVolatilityPercent: 4.5,
};

export const ripple: SimulatedTicker = {
  ticker: "XRP/USDT",
  startPrice: "2.18",
  tickSize: "0.0001",
  lotSize: "0.01",
  medianQuantity: "90",
  tradesPerSecond: 2.5,
  dailyVolatilityPercent: 4,
};

const doge: SimulatedTicker = {
  ticker: "DOGE/USDT",
  startPrice: "0.165",
  tickSize: "0.00001",
  lotSize: "0.1",
  medianQuantity: "900",
  tradesPerSecond: 2,
  dailyVolatilityPercent: 4.5,
};

export const tron: SimulatedTicker = {
  ticker: "TRX/USDT",
  startPrice: "0.273",
  tickSize: "0.00001",
  lotSize: "0.1",
  medianQuantity: "700",
  tradesPerSecond: 1.6,
  dailyVolatilityPercent: 2.5,
};

export const litecoin: SimulatedTicker = {
  ticker: "LTC/USDT",
  startPrice: "85.5",
  tickSize: "0.01",
  lotSize: "0.0001",
  medianQuantity: "1.2",
  tradesPerSecond: 1.2,
  dailyVolatilityPercent: 3.5,
};

const cardano: SimulatedTicker = {
  ticker: "ADA/USDT",
  startPrice: "0.575",
  tickSize: "0.0001",
  lotSize: "0.1",
  medianQuantity: "250",
  tradesPerSecond: 1,
  dailyVolatilityPercent: 4.5,
};

const chainlink: SimulatedTicker = {
  ticker: "LINK/USDT",
  startPrice: "13.2",
  tickSize: "0.001",
  lotSize: "0.01",
  medianQuantity: "12",
  tradesPerSecond: 0.7,
  dailyVolatilityPercent: 4.5,
};

/** Ten tickers, together about 23 trades a second. */
export const defaultTickers: readonly SimulatedTicker[] = [
  bitcoin,
  ether,
  ai,
  solana,
  ripple,
  doge,
  tron,
  litecoin,
  cardano,
  chainlink,
];
