/**
 * Writes which times of a dataset are known, in as few rows as possible, and why others are not. A gap ends
 * where a time becomes known. It leaves it to its caller to begin and to end the transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Span, uncoveredSpans } from "../../../marketdata/bars/span.ts";
import { allTickers, integer, textOf } from "./rows.ts";

/** A gap in a row. */
interface GapRow extends Span {
  readonly id: number;
  readonly ticker: number;
  readonly reason: string;
}

/** Writes spans and gaps. */
export class SpanWriter {
  readonly #touching: StatementSync;
  readonly #deleteKnown: StatementSync;
  readonly #insertKnown: StatementSync;
  readonly #gapsWithin: StatementSync;
  readonly #gapsOfAllWithin: StatementSync;
  readonly #sameGaps: StatementSync;
  readonly #deleteGap: StatementSync;
  readonly #insertGap: StatementSync;
  readonly #forget: readonly StatementSync[];

  constructor(database: DatabaseSync) {
    this.#touching = database.prepare(
      "SELECT from_us, to_us FROM known WHERE ticker = ? AND from_us <= ? AND to_us >= ?",
    );
    this.#deleteKnown = database.prepare("DELETE FROM known WHERE ticker = ? AND from_us = ?");
    this.#insertKnown = database.prepare("INSERT INTO known VALUES (?, ?, ?)");
    const gap = "SELECT id, ticker, from_us, to_us, reason FROM gap";
    this.#gapsWithin = database.prepare(`${gap} WHERE ticker = ? AND from_us < ? AND to_us > ?`);
    this.#gapsOfAllWithin = database.prepare(`${gap} WHERE from_us < ? AND to_us > ?`);
    this.#sameGaps = database.prepare(
      `${gap} WHERE ticker = ? AND from_us <= ? AND to_us >= ? AND reason = ?`,
    );
    this.#deleteGap = database.prepare("DELETE FROM gap WHERE id = ?");
    this.#insertGap = database.prepare(
      "INSERT INTO gap (ticker, from_us, to_us, reason) VALUES (?, ?, ?, ?)",
    );
    this.#forget = [
      "DELETE FROM known WHERE to_us <= :beforeUs",
      "UPDATE known SET from_us = :beforeUs WHERE from_us < :beforeUs",
      "DELETE FROM gap WHERE to_us <= :beforeUs",
      "UPDATE gap SET from_us = :beforeUs WHERE from_us < :beforeUs",
    ].map((sql) => database.prepare(sql));
  }

  /** Adds a time that is known of a ticker, or of all. */
  addKnown(ticker: number, { fromUs, toUs }: Span): void {
    if (fromUs >= toUs) return;
    const touching = this.#touching.all(ticker, toUs, fromUs).map(spanOf);
    const isStored = touching.some((span) => span.fromUs <= fromUs && span.toUs >= toUs);
    if (!isStored) {
      for (const span of touching) this.#deleteKnown.run(ticker, span.fromUs);
      const first = touching.reduce((least, span) => Math.min(least, span.fromUs), fromUs);
      const last = touching.reduce((most, span) => Math.max(most, span.toUs), toUs);
      this.#insertKnown.run(ticker, first, last);
    }
    const rows =
      ticker === allTickers
        ? this.#gapsOfAllWithin.all(toUs, fromUs)
        : this.#gapsWithin.all(ticker, toUs, fromUs);
    for (const gap of rows.map(gapOf)) this.#cutGap(gap, { fromUs, toUs });
  }

  /** Adds why a time is not known, as far as it is not. */
  addGap(ticker: number, gap: Span, reason: string): void {
    const known = [allTickers, ticker].flatMap((each) =>
      this.#touching.all(each, gap.toUs, gap.fromUs).map(spanOf),
    );
    for (const { fromUs, toUs } of uncoveredSpans(gap, known)) {
      const same = this.#sameGaps.all(ticker, toUs, fromUs, reason).map(gapOf);
      for (const { id } of same) this.#deleteGap.run(id);
      const first = same.reduce((least, span) => Math.min(least, span.fromUs), fromUs);
      const last = same.reduce((most, span) => Math.max(most, span.toUs), toUs);
      this.#insertGap.run(ticker, first, last, reason);
    }
  }

  /** What of a range is not known of a ticker, oldest first. */
  unknown(ticker: number, range: Span): readonly Span[] {
    const known = [allTickers, ticker].flatMap((each) =>
      this.#touching.all(each, range.toUs, range.fromUs).map(spanOf),
    );
    return uncoveredSpans(range, known);
  }

  /** Forgets what was known before a time, and why what was not. */
  forget(beforeUs: number): void {
    for (const statement of this.#forget) statement.run({ beforeUs });
  }

  #cutGap({ id, ticker, reason, ...gap }: GapRow, known: Span): void {
    this.#deleteGap.run(id);
    for (const { fromUs, toUs } of uncoveredSpans(gap, [known])) {
      this.#insertGap.run(ticker, fromUs, toUs, reason);
    }
  }
}

/** The span in a row. */
export function spanOf(row: Record<string, unknown>): Span {
  return { fromUs: integer(row["from_us"]), toUs: integer(row["to_us"]) };
}

function gapOf(row: Record<string, unknown>): GapRow {
  return {
    ...spanOf(row),
    id: integer(row["id"]),
    ticker: integer(row["ticker"]),
    reason: textOf(row["reason"]),
  };
}
