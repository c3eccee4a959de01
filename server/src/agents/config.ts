/** What the participants are told to trade, and the check that turns it into exact units and rules. */
import type { Level } from "../core/book/book.ts";
import { checkRules, type MarketRules, type Side } from "../core/market/rules.ts";
import type { Decimal } from "../core/num/decimal.ts";
import { atomsMax, parseAtoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import {
  multiplesOf,
  parseTicker,
  type SimulatedMarket,
  type SimulatedTicker,
} from "../simulation/market.ts";
import { fundsFor, OrderSizes } from "./parts.ts";

/** A market as an operator writes it; the ticker is `BASE/QUOTE`, sizes are decimal texts. */
export interface TradedMarket extends SimulatedTicker {
  /** Smallest and largest quantity of an order, in base. */
  readonly baseMin: string;
  readonly baseMax: string;
  /** Smallest and largest price × quantity of an order, in quote. */
  readonly quoteMin: string;
  readonly quoteMax: string;
}

/** What a recovered exchange knows of a market when the participants come back to it. */
export interface RecoveredMarket {
  /** They stay in force; tick and lot size have to be those of the configuration. */
  readonly rules: MarketRules;
  readonly halted: boolean;
  /** Price of the latest trade in ticks, from which the fair price goes on; 0 before the first one. */
  readonly lastTicks: number;
  /** Everything that rests in the book, in any order. */
  readonly levels: readonly RecoveredLevel[];
}

/** Lots that rest at a price in ticks. */
export interface RecoveredLevel extends Level {
  readonly side: Side;
}

/** Options of participants. */
export interface ParticipantsOptions {
  /** Safe integer, not negative: the same seed gives the same decisions. */
  readonly seed: number;
  readonly markets: readonly TradedMarket[];
  /** Time at which the decision steps begin to be counted, in microseconds since 1970. */
  readonly startUs: number;
  /** How much faster than the clock the participants live, {@link rateMin} … {@link rateMax}; 1 if absent. */
  readonly rate?: number;
  /** Markets that the exchange has already; none on a new one. */
  readonly recovered?: readonly RecoveredMarket[];
}

/** A market in exact units. */
export interface ParticipantMarket extends SimulatedMarket {
  readonly rules: MarketRules;
  readonly recovered: RecoveredMarket | undefined;
}

export const rateMin = 0.1;
export const rateMax = 1_000;
/** Each market has six agents with some thirty orders at most, far below the exchange's own bounds. */
export const participantMarketsMax = 100;
/** Above this the steps would be too coarse; a higher {@link ParticipantsOptions.rate} goes further. */
export const participantTradesPerSecondMax = 20;

/** How far from the best price a market order may trade: 5 %. */
const marketOrderBandPpm = 50_000;
/** Largest share of all money of a currency that one agent may be given. */
const fundsShareMax = 10_000n;

/** Checks the options; a text says what is wrong with them. */
export function parseParticipantsOptions(
  options: ParticipantsOptions,
): readonly ParticipantMarket[] | string {
  const { seed, startUs, rate = 1, markets, recovered = [] } = options;
  if (!isCount(seed)) return "the seed is not a non-negative integer";
  if (!isCount(startUs)) return "the start is not a time in microseconds";
  if (!(rate >= rateMin && rate <= rateMax)) return `the rate is not ${rateMin} to ${rateMax}`;
  if (markets.length > participantMarketsMax) {
    return `there are more than ${participantMarketsMax} markets`;
  }
  const known = new Map(recovered.map((market) => [market.rules.code, market]));
  const parsed = new Map<string, ParticipantMarket>();
  for (const entry of markets) {
    if (parsed.has(entry.ticker)) return `market "${entry.ticker}" is listed twice`;
    const market = parseMarket(entry, known);
    if (typeof market === "string") return `market "${entry.ticker}": ${market}`;
    parsed.set(entry.ticker, market);
  }
  return [...parsed.values()];
}

function parseMarket(
  entry: TradedMarket,
  known: ReadonlyMap<string, RecoveredMarket>,
): ParticipantMarket | string {
  const market = parseTicker(entry);
  if (typeof market === "string") return market;
  if (market.tradesPerSecond > participantTradesPerSecondMax) {
    return `the trades per second are more than ${participantTradesPerSecondMax}`;
  }
  const configured = parseRules(entry, market);
  if (typeof configured === "string") return configured;
  const recovered = known.get(configured.code);
  const rules = recovered?.rules ?? configured;
  return (
    stepFault(configured, rules) ??
    // Rules of a market that is there may have been changed since: agents then take the nearest sizes.
    (recovered === undefined ? sizeFault(rules, market) : undefined) ??
    fundsFault(rules, market) ?? { ...market, rules, recovered }
  );
}

function parseRules(entry: TradedMarket, market: SimulatedMarket): MarketRules | string {
  const [base = "", quote = ""] = entry.ticker.split("/");
  const baseMin = multiplesOf(market.lot, entry.baseMin);
  const baseMax = multiplesOf(market.lot, entry.baseMax);
  if (baseMin === undefined || baseMax === undefined) {
    return "its base sizes are not multiples of the lot size";
  }
  const quoteMin = parseAtoms(entry.quoteMin);
  const quoteMax = parseAtoms(entry.quoteMax);
  if (quoteMin === undefined || quoteMax === undefined) return "its quote sizes are not amounts";
  const rules: MarketRules = {
    code: `${base}_${quote}`,
    base,
    quote,
    tickSize: market.tick,
    lotSize: market.lot,
    baseMin: baseMin as Lots,
    baseMax: baseMax as Lots,
    quoteMin,
    quoteMax,
    marketOrderBandPpm,
  };
  return checkRules(rules) === undefined ? rules : "an exchange does not take its rules";
}

/** Prices and lots of the configuration would mean something else in the market that is there. */
function stepFault(configured: MarketRules, rules: MarketRules): string | undefined {
  const isSame =
    isEqual(configured.tickSize, rules.tickSize) && isEqual(configured.lotSize, rules.lotSize);
  return isSame ? undefined : "the exchange has it already, with another tick or lot size";
}

function isEqual(left: Decimal, right: Decimal): boolean {
  return left.coefficient === right.coefficient && left.scale === right.scale;
}

/** Says whether agents could not place an order of the usual size. */
function sizeFault(rules: MarketRules, { startTicks, medianLots }: SimulatedMarket) {
  const isAccepted = new OrderSizes(rules).within(medianLots, startTicks) === medianLots;
  return isAccepted ? undefined : "the median quantity is not a size that it accepts";
}

/** Says whether agents could not be given what they need. */
function fundsFault(rules: MarketRules, market: SimulatedMarket): string | undefined {
  const { base, quote } = fundsFor(rules, market);
  const most = atomsMax / fundsShareMax;
  return base > most || quote > most ? "its agents would need too much money" : undefined;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
