/** Reads what is known of a dataset, and why the rest is not. */
import type { DatabaseSync } from "node:sqlite";
import { commonSpan, type Span } from "../../../marketdata/bars/span.ts";
import type { Coverage, CoverageQuery, UnknownSpan } from "../../../ports/dataset-reader.ts";
import { unknownSpans } from "../../../ports/unknown-spans.ts";
import { allTickers, findTicker, integer, textOf } from "./rows.ts";

/**
 * Most known spans, and most gaps, that an answer is made of. Of what is beyond them nothing is said: it
 * counts as not known.
 */
export const spansMax = 10_000;

/** The reads of one file. */
export class SpanReads {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** What is not known of a ticker in a range; of one that is not stored what is not known of all. */
  unknown(ticker: number | undefined, range: Span): readonly UnknownSpan[] {
    const known = this.#rows("known", ticker ?? allTickers, range);
    return unknownSpans(range, known, this.#rows("gap", ticker ?? allTickers, range));
  }

  /** What is known in a range, oldest first. */
  coverage({ ticker, ...range }: CoverageQuery): Coverage {
    const number =
      ticker === undefined ? undefined : (findTicker(this.#database, ticker) ?? allTickers);
    const cut = (row: SpanRow) => ({ ...row, ...commonSpan(row, range)! });
    const known = this.#rows("known", number, range).map(cut);
    return {
      known: known.map(({ reason: _, ...span }) => span),
      gaps: this.#rows("gap", number, range).map(cut),
    };
  }

  /** Rows of a ticker and of all; of every ticker where none is named. */
  #rows(table: "known" | "gap", ticker: number | undefined, range: Span): readonly SpanRow[] {
    const { fromUs, toUs } = range;
    const statement = this.#database.prepare(`
      SELECT name, from_us, to_us, ${table === "gap" ? "reason" : "'' AS reason"}
      FROM ${table} LEFT JOIN ticker ON ticker.id = ${table}.ticker
      WHERE from_us < :toUs AND to_us > :fromUs
        ${ticker === undefined ? "" : `AND ${table}.ticker IN (${allTickers}, :ticker)`}
      ORDER BY from_us, ${table}.ticker <> 0, name LIMIT ${spansMax}`);
    const values = ticker === undefined ? { fromUs, toUs } : { fromUs, toUs, ticker };
    return statement.all(values).map((row) => ({
      fromUs: integer(row["from_us"]),
      toUs: integer(row["to_us"]),
      ticker: row["name"] === null ? undefined : textOf(row["name"]),
      reason: textOf(row["reason"]),
    }));
  }
}

interface SpanRow extends Span {
  readonly ticker: string | undefined;
  readonly reason: string;
}
