/** How the first line of a file of bars decides how the others are read, as `formats.ts` does for trades. */
import { type BarLayout, type BarRole, mapBar, type RecordedBar } from "./bar-map.ts";
import { type BarFormat, hiddenExponent, type NumberOptions, type TimeUnit } from "./format.ts";
import { absent, type RowFault } from "./map.ts";
import { binanceTimes, createTimeReader } from "./map-time.ts";
import { excerpt } from "./report.ts";
import { type JsonKey, jsonKey, pickJson, plainName, splitCsv } from "./rows.ts";

/** How the lines of one file of bars are read. */
export interface BarTable {
  readonly hasHeader: boolean;
  readRow(line: string, lineNumber?: number): RecordedBar | RowFault;
}

type Positions = Record<BarRole, number>;

const klineColumns: readonly (BarRole | undefined)[] = [
  "time",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "closeTime",
  "quoteVolume",
  "trades",
  "takerBuyVolume",
  "takerBuyQuoteVolume",
  undefined,
];

/** Names that each figure has in headers, without case, blanks and underscores. */
const klineNames: Readonly<Partial<Record<BarRole, readonly string[]>>> = {
  time: ["opentime", "opentimems", "opentimeus"],
  open: ["open"],
  high: ["high"],
  low: ["low"],
  close: ["close"],
  volume: ["volume"],
  closeTime: ["closetime", "closetimems", "closetimeus"],
  quoteVolume: ["quotevolume", "quoteassetvolume"],
  trades: ["count", "numberoftrades", "trades"],
  takerBuyVolume: ["takerbuyvolume", "takerbuybaseassetvolume"],
  takerBuyQuoteVolume: ["takerbuyquotevolume", "takerbuyquoteassetvolume"],
};

const required: readonly BarRole[] = ["time", "open", "high", "low", "close", "volume"];

/** Fewest columns of klines without a header: those that tell when and how long. */
const headerlessColumnsMin = 11;

function nowhere(): Positions {
  const roles = [...klineColumns, "ticker", "firstTime", "lastTime", "revision"];
  return Object.fromEntries(roles.map((role) => [role, absent])) as Positions;
}

/** How the lines of a file are read, given its first line; a text says why it is not this format. */
export function openBarTable(format: BarFormat, firstLine: string): BarTable | string {
  if (format.kind === "binance-klines") return openKlines(firstLine);
  if (format.kind === "ndjson-bars") return openJson(format);
  return openColumns(format, firstLine);
}

function openKlines(firstLine: string): BarTable | string {
  const fields = splitCsv(firstLine, ",") ?? [];
  const positions = nowhere();
  if (firstLine >= "0" && firstLine < ":") {
    for (const [at, role] of klineColumns.entries()) if (role !== undefined) positions[role] = at;
    const columns = { columnsMin: headerlessColumnsMin, columnsMax: klineColumns.length };
    return csvTable({ ...positions, ...klineReading, ...columns }, ",", false);
  }
  const names = fields.map(plainName);
  for (const [role, known] of Object.entries(klineNames) as [BarRole, readonly string[]][]) {
    positions[role] = names.findIndex((name) => known.includes(name));
  }
  const missing = required.filter((role) => positions[role] === absent);
  if (missing.length > 0) {
    const wanted = missing.map((role) => (role === "time" ? "open_time" : role)).join(", ");
    return `the header has no column ${wanted}; it reads ${excerpt(firstLine)}`;
  }
  const columns = { columnsMin: names.length, columnsMax: names.length };
  return csvTable({ ...positions, ...klineReading, ...columns }, ",", true);
}

function openColumns(
  format: Extract<BarFormat, { kind: "csv-bars" }>,
  firstLine: string,
): BarTable | string {
  const { separator = ",", columns } = format;
  const entries = Object.entries(columns) as [BarRole, string | number][];
  const names = (splitCsv(firstLine, separator) ?? []).map((name) => name.trim());
  const missing = entries.filter(
    ([, column]) => typeof column === "string" && !names.includes(column),
  );
  if (missing.length > 0) {
    const wanted = missing.map(([role, column]) => `${column} (${role})`).join(", ");
    return `the header has no column ${wanted}; it reads ${excerpt(firstLine)}`;
  }
  const positions = nowhere();
  for (const [role, column] of entries) {
    positions[role] = typeof column === "string" ? names.indexOf(column) : column;
  }
  const hasHeader = entries.some(([, column]) => typeof column === "string");
  const bounds = hasHeader
    ? { columnsMin: names.length, columnsMax: names.length }
    : {
        columnsMin: Math.max(...Object.values(positions)) + 1,
        columnsMax: Number.POSITIVE_INFINITY,
      };
  return csvTable({ ...positions, ...readingOf(format), ...bounds }, separator, hasHeader);
}

type Reading = Pick<BarLayout, "times" | "priceExponent" | "quantityExponent" | "quoteExponent">;

function readingOf({
  timeUnit,
  timeOriginUs,
  priceDecimals = 0,
  quantityDecimals = 0,
}: NumberOptions & { readonly timeUnit: TimeUnit }): Reading {
  return {
    times: createTimeReader(timeUnit, timeOriginUs),
    priceExponent: hiddenExponent(priceDecimals),
    quantityExponent: hiddenExponent(quantityDecimals),
    quoteExponent: hiddenExponent(priceDecimals + quantityDecimals),
  };
}

const asWritten = { priceExponent: "", quantityExponent: "", quoteExponent: "" };
const klineReading: Reading = { times: binanceTimes, ...asWritten };

function csvTable(layout: BarLayout, separator: string, hasHeader: boolean): BarTable {
  return {
    hasHeader,
    readRow(line, lineNumber = 1) {
      const fields = splitCsv(line, separator);
      return fields === undefined ? "unbalanced quotes" : mapBar(fields, layout, lineNumber);
    },
  };
}

function openJson(format: Extract<BarFormat, { kind: "ndjson-bars" }>): BarTable {
  const keys: JsonKey[] = [];
  const positions = nowhere();
  for (const [role, key] of Object.entries(format.columns) as [BarRole, string][]) {
    positions[role] = keys.push(jsonKey(key)) - 1;
  }
  const bounds = { columnsMin: keys.length, columnsMax: keys.length };
  const layout = { ...positions, ...readingOf(format), ...bounds };
  return {
    hasHeader: false,
    readRow(line, lineNumber = 1) {
      const fields = pickJson(line, keys);
      return fields === undefined ? "not a JSON object" : mapBar(fields, layout, lineNumber);
    },
  };
}
