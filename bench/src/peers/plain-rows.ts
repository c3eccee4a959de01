/**
 * What a program would write first: a row for each trade and each bar in `node:sqlite`, with an index, and
 * longer bars by GROUP BY. It looks for no duplicates and keeps no more than numbers.
 */
import { DatabaseSync } from "node:sqlite";
import type { StoredTrade } from "../../../server/src/ports/dataset-reader.ts";
import type { TickerBar } from "../../../server/src/ports/dataset-store.ts";

/** Opens tables of rows in a file. */
export function plainRows(file: string) {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS trade (ticker TEXT, venue TEXT, id INTEGER, price INTEGER, quantity INTEGER,
      time_us INTEGER, side TEXT);
    CREATE INDEX IF NOT EXISTS trade_by_time ON trade (ticker, time_us);
    CREATE TABLE IF NOT EXISTS bar (ticker TEXT, start_us INTEGER, open INTEGER, high INTEGER, low INTEGER,
      close INTEGER, volume INTEGER, quote INTEGER, trades INTEGER, PRIMARY KEY (ticker, start_us)) WITHOUT ROWID`);
  const trade = database.prepare("INSERT INTO trade VALUES (?, ?, ?, ?, ?, ?, ?)");
  const bar = database.prepare("INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const range = database.prepare(
    "SELECT * FROM bar WHERE ticker = ? AND start_us >= ? ORDER BY start_us LIMIT ?",
  );
  const days =
    database.prepare(`SELECT start_us / 86400000000 AS day, min(low), max(high), sum(volume),
    sum(quote), sum(trades) FROM bar WHERE ticker = ? GROUP BY day ORDER BY day`);
  const inTransaction = (work: () => void) => {
    database.exec("BEGIN");
    work();
    database.exec("COMMIT");
  };
  return {
    putTrades(trades: readonly StoredTrade[]): void {
      inTransaction(() => {
        for (const { ticker, venue, id, price, quantity, eventTimeUs, aggressor } of trades) {
          trade.run(ticker, venue, id ?? null, price, quantity, eventTimeUs, aggressor);
        }
      });
    },
    putBars(bars: readonly TickerBar[]): void {
      inTransaction(() => {
        for (const { ticker, bar: one } of bars) {
          const { startUs, open, high, low, close, volume, quoteVolume, tradeCount } = one;
          const sums = [volume, quoteVolume ?? null, tradeCount ?? null];
          bar.run(ticker, startUs, open, high, low, close, ...sums);
        }
      });
    },
    minutes: (ticker: string, fromUs: number, limit: number) => range.all(ticker, fromUs, limit),
    days: (ticker: string) => days.all(ticker),
    close: () => database.close(),
  };
}
