/**
 * The bars of the history's file. Each market's current bars are kept in memory and written once for
 * all trades of a transaction, so that a trade costs a few additions and no write of its own. It
 * leaves it to its caller to begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { formatDecimal } from "../../../core/num/decimal.ts";
import { atomsScale } from "../../../core/num/money.ts";
import { type BarResolution, barResolutions, barStartS } from "../../../ports/history.ts";
import { integerOf, sumOf } from "./cells.ts";
import { damagedHistory } from "./error.ts";
import { type BarTrade, historyColumns } from "./rows.ts";

/** What a bar says. The sums are bigints because they may outgrow every other integer. */
export interface BarFigures {
  /** Ticks. */
  open: number;
  high: number;
  low: number;
  close: number;
  /** Lots. */
  volume: bigint;
  /** Quote atoms. */
  value: bigint;
  tradeCount: number;
}

interface Bar extends BarFigures {
  /** Number of its name. */
  readonly market: number;
  readonly resolutionS: BarResolution;
  readonly startS: number;
}

/** The columns of {@link BarFigures} for a SELECT. */
export const barFigures = "open, high, low, close, volume, value, trade_count AS tradeCount";

/** The figures in a row of them; undefined when it holds what is never written. */
export function barFiguresIn(row: Readonly<Record<string, unknown>>): BarFigures | undefined {
  const open = integerOf(row["open"]);
  const high = integerOf(row["high"]);
  const low = integerOf(row["low"]);
  const close = integerOf(row["close"]);
  const volume = sumOf(row["volume"], 0);
  const value = sumOf(row["value"], atomsScale);
  const tradeCount = integerOf(row["tradeCount"]);
  if (open === undefined || high === undefined || low === undefined || close === undefined) {
    return undefined;
  }
  if (volume === undefined || value === undefined || tradeCount === undefined) return undefined;
  return { open, high, low, close, volume, value, tradeCount };
}

/** Adds trades to the bars of a file, within transactions of its caller. */
export class BarWriter {
  readonly #file: string;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  /** The bar that each market is in; at most one for each market and resolution. */
  readonly #current: ReadonlyMap<BarResolution, Map<number, Bar>>;
  /** Those of them that are not written as they stand. */
  readonly #changed = new Set<Bar>();

  constructor(database: DatabaseSync, file: string) {
    const columns = historyColumns.bar;
    this.#file = file;
    this.#find = database.prepare(`SELECT ${barFigures} FROM bar
      WHERE market = ? AND resolution_s = ? AND start_s = ?`);
    this.#put = database.prepare(`INSERT INTO bar (${columns}) VALUES (${columns.map(() => "?")})
      ON CONFLICT (market, resolution_s, start_s) DO UPDATE SET high = excluded.high,
        low = excluded.low, close = excluded.close, volume = excluded.volume,
        value = excluded.value, trade_count = excluded.trade_count`);
    this.#current = new Map(barResolutions.map((resolutionS) => [resolutionS, new Map()]));
  }

  /** Adds a trade; the trades of a market are added in the order in which they happened. */
  add(trade: BarTrade): void {
    for (const [resolutionS, bars] of this.#current) {
      const startS = barStartS(trade.timeUs, resolutionS);
      let bar = bars.get(trade.market);
      if (bar?.startS !== startS) {
        if (bar !== undefined) this.#write(bar);
        bar = this.#read(trade, resolutionS, startS);
        bars.set(trade.market, bar);
      }
      addToBar(bar, trade);
      this.#changed.add(bar);
    }
  }

  /** Writes every bar as it stands. */
  write(): void {
    for (const bar of this.#changed) this.#write(bar);
  }

  /** The bar that a trade falls into as the file has it, or an empty one. */
  #read({ market, price }: BarTrade, resolutionS: BarResolution, startS: number): Bar {
    const key = { market, resolutionS, startS };
    const row = this.#find.get(market, resolutionS, startS);
    if (row === undefined) {
      const prices = { open: price, high: price, low: price, close: price };
      return { ...key, ...prices, volume: 0n, value: 0n, tradeCount: 0 };
    }
    const figures = barFiguresIn(row);
    if (figures === undefined)
      throw damagedHistory(this.#file, "a bar holds what is never written");
    return { ...key, ...figures };
  }

  #write(bar: Bar): void {
    if (!this.#changed.delete(bar)) return;
    const { market, resolutionS, startS, open, high, low, close, tradeCount } = bar;
    const volume = formatDecimal(bar.volume, 0);
    const value = formatDecimal(bar.value, atomsScale);
    const prices = [open, high, low, close];
    this.#put.run(market, resolutionS, startS, ...prices, volume, value, tradeCount);
  }
}

function addToBar(bar: Bar, { price, quantity, value }: BarTrade): void {
  if (price > bar.high) bar.high = price;
  if (price < bar.low) bar.low = price;
  bar.close = price;
  bar.volume += BigInt(quantity);
  bar.value += value;
  bar.tradeCount += 1;
}
