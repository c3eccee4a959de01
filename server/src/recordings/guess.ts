/**
 * Guesses from the first lines of a file what it holds: a known format, or columns by their names. What
 * cannot be told is not guessed: the words say what to name.
 */
import { nearest } from "../ports/nearest.ts";
import { openBarTable } from "./bar-formats.ts";
import type { BarRole } from "./bar-map.ts";
import type {
  AutoFormat,
  BarFormat,
  ColumnMap,
  FileFormat,
  NumberOptions,
  RecordingFormat,
  TimeUnit,
} from "./format.ts";
import { knownFormatKinds, openTable } from "./formats.ts";
import { guessTimeUnit } from "./map-time.ts";
import { excerpt } from "./report.ts";
import { jsonKey, parsedObject, pickJson, plainName, splitCsv } from "./rows.ts";

/** A format with everything told. */
export type SettledFormat = RecordingFormat | BarFormat;

type TradeRole = keyof ColumnMap<string>;
type Columns = Readonly<Record<string, string | number>>;

/** Names of times that say what they count, or when from. */
const countedTimes = [
  ...["timems", "timeus", "timens", "tsms", "tsus", "tsns", "mts", "timestampms", "timestampus"],
  ...["timestampns", "unix", "createdtime", "unixtime", "unixtimestamp", "epoch"],
];

/** Names by which columns of trades go, without case, blanks and underscores; the first are the likeliest. */
const tradeNames: Readonly<Record<TradeRole, readonly string[]>> = {
  time: [
    "time",
    "timestamp",
    "ts",
    "t",
    "datetime",
    "date",
    "tradetime",
    "eventtime",
    "transacttime",
    ...countedTimes,
  ],
  price: ["price", "p", "px", "rate", "tradeprice", "execprice"],
  quantity: [
    ...["quantity", "qty", "q", "amount", "size", "sz", "volume", "vol", "v"],
    ...["tradeqty", "tradequantity", "execqty", "basevolume", "baseqty"],
  ],
  id: ["id", "tradeid", "tid", "aggid", "aggtradeid", "execid", "trdmatchid", "seq"],
  idType: ["idtype"],
  side: ["side", "takerside", "aggressorside", "direction"],
  buyerMaker: ["isbuyermaker", "buyermaker", "m", "wasthebuyerthemaker"],
  ticker: ["ticker", "symbol", "instrument", "market", "pair", "s"],
  receiveTime: ["receivetime", "localtimestamp"],
  venue: ["venue", "exchange"],
};

const barNames: Readonly<Record<BarRole, readonly string[]>> = {
  time: [
    "time",
    "opentime",
    "opentimems",
    "opentimeus",
    "timestamp",
    "ts",
    "t",
    "datetime",
    "date",
    ...["start", "starttime", "starttimems", "begin", "bucket"],
    ...countedTimes,
  ],
  open: ["open", "o", "openprice", "openingprice"],
  high: ["high", "h", "highprice"],
  low: ["low", "l", "lowprice"],
  close: ["close", "c", "closeprice", "closingprice"],
  volume: ["volume", "vol", "v", "basevolume", "volumebase", "volumefrom"],
  closeTime: ["closetime", "closetimems", "closetimeus", "endtime"],
  quoteVolume: ["quotevolume", "quoteassetvolume", "turnover", "qv", "volumequote", "volumeto"],
  trades: ["trades", "count", "tradecount", "tradescount", "numberoftrades", "numtrades", "n"],
  takerBuyVolume: ["takerbuyvolume", "takerbuybaseassetvolume"],
  takerBuyQuoteVolume: ["takerbuyquotevolume", "takerbuyquoteassetvolume"],
  ticker: ["ticker", "symbol", "instrument", "market", "pair"],
  firstTime: ["firsttime"],
  lastTime: ["lasttime"],
  revision: ["revision"],
};

const neededOfTrades: readonly TradeRole[] = ["time", "price", "quantity"];
const neededOfBars: readonly BarRole[] = ["time", "open", "high", "low", "close", "volume"];

/** Roles that a description may name. */
export const columnRoles: readonly string[] = [
  ...new Set([...Object.keys(tradeNames), ...Object.keys(barNames)]),
];

const separators = [",", ";", "\t", "|"] as const;

/** Settles a format by the first lines that are not blank; a text says why that cannot be. */
export function settleFormat(format: AutoFormat, lines: readonly string[]): SettledFormat | string {
  const [first = ""] = lines;
  const isDescribed = format.columns !== undefined || namesNumbers(format);
  const known = isDescribed ? undefined : knownFormat(lines);
  if (known !== undefined) return known;
  const isJson = first.startsWith("{") || first.startsWith("[");
  return isJson ? settleJson(format, lines) : settleCsv(format, lines);
}

