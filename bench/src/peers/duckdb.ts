/** DuckDB with the same bars in a table: an engine for columns, asked in SQL. */
import { DuckDBInstance } from "@duckdb/node-api";

/** Opens a file with a table of bars that is copied from one of SQLite's or made by SQL. */
export async function duckBars(file: string, makeBars: string) {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE bar AS ${makeBars}`);
  return {
    async minutes(ticker: string, fromUs: number, limit: number): Promise<number> {
      const reader = await connection.runAndReadAll(
        "SELECT * FROM bar WHERE ticker = $1 AND start_us >= $2 ORDER BY start_us LIMIT $3",
        [ticker, BigInt(fromUs), limit],
      );
      return reader.getRows().length;
    },
    async days(ticker: string): Promise<number> {
      const reader = await connection.runAndReadAll(
        `SELECT start_us // 86400000000 AS day, arg_min(open, start_us), max(high), min(low),
          arg_max("close", start_us), sum(volume), sum(quote), sum(trades)
         FROM bar WHERE ticker = $1 GROUP BY day ORDER BY day`,
        [ticker],
      );
      return reader.getRows().length;
    },
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
