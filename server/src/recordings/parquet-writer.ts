/**
 * Writes rows as a Parquet file, a row group at a time: moments are timestamps in microseconds, decimals
 * DECIMAL(38, 18), and what is in memory is one group.
 */
import { zstdCompressSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { Cell, Column } from "./row-cells.ts";

/** Rows of one group. */
export const groupRows = 50_000;

const decimalScale = 18;
const decimalMax = 10n ** 38n;

/** A file of rows that are added one after another; what it has to write is taken by and by. */
export class ParquetRows<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  #rows: Row[] = [];

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: "root", num_children: columns.length }, ...columns.map(elementOf)],
      codec: "ZSTD",
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
      createdBy: "openbourse",
    });
  }

  /** Adds rows; answers bytes of the file that are ready. */
  add(rows: readonly Row[]): Uint8Array {
    for (const row of rows) this.#rows.push(row);
    while (this.#rows.length >= groupRows) this.#writeGroup(this.#rows.splice(0, groupRows));
    return this.#take();
  }

  /** The rest of the file. */
  end(): Uint8Array {
    if (this.#rows.length > 0) this.#writeGroup(this.#rows);
    this.#rows = [];
    void this.#writer.finish();
    return this.#take();
  }

  #writeGroup(rows: readonly Row[]): void {
    const columnData = this.#columns.map(
      (column): ColumnSource => ({
        name: column.name,
        data: rows.map((row) => parquetValue(column.cell(row))),
      }),
    );
    void this.#writer.write({ columnData, rowGroupSize: groupRows });
  }

  /** The offsets in the file count on; only the memory is given back. */
  #take(): Uint8Array {
    const bytes = this.#bytes as ByteWriter & { index: number };
    const taken = new Uint8Array(this.#bytes.getBytes());
    bytes.index = 0;
    return taken;
  }
}

function elementOf<Row>({ name, kind }: Column<Row>): SchemaElement {
  const element = { name, repetition_type: "OPTIONAL" as const };
  switch (kind) {
    case "time":
      return {
        ...element,
        type: "INT64",
        converted_type: "TIMESTAMP_MICROS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
      };
    case "decimal":
      return {
        ...element,
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 16,
        converted_type: "DECIMAL",
        scale: decimalScale,
        precision: 38,
      };
    case "count":
      return { ...element, type: "INT64" };
    default:
      return { ...element, type: "BYTE_ARRAY", converted_type: "UTF8" };
  }
}

/** A number with more digits than the type of a column has. */
export class DecimalTooLong extends Error {}

function parquetValue(cell: Cell): bigint | string | undefined {
  if (cell === undefined) return undefined;
  switch (cell.kind) {
    case "time":
      return BigInt(cell.us);
    case "decimal":
      return decimalOf(BigInt(cell.value), cell.scale);
    case "count":
      return BigInt(cell.value);
    default:
      return cell.value;
  }
}

function decimalOf(value: bigint, scale: number): bigint {
  let [kept, places] = [value, scale];
  for (; places > decimalScale && kept % 10n === 0n; places -= 1) kept /= 10n;
  const scaled = places > decimalScale ? decimalMax : kept * 10n ** BigInt(decimalScale - places);
  if (scaled < decimalMax) return scaled;
  throw new DecimalTooLong(
    "a figure has more than 18 decimals or 20 digits before the point, which DECIMAL(38, 18) does not hold: export CSV or NDJSON",
  );
}
