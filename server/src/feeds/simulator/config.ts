/** What may be written of a simulated market, what the simulator is told to simulate, and the check of it. */
import Type, { type Static } from "typebox";
import { strict } from "../../ports/config-section.ts";
import {
  parseTicker,
  type SimulatedMarket,
  type SimulatedTicker,
} from "../../simulation/market.ts";

const decimalText = (description: string) =>
  Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?$", description });

/** One ticker of a simulated market. */
const simulatedTickerSchema = Type.Object(
  {
    ticker: Type.String({ minLength: 1, maxLength: 64 }),
    startPrice: decimalText("price at the start"),
    tickSize: decimalText("smallest price step"),
    lotSize: decimalText("smallest quantity step"),
    medianQuantity: decimalText("half of the trades are larger"),
    tradesPerSecond: Type.Number({ minimum: 0.01, maximum: 10_000 }),
    dailyVolatilityPercent: Type.Optional(Type.Number({ minimum: 0.01, maximum: 20 })),
  },
  strict,
);

/** `kind: simulator`. */
export const simulatorFeedSchema = Type.Object(
  {
    kind: Type.Literal("simulator"),
    seed: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      default: 1,
      description: "the same seed gives the same trades",
    }),
    tickers: Type.Optional(
      Type.Array(simulatedTickerSchema, {
        minItems: 1,
        maxItems: 10_000,
        description: "the market; default: a dozen well-known tickers",
      }),
    ),
  },
  strict,
);

/** A simulator feed as configured. */
export type SimulatorFeedConfig = Static<typeof simulatorFeedSchema>;

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
