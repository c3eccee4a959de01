/**
 * Answers queries from the file of one dataset, through a connection that cannot write. What takes long is
 * done in parts, so that others have their turn in between.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { startNotBefore } from "../../../marketdata/bars/interval.ts";
import type {
  StoredBarQuery,
  StoredTicker,
  StoredTrade,
  StoredTradeQuery,
} from "../../../ports/dataset-reader.ts";
import type { NewTickers } from "../../../ports/dataset-store.ts";
import { type BarRange, BarReads, baseOf, type Skip } from "./bar-reads.ts";
import { ByteWriter } from "./bytes.ts";
import type { FromReader, ReadRequest } from "./messages.ts";
import { findTicker, integer, positionOf, selectPosition, textOf } from "./rows.ts";
import { SpanReads } from "./span-reads.ts";
import { segmentOf } from "./trade-bytes.ts";
import { TradeReads } from "./trade-reads.ts";

/** A second, the unit of the starts of bars in an answer. */
export const secondUs = 1_000_000;

/** Trades of one segment of an answer. */
const answeredTrades = 1_024;

/** Most names of one answer. */
const newTickersMax = 1_000;

/** A query that yields whenever it could wait, and returns with its answer. */
export type Reading = Generator<undefined, FromReader>;

/** Reads an open file. */
export class DatasetFileReader {
  readonly #database: DatabaseSync;
  readonly #bars: BarReads;
  readonly #trades: TradeReads;
  readonly #spans: SpanReads;
  readonly #position: StatementSync;
  readonly #after: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#bars = new BarReads(database);
    this.#trades = new TradeReads(database);
    this.#spans = new SpanReads(database);
    this.#position = database.prepare(selectPosition);
    this.#after = database.prepare(
      `SELECT id, name FROM ticker WHERE id > ? AND minutes > 0 ORDER BY id LIMIT ${newTickersMax}`,
    );
  }

  /** Begins a query. */
  *read(request: Exclude<ReadRequest, { kind: "go-on" | "leave" }>): Reading {
    switch (request.kind) {
      case "bars":
        return yield* this.#readBars(request.query);
      case "trades":
        return yield* this.#readTrades(request.query);
      case "coverage":
        return { kind: "coverage", coverage: this.#spans.coverage(request.query) };
      case "position":
        return { kind: "position", position: positionOf(this.#position.get()) };
      case "tickers-after":
        return { kind: "tickers-after", tickers: this.#tickersAfter(request.after) };
      case "tickers":
        return yield* this.#readTickers();
    }
  }

  /** Runs work that sees one state of the file. */
  consistently<Result>(work: () => Result): Result {
    this.#database.exec("BEGIN");
    try {
      return work();
    } finally {
      if (this.#database.isTransaction) this.#database.exec("COMMIT");
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  *#readBars(query: StoredBarQuery): Reading {
    const { interval, limit, offset = 0 } = query;
    const fromUs = startNotBefore(interval, query.fromUs);
    const toUs = startNotBefore(interval, query.toUs);
    const ticker = findTicker(this.#database, query.ticker);
    const to = new ByteWriter(Math.min(limit, 1_024) * 48);
    if (ticker !== undefined) {
      const range = { ticker, fromUs, toUs, isNewestFirst: query.order === "newest-first" };
      const reads = baseOf(interval) === "trade" ? this.#trades : this.#bars;
      let left = limit;
      let lastS = 0;
      for (const bar of reads.bars(range, interval, { left: offset })) {
        yield;
        if (bar === undefined) continue;
        const startS = bar.startUs / secondUs;
        to.int(startS - lastS);
        to.bytes(bar.bytes);
        lastS = startS;
        left -= 1;
        if (left === 0) break;
      }
    }
    const unknown = this.#spans.unknown(ticker, { fromUs, toUs });
    return { kind: "bars", bars: to.taken(), unknown };
  }

  *#readTrades(query: StoredTradeQuery): Reading {
    const { fromUs, toUs, limit, offset = 0 } = query;
    const isNewestFirst = query.order === "newest-first";
    const found: StoredTrade[] = [];
    const range = { fromUs, toUs, isNewestFirst };
    for (const trades of this.#tradesOf(query.ticker, range, { left: offset })) {
      yield;
      for (const trade of trades) if (found.length < limit) found.push(trade);
      if (found.length === limit) break;
    }
    const to = new ByteWriter(found.length * 12 + 64);
    for (let at = 0; at < found.length; at += answeredTrades) {
      const some = found.slice(at, at + answeredTrades);
      to.bytes(segmentOf(isNewestFirst ? some.reverse() : some));
    }
    return { kind: "trades", segments: to.taken() };
  }

  #tradesOf(name: string, range: Omit<BarRange, "ticker">, skip: Skip) {
    const ticker = findTicker(this.#database, name);
    return ticker === undefined ? [] : this.#trades.trades({ ...range, ticker }, skip);
  }

  #tickersAfter(after: number): NewTickers {
    const rows = this.#after.all(after);
    const upTo = rows.length === 0 ? after : integer(rows.at(-1)?.["id"]);
    return { names: rows.map((row) => textOf(row["name"])), upTo };
  }

  *#readTickers(): Reading {
    const rows = this.#database
      .prepare("SELECT id, name, minutes, trades FROM ticker WHERE minutes > 0")
      .all();
    const tickers: StoredTicker[] = [];
    for (const row of rows) {
      yield;
      const ends = this.#bars.ends(integer(row["id"]));
      if (ends === undefined) continue;
      tickers.push({
        ticker: textOf(row["name"]),
        firstUs: ends.fromUs,
        lastUs: ends.toUs,
        minutes: integer(row["minutes"]),
        trades: integer(row["trades"]),
      });
    }
    tickers.sort((left, right) => (left.ticker < right.ticker ? -1 : 1));
    return { kind: "tickers", tickers };
  }
}
