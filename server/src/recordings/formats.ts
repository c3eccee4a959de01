/**
 * What each format looks like, and how the first line of a file turns it into a layout. A header that
 * does not fit the format is refused with words that say what was found.
 */
import type { AggressorSide } from "../marketdata/trade.ts";
import {
  type ColumnMap,
  type ColumnOptions,
  type CsvFormat,
  hiddenExponent,
  type NdjsonFormat,
  type RecordingFormat,
} from "./format.ts";
import { absent, type Layout, mapRow, type RecordedTrade, type RowFault } from "./map.ts";
import { binanceTimes, createTimeReader, tardisTimes } from "./map-time.ts";
import { excerpt } from "./report.ts";
import { type JsonKey, jsonKey, pickJson, plainName, splitCsv } from "./rows.ts";

/** How the lines of one file are read, as its first line decided. */
export interface Table {
  /** Whether the first line was a header and holds no trade. */
  readonly hasHeader: boolean;
  /** The line number is 1 when left out. */
  readRow(line: string, lineNumber?: number): RecordedTrade | RowFault;
}

/** The role of a column that the formats know. */
type Role =
  | "price"
  | "quantity"
  | "time"
  | "id"
  | "idType"
  | "side"
  | "ticker"
  | "receiveTime"
  | "venue"
  | "type";

type Positions = Pick<Layout, Role>;

const nowhere: Positions = {
  price: absent,
  quantity: absent,
  time: absent,
  id: absent,
  idType: absent,
  side: absent,
  ticker: absent,
  receiveTime: absent,
  venue: absent,
  type: absent,
};

/** A format of known columns: their names in a header, and their order where there is none. */
interface KnownFormat {
  readonly aliases: Readonly<Partial<Record<Role, readonly string[]>>>;
  readonly required: readonly Role[];
  /** Columns of a file without header; undefined where the format always has one. */
  readonly headerless?: { readonly positions: Positions; readonly columnsMin: number };
  readonly reading: Reading;
}

type Reading = Pick<Layout, "times" | "sides" | "priceExponent" | "quantityExponent">;

/** A buyer who was the maker means that the seller was the aggressor. */
const buyerMakerSides: ReadonlyMap<string, AggressorSide> = new Map([
  ...["true", "True", "TRUE", "1"].map((word) => [word, "sell"] as const),
  ...["false", "False", "FALSE", "0"].map((word) => [word, "buy"] as const),
]);

const sideWords: ReadonlyMap<string, AggressorSide> = new Map([
  ...["buy", "Buy", "BUY", "b", "B"].map((word) => [word, "buy"] as const),
  ...["sell", "Sell", "SELL", "s", "S"].map((word) => [word, "sell"] as const),
  ...["unknown", "Unknown", "UNKNOWN", ""].map((word) => [word, "unknown"] as const),
]);

const binanceReading: Reading = {
  times: binanceTimes,
  sides: buyerMakerSides,
  priceExponent: "",
  quantityExponent: "",
};

const binanceAliases: KnownFormat["aliases"] = {
  price: ["price"],
  quantity: ["qty", "quantity"],
  time: ["time", "time_ms", "timestamp", "transact_time"],
  side: ["is_buyer_maker", "was_the_buyer_the_maker"],
  type: ["type"],
};

const binanceRoles: readonly Role[] = ["id", "price", "quantity", "time", "side"];

/** Formats whose columns are known. */
export type KnownFormatKind = Exclude<RecordingFormat["kind"], "csv" | "ndjson">;

const knownFormats: Readonly<Record<KnownFormatKind, KnownFormat>> = {
  "binance-trades": {
    aliases: { ...binanceAliases, id: ["id", "trade_id"] },
    required: binanceRoles,
    headerless: {
      positions: { ...nowhere, id: 0, price: 1, quantity: 2, time: 4, side: 5 },
      columnsMin: 6,
    },
    reading: binanceReading,
  },
  "binance-aggtrades": {
    aliases: { ...binanceAliases, id: ["agg_trade_id", "agg_id", "aggregate_trade_id"] },
    required: binanceRoles,
    headerless: {
      positions: { ...nowhere, id: 0, price: 1, quantity: 2, time: 5, side: 6 },
      columnsMin: 7,
    },
    reading: binanceReading,
  },
  "tardis-trades": {
    aliases: {
      ticker: ["symbol"],
      time: ["timestamp"],
      receiveTime: ["local_timestamp"],
      id: ["id"],
      side: ["side"],
      price: ["price"],
      quantity: ["amount"],
    },
    required: ["ticker", "time", "receiveTime", "id", "side", "price", "quantity"],
    reading: {
      times: tardisTimes,
      sides: sideWords,
      priceExponent: "",
      quantityExponent: "",
    },
  },
};

/** All of them. */
export const knownFormatKinds: readonly KnownFormatKind[] = Object.keys(
  knownFormats,
) as KnownFormatKind[];

