/** Makes a file of what is stored of a dataset: text or Parquet, in pieces, each made when it is asked for. */
import { minuteInterval } from "../marketdata/bars/interval.ts";
import type { DatasetReader, StoredTrade } from "../ports/dataset-reader.ts";
import { type BarRow, barColumns, type Column, tradeColumns } from "./row-cells.ts";
import { type RowOrder, type RowPage, storedRows } from "./stored-rows.ts";
import { headerText, rowsText, type TextFormat } from "./text-writer.ts";

/** A format of exports. */
export type ExportFormat = TextFormat | "parquet";

/** Rows that are written in one piece. */
const pieceRows = 1_000;

/** What cannot be exported, in words for the operator. */
export class ExportError extends Error {}

/** An export: its pieces, and how many rows they hold so far. */
export class Export {
  readonly #reader: DatasetReader;
  readonly #order: RowOrder;
  readonly #format: ExportFormat;
  #rows = 0;

  constructor(reader: DatasetReader, order: RowOrder, format: ExportFormat) {
    this.#reader = reader;
    this.#order = order;
    this.#format = format;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The file, piece by piece. Throws an `ExportError` where it cannot be made to its end. */
  pieces(): AsyncGenerator<Uint8Array, void> {
    const { interval = minuteInterval } = this.#order;
    return this.#order.interval === undefined
      ? this.#file(tradeColumns, (page) => (page.kind === "trades" ? page.trades : []))
      : this.#file<BarRow>(barColumns, (page) =>
          page.kind === "bars"
            ? page.bars.map((bar) => ({ ticker: page.ticker, bar, interval }))
            : [],
        );
  }

  async *#file<Row extends BarRow | StoredTrade>(
    columns: readonly Column<Row>[],
    rowsOf: (page: RowPage) => readonly Row[],
  ): AsyncGenerator<Uint8Array, void> {
    const file = await this.#open(columns);
    yield file.begin();
    for await (const page of storedRows(this.#reader, this.#order)) {
      if (page.kind === "failed") throw new ExportError(page.reason);
      const rows = rowsOf(page);
      for (let at = 0; at < rows.length; at += pieceRows) {
        yield file.add(rows.slice(at, at + pieceRows));
      }
      this.#rows += rows.length;
    }
    yield file.end();
  }

  async #open<Row>(columns: readonly Column<Row>[]): Promise<RowFile<Row>> {
    const format = this.#format;
    if (format === "parquet") {
      const { ParquetRows } = await import("./parquet-writer.ts");
      const parquet = new ParquetRows(columns);
      return { begin: () => nothing, add: (rows) => parquet.add(rows), end: () => parquet.end() };
    }
    return {
      begin: () => Buffer.from(headerText(format, columns)),
      add: (rows) => Buffer.from(rowsText(format, columns, rows)),
      end: () => nothing,
    };
  }
}

/** A file as it is made; each call answers what is to be written next. */
interface RowFile<Row> {
  begin(): Uint8Array;
  add(rows: readonly Row[]): Uint8Array;
  end(): Uint8Array;
}

const nothing: Uint8Array = new Uint8Array(0);