function numbersOf({ timeOriginUs, priceDecimals, quantityDecimals }: AutoFormat): NumberOptions {
  return { timeOriginUs, priceDecimals, quantityDecimals };
}

function namesNumbers(format: AutoFormat): boolean {
  return Object.values(numbersOf(format)).some((value) => value !== undefined);
}

function knownFormat(lines: readonly string[]): SettledFormat | undefined {
  const [first = "", ...rest] = lines;
  for (const kind of knownFormatKinds) {
    const table = openTable({ kind }, first);
    if (typeof table === "string") continue;
    if (fits(table.hasHeader ? rest : lines, table)) return { kind };
  }
  const klines = openBarTable({ kind: "binance-klines" }, first);
  const areKlines = typeof klines !== "string" && fits(klines.hasHeader ? rest : lines, klines);
  return areKlines ? { kind: "binance-klines" } : undefined;
}

interface Rows {
  readRow(line: string): object | string;
}

/** Whether half of the rows can be read: one may be spoiled, or cut off where the sample ends. */
function fits(rows: readonly string[], table: Rows): boolean {
  const good = rows.filter((line) => typeof table.readRow(line) === "object").length;
  return rows.length === 0 || (good > 0 && good * 2 >= rows.length);
}

function settleCsv(format: AutoFormat, lines: readonly string[]): SettledFormat | string {
  const [first = "", ...rest] = lines;
  const separator = separators.find((one) => (splitCsv(first, one)?.length ?? 0) >= 3);
  if (separator === undefined) {
    return `it has no columns: ${excerpt(first)}. Where its header is not its first line, leave out what stands before it: tail -n +2 FILE | openbourse import - …`;
  }
  const names = (splitCsv(first, separator) ?? []).map((name) => name.trim());
  const columns = columnsOf(format, names, first);
  if (typeof columns === "string") return columns;
  const hasHeader = Object.values(columns).some((column) => typeof column === "string");
  const timeColumn = columns["time"]!;
  const at = typeof timeColumn === "string" ? names.indexOf(timeColumn) : timeColumn;
  const times = (hasHeader ? rest : lines).flatMap((line) => splitCsv(line, separator)?.[at] ?? []);
  const timeUnit = unitOf(format, times);
  if (timeUnit === undefined) return unknownUnit(timeColumn, times[0]);
  const kind = holdsBars(columns) ? "csv-bars" : "csv";
  const told = { timeUnit, ...numbersOf(format) };
  return { kind, columns, separator, ...told } as unknown as SettledFormat;
}

function settleJson(format: AutoFormat, lines: readonly string[]): SettledFormat | string {
  const [first = ""] = lines;
  const object = parsedObject(first);
  if (object === undefined) return `its first line is not JSON: ${excerpt(first)}`;
  const columns = columnsOf(format, Array.isArray(object) ? [] : keysIn(object), first);
  if (typeof columns === "string") return columns;
  const key = jsonKey(String(columns["time"]));
  const times = lines.flatMap((line) => pickJson(line, [key])?.[0] ?? []);
  const timeUnit = unitOf(format, times);
  if (timeUnit === undefined) return unknownUnit(key.name, times[0]);
  const texts = Object.fromEntries(
    Object.entries(columns).map(([role, column]) => [
      role,
      typeof column === "number" ? `[${column}]` : column,
    ]),
  );
  const kind = holdsBars(columns) ? "ndjson-bars" : "ndjson";
  const told = { timeUnit, ...numbersOf(format) };
  return { kind, columns: texts, ...told } as unknown as SettledFormat;
}

/** Deepest object whose members are looked at. */
const depthMax = 4;

/** The keys of an object and of those in it, as ways to them. */
function keysIn(object: object, way = "", depth = 0): readonly string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const isInner = typeof value === "object" && value !== null && !Array.isArray(value);
    return isInner && depth < depthMax ? keysIn(value, `${way}${name}.`, depth + 1) : [way + name];
  });
}

function columnsOf(format: AutoFormat, names: readonly string[], first: string): Columns | string {
  if (format.columns !== undefined) return checkedColumns(format.columns, names, first);
  const asBars = namedColumns(barNames, names);
  if (neededOfBars.every((role) => asBars[role] !== undefined)) return asBars;
  const asTrades = namedColumns(tradeNames, names);
  if (neededOfTrades.every((role) => asTrades[role] !== undefined)) return asTrades;
  return unnamed(asTrades, asBars, first);
}

