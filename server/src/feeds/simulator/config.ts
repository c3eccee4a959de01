/** What the simulator is told to simulate, and the check of it. */
import {
  parseTicker,
  type SimulatedMarket,
  type SimulatedTicker,
} from "../../simulation/market.ts";

/** A whole simulated venue. */
export interface SimulatorOptions {
  /** Safe integer, not negative: the same seed gives the same trades. */
  readonly seed: number;
  /** Written into each trade as the place where it happened. */
  readonly venue: string;
  readonly tickers: readonly SimulatedTicker[];
}

export const tickersMax = 10_000;

/** Checks the options; a text says what is wrong with them. */
export function parseSimulatorOptions(
  options: SimulatorOptions,
): readonly SimulatedMarket[] | string {
  const { seed, tickers } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) return "the seed is not a non-negative integer";
  if (tickers.length === 0) return "there are no tickers to simulate";
  if (tickers.length > tickersMax) return `there are more than ${tickersMax} tickers`;
  const markets = new Map<string, SimulatedMarket>();
  for (const entry of tickers) {
    if (markets.has(entry.ticker)) return `ticker "${entry.ticker}" is listed twice`;
    const market = parseTicker(entry);
    if (typeof market === "string") return `ticker "${entry.ticker}": ${market}`;
    markets.set(entry.ticker, market);
  }
  return [...markets.values()];
}
