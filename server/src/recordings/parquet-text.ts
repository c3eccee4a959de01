/**
 * Turns a Parquet file into CSV text, a row group at a time. Numbers keep all their digits: decimals are
 * read as the integers that they are stored as, moments are written in ISO 8601 to the nanosecond.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from "hyparquet";
import { formatFixed } from "../core/num/decimal.ts";
import { wordsOf } from "../core/words-of.ts";
import { unpackHadoopLz4, unpackLz4 } from "./lz4.ts";

/** Largest row group that is read, unpacked: it is in memory as a whole. */
export const rowGroupBytesMax: number = 512 * 1024 * 1024;

/** Most rows of a row group. */
export const rowGroupRowsMax = 2_000_000;

/** Rows that are handed over at once. */
const blockRows = 1_024;

/** Text of some rows, and how much of the file they end. */
export interface ParquetRows {
  readonly text: Uint8Array;
  readonly share: number;
}

/** Turns a cell into the text of a CSV field. */
type Writer = (value: unknown) => string;

/** A column of the text: where its value is, and how it is written. */
interface TextColumn {
  readonly name: string;
  readonly path: readonly string[];
  readonly write: Writer;
}

const compressors: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
  ZSTD: (bytes) => zstdDecompressSync(bytes),
  LZ4_RAW: unpackLz4,
  LZ4: unpackHadoopLz4,
};

/** The rows of a file after their header. What is thrown has a reason in words for the operator. */
export async function* parquetText(path: string): AsyncGenerator<ParquetRows, void> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file, { geoparquet: false }).catch(damaged);
  const scales = takeDecimals(metadata);
  refuseUnreadCodec(metadata);
  const columns = columnsOf(parquetSchema(metadata), scales);
  const total = Number(metadata.num_rows);
  yield { text: encoded([columns.map(({ name }) => quoted(name)).join(",")]), share: 0 };
  let done = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    if (group.total_byte_size > BigInt(rowGroupBytesMax) || count > rowGroupRowsMax) {
      throw new Error(
        `it has row groups of more than ${rowGroupBytesMax / 1024 ** 2} MiB or ${rowGroupRowsMax} rows: write it with smaller ones`,
      );
    }
    const rows: Record<string, unknown>[] = [];
    const range = { rowStart: done, rowEnd: done + count };
    await parquetRead({
      file,
      metadata,
      compressors,
      parsers,
      geoparquet: false,
      ...range,
      rowFormat: "object",
      onComplete: (read) => {
        for (const row of read) rows.push(row);
      },
    }).catch(damaged);
    for (let at = 0; at < rows.length; at += blockRows) {
      const block = rows.slice(at, at + blockRows);
      const text = encoded(block.map((row) => lineOf(row, columns)));
      yield { text, share: (done + at + block.length) / total };
    }
    done += count;
  }
}

/** LZO is the only codec of the format that is not read; nothing has written it for years. */
const codecs: readonly string[] = ["UNCOMPRESSED", "SNAPPY", ...Object.keys(compressors)];

function refuseUnreadCodec({ row_groups }: FileMetaData): void {
  const used = row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data }) => meta_data?.codec),
  );
  const unread = used.find((codec) => codec !== undefined && !codecs.includes(codec));
  if (unread === undefined) return;
  throw new Error(
    `its columns are packed as ${unread}, and Parquet is read with ${codecs.join(", ")}: write it again with one of these`,
  );
}

function damaged(error: unknown): never {
  const words = wordsOf(error);
  throw new Error(`its Parquet data cannot be read (${words}); fetch it again, or write it as CSV`);
}

const encoder = new TextEncoder();

function encoded(lines: readonly string[]): Uint8Array {
  return encoder.encode(`${lines.join("\n")}\n`);
}

function lineOf(row: Record<string, unknown>, columns: readonly TextColumn[]): string {
  return columns.map(({ path, write }) => fieldText(valueAt(row, path), write)).join(",");
}

function fieldText(value: unknown, write: Writer): string {
  return value === undefined || value === null ? "" : write(value);
}

function valueAt(row: Record<string, unknown>, path: readonly string[]): unknown {
  let value: unknown = row;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function columnsOf(
  tree: SchemaTree,
  scales: ReadonlyMap<SchemaElement, number>,
): readonly TextColumn[] {
  return tree.children.flatMap((child) => {
    const { element, path, children } = child;
    const isStruct = children.length > 0 && element.converted_type === undefined;
    if (isStruct) return columnsOf(child, scales);
    return [{ name: path.join("."), path, write: writerOf(element, scales.get(element)) }];
  });
}

/** Decimals would be made into doubles: they are read as integers, and their scales kept here. */
function takeDecimals({ schema }: FileMetaData): ReadonlyMap<SchemaElement, number> {
  const scales = new Map<SchemaElement, number>();
  for (const element of schema) {
    if (element.converted_type !== "DECIMAL") continue;
    scales.set(element, element.scale ?? 0);
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

function writerOf(element: SchemaElement, scale: number | undefined): Writer {
  if (scale !== undefined) return (value) => formatFixed(wholeOf(value), scale);
  if (element.type === "FLOAT") return (value) => singleText(Number(value));
  return (value) => {
    if (typeof value === "string") return quoted(value);
    if (typeof value === "object") return quoted(JSON.stringify(value, bigIntText));
    return typeof value === "number" && !Number.isFinite(value) ? "" : String(value);
  };
}

const bigIntText = (_key: string, value: unknown) =>
  typeof value === "bigint" ? value.toString() : value;

/** The integer of a decimal: a number of four or eight bytes, or bytes with the highest first. */
function wholeOf(value: unknown): bigint | number {
  if (typeof value === "number" || typeof value === "bigint") return value;
  const bytes = value as Uint8Array;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${hex === "" ? "0" : hex}`));
}

/** The shortest digits that mean a number of single precision. */
function singleText(value: number): string {
  if (!Number.isFinite(value)) return "";
  for (let digits = 6; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text)
    ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, " ")}"`
    : text;
}

/** A moment in ISO 8601, of a count of parts of a second since 1970. */
function isoText(count: bigint, partsOfSecond: bigint): string {
  const seconds =
    (count - (((count % partsOfSecond) + partsOfSecond) % partsOfSecond)) / partsOfSecond;
  const parts = count - seconds * partsOfSecond;
  const digits = parts.toString().padStart(partsOfSecond.toString().length - 1, "0");
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${digits}Z`;
}

const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (count) => isoText(BigInt(count), 1_000n),
  timestampFromMicroseconds: (count) => isoText(BigInt(count), 1_000_000n),
  timestampFromNanoseconds: (count) => isoText(BigInt(count), 1_000_000_000n),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString(),
};
