/** A market to be simulated as an operator writes it, and the check that turns it into exact units. */
import { type Decimal, parseDecimal, rescale } from "../core/num/decimal.ts";
import { quantityFactorMax } from "./quantity.ts";

/** One ticker as an operator writes it: numbers of the market are decimal texts. */
export interface SimulatedTicker {
  /** For example `BTC/USDT`; at most {@link tickerLengthMax} characters. */
  readonly ticker: string;
  /** A multiple of the tick size, {@link startTicksMin} … {@link startTicksMax} ticks. */
  readonly startPrice: string;
  /** Smallest step between two prices, for example `0.01`. */
  readonly tickSize: string;
  /** Smallest step between two quantities, in base units. */
  readonly lotSize: string;
  /** A multiple of the lot size; half of the trades are about this large or larger. */
  readonly medianQuantity: string;
  /** Mean over hours, {@link tradesPerSecondMin} … {@link tradesPerSecondMax}. */
  readonly tradesPerSecond: number;
  /** Standard deviation of a day's return in percent, 0.01 … 20; 3 where it is not given. */
  readonly dailyVolatilityPercent?: number;
}

/** A ticker in exact units. Prices are `ticks × tick`, quantities are `lots × lot`. */
export interface SimulatedMarket {
  readonly ticker: string;
  readonly tick: Decimal;
  readonly lot: Decimal;
  readonly startTicks: number;
  readonly medianLots: number;
  readonly tradesPerSecond: number;
  /** Standard deviation of a day's return as a fraction: 0.03 is 3 percent. */
  readonly dailyVolatility: number;
}

export const tickerLengthMax = 64;
/** Coarser prices could not stay clear of zero. */
export const startTicksMin = 1_000;
export const startTicksMax = 1_000_000_000;
export const medianLotsMax = 1_000_000_000;
export const tradesPerSecondMin = 0.01;
export const tradesPerSecondMax = 10_000;
const dailyVolatilityMin = 0.0001;
const dailyVolatilityMax = 0.2;
const dailyVolatilityPercentDefault = 3;

/** Highest price in units of the start price that a trade may have: a safe integer must hold it. */
const priceFactorMax = 8;

/** One ticker in exact units; a text says what is wrong with it. */
export function parseTicker(entry: SimulatedTicker): SimulatedMarket | string {
  const { ticker, tradesPerSecond } = entry;
  if (ticker === "" || ticker.length > tickerLengthMax) return "the name is empty or too long";
  const tick = parsePositive(entry.tickSize);
  if (tick === undefined) return "the tick size is not a positive decimal";
  const lot = parsePositive(entry.lotSize);
  if (lot === undefined) return "the lot size is not a positive decimal";
  const startTicks = multiplesOf(tick, entry.startPrice);
  if (startTicks === undefined) return "the start price is not a multiple of the tick size";
  const medianLots = multiplesOf(lot, entry.medianQuantity);
  if (medianLots === undefined) return "the median quantity is not a multiple of the lot size";
  const percent = entry.dailyVolatilityPercent ?? dailyVolatilityPercentDefault;
  const dailyVolatility = percent / 100;
  const market = { ticker, tick, lot, startTicks, medianLots, tradesPerSecond, dailyVolatility };
  return rangeFault(market) ?? market;
}

/** Says which figure of a market is out of range, if one is. */
function rangeFault(market: SimulatedMarket): string | undefined {
  const { tick, lot, startTicks, medianLots } = market;
  if (!isWithin(startTicks, startTicksMin, startTicksMax)) {
    return `the start price is not ${startTicksMin} to ${startTicksMax} ticks`;
  }
  if (!isWithin(medianLots, 1, medianLotsMax)) {
    return `the median quantity is not 1 to ${medianLotsMax} lots`;
  }
  const priceMax = startTicks * priceFactorMax * tick.coefficient;
  const quantityMax = medianLots * quantityFactorMax * lot.coefficient;
  if (!Number.isSafeInteger(priceMax) || !Number.isSafeInteger(quantityMax)) {
    return "its prices or quantities have more digits than fit exactly";
  }
  if (!isWithin(market.tradesPerSecond, tradesPerSecondMin, tradesPerSecondMax)) {
    return `the trades per second are not ${tradesPerSecondMin} to ${tradesPerSecondMax}`;
  }
  if (!isWithin(market.dailyVolatility, dailyVolatilityMin, dailyVolatilityMax)) {
    return "the daily volatility is not 0.01 to 20 percent";
  }
  return undefined;
}

function parsePositive(text: string): Decimal | undefined {
  const value = parseDecimal(text);
  return typeof value === "string" || value.coefficient <= 0 ? undefined : value;
}

/** How many units a decimal text is; undefined when it is no whole number of them. */
export function multiplesOf(unit: Decimal, text: string): number | undefined {
  const value = parseDecimal(text);
  if (typeof value === "string") return undefined;
  const scale = Math.max(unit.scale, value.scale);
  const dividend = rescale(value.coefficient, value.scale, scale);
  const divisor = rescale(unit.coefficient, unit.scale, scale);
  if (dividend === undefined || divisor === undefined) return undefined;
  return dividend % divisor === 0 ? dividend / divisor : undefined;
}

/** False for NaN as well. */
function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