/** What to name, in words; of bars where most of their prices have been found. */
function unnamed(asTrades: Columns, asBars: Columns, first: string): string {
  const list = listIn(first);
  if (list !== undefined) {
    return `its rows are in lists within JSON objects: one object a line is read, as jq -c '.${list}[]' FILE > rows.ndjson makes them`;
  }
  const areBars = ["open", "high", "low", "close"].every((role) => asBars[role] !== undefined);
  const found = areBars ? asBars : asTrades;
  const needed: readonly string[] = areBars ? neededOfBars : neededOfTrades;
  const missing = needed.filter((role) => found[role] === undefined);
  const named = needed.map((role) => `${role}=${found[role] ?? "…"}`).join(",");
  const what = `which of its columns are ${missing.join(", ")} cannot be told: ${excerpt(first)}`;
  return areBars
    ? `${what}. Name them, as --map ${named}`
    : `${what}. Name them, as --map time=ts,price=p,quantity=q for trades, or time=t,open=o,high=h,low=l,close=c,volume=v for bars, with positions from 0 where there is no header`;
}

/** The member of an object that is a list of rows, as answers of APIs are. */
function listIn(line: string): string | undefined {
  const object = line.startsWith("{") ? parsedObject(line) : undefined;
  if (object === undefined) return undefined;
  const isList = (value: unknown) =>
    Array.isArray(value) && typeof value[0] === "object" && value[0] !== null;
  return Object.entries(object).find(([, value]) => isList(value))?.[0];
}

function namedColumns(
  known: Readonly<Record<string, readonly string[]>>,
  names: readonly string[],
): Record<string, string> {
  // OKX names each column in two languages, `price/…`.
  const plain = names.map((name) =>
    plainName(name.slice(name.lastIndexOf(".") + 1).replace(/\/.*$/, "")),
  );
  const columns: Record<string, string> = {};
  for (const [role, aliases] of Object.entries(known)) {
    const alias = aliases.find((one) => plain.includes(one));
    if (alias !== undefined) columns[role] = names[plain.indexOf(alias)]!;
  }
  // A side in words is plainer than who was the maker, and one of them is enough.
  if (columns["side"] !== undefined) delete columns["buyerMaker"];
  return columns;
}

function checkedColumns(
  columns: Columns,
  names: readonly string[],
  first: string,
): Columns | string {
  const needed = holdsBars(columns) ? neededOfBars : neededOfTrades;
  const missing = needed.filter((role) => columns[role] === undefined);
  if (missing.length > 0) {
    return `--map names no column for ${missing.join(", ")}: trades need time, price and quantity, bars time, open, high, low, close and volume`;
  }
  if (names.length === 0) return columns;
  for (const [role, column] of Object.entries(columns)) {
    const isThere = typeof column === "number" || names.includes(column) || column.includes("[");
    if (isThere) continue;
    const near = nearest(column, names);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return `there is no column ${column} (${role})${hint} It begins with ${excerpt(first)}`;
  }
  return columns;
}

function holdsBars(columns: Columns): boolean {
  return columns["open"] !== undefined;
}

/** The unit that is named, else that which all times have that can be read; of another origin nothing can be told. */
function unitOf(format: AutoFormat, times: readonly string[]): TimeUnit | undefined {
  if (format.timeUnit !== undefined) return format.timeUnit;
  if (format.timeOriginUs !== undefined) return undefined;
  const units = new Set(times.flatMap((time) => guessTimeUnit(time) ?? []));
  const [unit] = units;
  return units.size === 1 ? unit : undefined;
}

function unknownUnit(column: string | number, text: string | undefined): string {
  if (text === undefined) return "it has a header and no row";
  return `what the times in column ${column} count cannot be told from ${excerpt(text)}: name it with --time-unit s, ms, us, ns or iso, from when it counts with --time-origin, or another column with --map`;
}

/** A format in words: what it is, and how its times are read where that was guessed. */
export function formatWords(format: FileFormat): string {
  if (format.kind === "auto" || !("columns" in format)) return format.kind;
  const what = format.kind.endsWith("-bars") ? "bars" : "trades";
  const text = format.kind.startsWith("csv") ? "CSV" : "NDJSON";
  const columns = Object.entries(format.columns as unknown as Columns)
    .map(([role, column]) => (role === column ? role : `${role}=${column}`))
    .join(",");
  return `${what} in ${text}, ${columns}, times in ${format.timeUnit}${numberWords(format)}`;
}

function numberWords({ timeOriginUs, priceDecimals, quantityDecimals }: NumberOptions): string {
  const origin =
    timeOriginUs === undefined ? "" : ` from ${new Date(timeOriginUs / 1_000).toISOString()}`;
  const hidden = (decimals: number | undefined, what: string) =>
    decimals === undefined || decimals === 0 ? "" : `, ${decimals} decimals left out of ${what}`;
  return origin + hidden(priceDecimals, "prices") + hidden(quantityDecimals, "quantities");
}
