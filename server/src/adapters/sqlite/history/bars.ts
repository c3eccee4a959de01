/**
 * The bars of the history's file, in ticks, lots and atoms. Trades are folded into minutes, and these are
 * rolled up into all lengths once for all trades of a transaction, so that a trade costs a few additions
 * and no write of its own. It leaves it to its caller to begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { formatDecimal } from "../../../core/num/decimal.ts";
import { atomsScale } from "../../../core/num/money.ts";
import { BarFold } from "../../../marketdata/bars/fold.ts";
import { type TableBar, tableBar } from "../../../marketdata/bars/table.ts";
import { type BarResolution, barResolutions, barStartS } from "../../../ports/history.ts";
import { integerOf, sumOf } from "./cells.ts";
import { damagedHistory } from "./error.ts";
import { type BarTrade, historyColumns } from "./rows.ts";

const secondUs = 1_000_000;
const [minuteS] = barResolutions;

/** The columns of a bar for a SELECT. */
export const barFigures =
  "start_s AS startS, open, high, low, close, volume, value, trade_count AS tradeCount";

/** The bar in a row of them, whose quote volume is in atoms; undefined when it holds what is never written. */
export function barIn(row: Readonly<Record<string, unknown>>): TableBar | undefined {
  const startS = integerOf(row["startS"]);
  const open = integerOf(row["open"]);
  const high = integerOf(row["high"]);
  const low = integerOf(row["low"]);
  const close = integerOf(row["close"]);
  const volume = sumOf(row["volume"], 0);
  const quoteVolume = sumOf(row["value"], atomsScale);
  const tradeCount = integerOf(row["tradeCount"]);
  if (startS === undefined || volume === undefined || quoteVolume === undefined) return undefined;
  if (open === undefined || high === undefined || low === undefined) return undefined;
  if (close === undefined || tradeCount === undefined) return undefined;
  const startUs = startS * secondUs;
  return tableBar({ startUs, open, high, low, close, volume, quoteVolume, tradeCount });
}

/** A bar of the file that may still change. */
interface OpenBar {
  /** Number of its name. */
  readonly market: number;
  readonly resolutionS: BarResolution;
  readonly fold: BarFold;
}

/** Adds trades to the bars of a file, within transactions of its caller. */
export class BarWriter {
  readonly #file: string;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  /** The trades of the newest minute of each market that are in no bar yet. */
  readonly #minutes = new Map<number, BarFold>();
  /** The bar that each market is in; at most one for each market and resolution. */
  readonly #current: ReadonlyMap<BarResolution, Map<number, OpenBar>>;
  /** Those of them that are not written as they stand. */
  readonly #changed = new Set<OpenBar>();

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
  add({ market, timeUs, price, quantity, value }: BarTrade): void {
    const startUs = barStartS(timeUs, minuteS) * secondUs;
    let minute = this.#minutes.get(market);
    if (minute?.startUs !== startUs) {
      if (minute !== undefined) this.#rollUp(market, minute);
      minute = new BarFold({ startUs, priceScale: 0, quantityScale: 0 });
      this.#minutes.set(market, minute);
    }
    const prices = { open: price, high: price, low: price, close: price };
    const sums = { volume: quantity, quoteVolume: value, tradeCount: 1 };
    minute.join(tableBar({ startUs, ...prices, ...sums }));
  }

  /** Writes every bar as it stands. */
  write(): void {
    for (const [market, minute] of this.#minutes) this.#rollUp(market, minute);
    this.#minutes.clear();
    for (const bar of this.#changed) this.#write(bar);
  }

  /** Adds the trades of a minute to the bars of all lengths. */
  #rollUp(market: number, minute: BarFold): void {
    const trades = minute.toBar();
    for (const [resolutionS, bars] of this.#current) {
      const startS = barStartS(minute.startUs, resolutionS);
      let bar = bars.get(market);
      if (bar?.fold.startUs !== startS * secondUs) {
        if (bar !== undefined) this.#write(bar);
        bar = { market, resolutionS, fold: this.#read(market, resolutionS, startS) };
        bars.set(market, bar);
      }
      bar.fold.join(trades);
      this.#changed.add(bar);
    }
  }

  /** A bar as the file has it, or an empty one. */
  #read(market: number, resolutionS: BarResolution, startS: number): BarFold {
    const row = this.#find.get(market, resolutionS, startS);
    if (row === undefined) {
      return new BarFold({ startUs: startS * secondUs, priceScale: 0, quantityScale: 0 });
    }
    const bar = barIn(row);
    if (bar === undefined) throw damagedHistory(this.#file, "a bar holds what is never written");
    return BarFold.of(bar);
  }

  #write(bar: OpenBar): void {
    if (!this.#changed.delete(bar)) return;
    const { market, resolutionS, fold } = bar;
    const { startUs, open, high, low, close, tradeCount } = fold;
    const volume = formatDecimal(fold.volume.value(), 0);
    const value = formatDecimal(fold.quoteVolume.value(), atomsScale);
    const key = [market, resolutionS, startUs / secondUs];
    this.#put.run(...key, open, high, low, close, volume, value, tradeCount);
  }
}
