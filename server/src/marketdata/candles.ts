/**
 * The candles of one market at every interval that clients may ask for, made from four resolutions.
 * It keeps no trades and answers nothing that it does not know wholly.
 */
import { assert } from "../core/assert.ts";
import type { MarketSteps } from "../core/market/rules.ts";
import type { Bar } from "./bars/bar.ts";
import {
  type BarInterval,
  intervalStart,
  secondsInterval,
  startNotBefore,
} from "./bars/interval.ts";
import { rollUp } from "./bars/roll.ts";
import { inDecimals, inSteps } from "./bars/steps.ts";
import { BarTable, type TableBar } from "./bars/table.ts";
import type { PublicTrade } from "./updates.ts";

/** What a candle needs to know of a trade. */
export type CandleTrade = Pick<PublicTrade, "timeUs" | "price" | "quantity">;

/** Which candles. All times are in seconds since 1970. */
export interface CandleQuery {
  readonly intervalS: number;
  /** Candles that start at or after this second. */
  readonly fromS: number;
  /** Candles that start at or before this second. */
  readonly toS: number;
}

/** Most candles that are kept of a stored resolution, and that one question is answered with. */
export const candlesMax = 1_440;

/** Most candles of one second that are kept. They are not stored, but the trades that they are made of are. */
export const secondCandlesMax = 3_600;

/** The newest candles of one second of a market that starts again. */
export interface RecentSeconds {
  /** All that was traded since is in them. */
  readonly fromUs: number;
  /** Oldest first. */
  readonly candles: readonly Bar[];
}

/** Resolutions that are stored, in seconds: minute, hour and UTC day. */
export type CandleResolutionS = 60 | 3_600 | 86_400;

/** All {@link CandleResolutionS}, finest first. */
export const candleResolutionsS: readonly CandleResolutionS[] = [60, 3_600, 86_400];

const [minuteS, hourS, dayS] = [60, 3_600, 86_400];
const weekS = 604_800;
const monthS = 2_592_000;
const partsOfSixty = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const partsOfDay = [1, 2, 3, 4, 6, 8, 12];
const daysBelowWeek = [1, 2, 3, 4, 5, 6];

/**
 * All intervals in seconds, shortest first: parts of a minute, of an hour and of a day, 1 to 6 days, a
 * week and a month. They are counted from 1970, so a week begins on a Thursday and a month is 30 days
 * long.
 */
export const candleIntervalsS: readonly number[] = [
  ...partsOfSixty,
  ...partsOfSixty.map((part) => part * minuteS),
  ...partsOfDay.map((part) => part * hourS),
  ...daysBelowWeek.map((days) => days * dayS),
  weekS,
  monthS,
];

const intervals: ReadonlyMap<number, BarInterval> = new Map(
  candleIntervalsS.map((seconds) => [seconds, secondsInterval(seconds)]),
);

const secondUs = 1_000_000;

/** Whether there are candles of so many seconds. */
export function isCandleInterval(seconds: number): boolean {
  return intervals.has(seconds);
}

/** The newest candles of one market. */
export class CandleStore {
  readonly #steps: MarketSteps;
  /** Coarsest first: the first that divides an interval has the fewest rows of it. */
  readonly #tables: readonly BarTable[] = [
    ...candleResolutionsS.map((resolutionS) => tableOf(resolutionS, candlesMax)).reverse(),
    tableOf(1, secondCandlesMax),
  ];
  /** From then on all trades are in the candles of one second. */
  #secondsFromUs = 0;
  #newestUs = 0;

  constructor(steps: MarketSteps) {
    this.#steps = steps;
  }

  /** Folds a trade that is not older than the newest one. */
  apply({ timeUs: eventTimeUs, price, quantity }: CandleTrade): void {
    assert(eventTimeUs >= this.#newestUs, "candles are folded in order of time");
    this.#newestUs = eventTimeUs;
    // The sides are not kept here.
    const trade = { eventTimeUs, price, quantity, aggressor: "unknown" } as const;
    for (const table of this.#tables) table.add(trade);
  }

  /** Fills a resolution of a new store with what was stored of it, oldest first; of too many, the newest stay. */
  restore(resolutionS: CandleResolutionS, candles: readonly Bar[]): void {
    this.#fill(this.#table(resolutionS), candles);
  }

  /** Fills the candles of one second of a new store with those from a time on, oldest first. */
  restoreSeconds({ fromUs, candles }: RecentSeconds): void {
    this.#secondsFromUs = fromUs;
    this.#fill(this.#table(1), candles);
  }

  /** Start of the first candle of an interval that is known wholly; what is older may be stored. */
  knownFromS(intervalS: number): number {
    const interval = intervals.get(intervalS);
    assert(interval !== undefined, "candles are known by a known interval");
    return this.#knownFromUs(this.#table(intervalS), interval) / secondUs;
  }

  /**
   * The newest {@link candlesMax} of the candles asked for, oldest first, without those that had no
   * trades. The interval is one of {@link candleIntervalsS}.
   */
  candles(query: CandleQuery): readonly Bar[] {
    const interval = intervals.get(query.intervalS);
    assert(interval !== undefined, "candles are asked for by a known interval");
    const table = this.#table(query.intervalS);
    const fromUs = startNotBefore(interval, query.fromS * secondUs);
    const toUs = query.toS * secondUs;
    const rows = table.from(Math.max(fromUs, this.#knownFromUs(table, interval)));
    const candles = [...rollUp(this.#until(toUs, rows, interval), interval)];
    return candles.length > candlesMax ? candles.slice(-candlesMax) : candles;
  }

  /** The candle of the interval that a second belongs to; undefined while that has no trades. */
  running(intervalS: number, nowS: number): Bar | undefined {
    const startS = Math.floor(nowS / intervalS) * intervalS;
    return this.candles({ intervalS, fromS: startS, toS: startS })[0];
  }

  #fill(table: BarTable, candles: readonly Bar[]): void {
    assert(table.size === 0, "only an empty table is filled");
    for (const candle of candles) table.append(inSteps(candle, this.#steps));
    this.#newestUs = Math.max(this.#newestUs, candles.at(-1)?.startUs ?? 0);
  }

  /** Start of the first interval of which no row is missing, as far as the rows tell. */
  #knownFromUs(table: BarTable, interval: BarInterval): number {
    const fromUs = table.lengthUs === secondUs ? this.#secondsFromUs : 0;
    const oldestUs = table.isFull ? table.oldestUs : 0;
    return startNotBefore(interval, Math.max(fromUs, oldestUs));
  }

  /** The bars of rows whose interval starts no later than a time. */
  *#until(toUs: number, rows: Iterable<TableBar>, interval: BarInterval): Generator<Bar, void> {
    for (const row of rows) {
      if (intervalStart(interval, row.startUs) > toUs) return;
      yield inDecimals(row, this.#steps);
    }
  }

  #table(intervalS: number): BarTable {
    const lengthUs = intervalS * secondUs;
    const table = this.#tables.find((each) => lengthUs % each.lengthUs === 0);
    assert(table !== undefined, "one second divides every interval");
    return table;
  }
}

function tableOf(resolutionS: number, rowsMax: number): BarTable {
  return new BarTable({ lengthUs: resolutionS * secondUs, rowsMax });
}