/** Spot files carry one more flag, is_best_match, which futures files do not have. */
const headerlessExtraColumnsMax = 1;

/** How the lines of a file are read, given its first line; a text says why it is not this format. */
export function openTable(format: RecordingFormat, firstLine: string): Table | string {
  if (format.kind === "csv") return openCsv(format, firstLine);
  if (format.kind === "ndjson") return openNdjson(format);
  return openKnown(knownFormats[format.kind], firstLine);
}

function openKnown(known: KnownFormat, firstLine: string): Table | string {
  const fields = splitCsv(firstLine, ",") ?? [];
  if (known.headerless !== undefined && startsWithDigit(firstLine)) {
    const { positions, columnsMin } = known.headerless;
    const columnsMax = columnsMin + headerlessExtraColumnsMax;
    return csvTable({ ...positions, ...known.reading, columnsMin, columnsMax }, ",", false);
  }
  const names = fields.map(plainName);
  const positions: Record<Role, number> = { ...nowhere };
  for (const [role, aliases] of Object.entries(known.aliases) as [Role, readonly string[]][]) {
    const wanted = aliases.map(plainName);
    positions[role] = names.findIndex((name) => wanted.includes(name));
  }
  const missing = known.required.filter((role) => positions[role] === absent);
  if (missing.length > 0) {
    const wanted = missing.map((role) => known.aliases[role]?.[0] ?? role).join(", ");
    return `the header has no column ${wanted}; it reads ${excerpt(firstLine)}`;
  }
  const columns = fields.length;
  const layout = { ...positions, ...known.reading, columnsMin: columns, columnsMax: columns };
  return csvTable(layout, ",", true);
}

function startsWithDigit(line: string): boolean {
  return line >= "0" && line < ":";
}

function openCsv(format: CsvFormat, firstLine: string): Table | string {
  const { separator = ",", columns } = format;
  const entries = rolesOf(columns);
  const named = entries.filter(([, column]) => typeof column === "string");
  const names = (splitCsv(firstLine, separator) ?? []).map((name) => name.trim());
  const missing = named.filter(([, column]) => !names.includes(String(column)));
  if (missing.length > 0) {
    const wanted = missing.map(([role, column]) => `${column} (${role})`).join(", ");
    return `the header has no column ${wanted}; it reads ${excerpt(firstLine)}`;
  }
  const positions: Record<Role, number> = { ...nowhere };
  for (const [role, column] of entries) {
    if (column !== undefined) {
      positions[role] = typeof column === "string" ? names.indexOf(column) : column;
    }
  }
  const hasHeader = named.length > 0;
  const columnsMin = hasHeader ? names.length : Math.max(...Object.values(positions)) + 1;
  const columnsMax = hasHeader ? names.length : Number.POSITIVE_INFINITY;
  const layout = { ...positions, ...readingOf(format), columnsMin, columnsMax };
  return csvTable(layout, separator, hasHeader);
}

function csvTable(layout: Layout, separator: string, hasHeader: boolean): Table {
  const readRow = (line: string, lineNumber = 1): RecordedTrade | RowFault => {
    const fields = splitCsv(line, separator);
    return fields === undefined ? "unbalanced quotes" : mapRow(fields, layout, lineNumber);
  };
  return { hasHeader, readRow };
}

function openNdjson(format: NdjsonFormat): Table {
  const keys: JsonKey[] = [];
  const positions: Record<Role, number> = { ...nowhere };
  for (const [role, key] of rolesOf(format.columns)) {
    if (typeof key === "string") positions[role] = keys.push(jsonKey(key)) - 1;
  }
  const bounds = { columnsMin: keys.length, columnsMax: keys.length };
  const layout: Layout = { ...positions, ...readingOf(format), ...bounds };
  const readRow = (line: string, lineNumber = 1): RecordedTrade | RowFault => {
    const fields = pickJson(line, keys);
    return fields === undefined ? "not a JSON object" : mapRow(fields, layout, lineNumber);
  };
  return { hasHeader: false, readRow };
}

/** Columns by their roles; who the maker was is told in the place of the side. */
function rolesOf<Column>(columns: ColumnMap<Column>): readonly [Role, Column | undefined][] {
  return Object.entries(columns).map(([role, column]) => [
    role === "buyerMaker" ? "side" : (role as Role),
    column as Column | undefined,
  ]);
}

function readingOf(format: ColumnOptions<string> | ColumnOptions<string | number>): Reading {
  const { timeUnit, timeOriginUs, columns, priceDecimals, quantityDecimals } = format;
  const sides =
    columns.buyerMaker === undefined
      ? format.sides && new Map(Object.entries(format.sides))
      : buyerMakerSides;
  return {
    times: createTimeReader(timeUnit, timeOriginUs),
    sides: sides ?? sideWords,
    priceExponent: hiddenExponent(priceDecimals),
    quantityExponent: hiddenExponent(quantityDecimals),
  };
}
