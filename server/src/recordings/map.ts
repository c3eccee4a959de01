/**
 * Turns one row of a recording, already cut into texts, into the fields of a trade. It is pure: it
 * knows columns and words, but neither files nor clocks nor instruments.
 */
import { parseWideDecimal, type WideDecimal } from "../core/num/decimal.ts";
import type { AggressorSide, Trade } from "../marketdata/trade.ts";
import { digits } from "./digits.ts";
import type { TimeFault, TimeReader } from "./map-time.ts";

/** Position of a column that the file does not have. */
export const absent = -1;

/** Which column holds what, and how its texts are read. Positions count from 0. */
export interface Layout {
  readonly price: number;
  readonly quantity: number;
  readonly time: number;
  readonly id: number;
  readonly idType: number;
  readonly side: number;
  readonly ticker: number;
  readonly receiveTime: number;
  readonly venue: number;
  /** Kind of print; rows of another kind than {@link marketType} are left out. */
  readonly type: number;
  readonly times: TimeReader;
  readonly sides: ReadonlyMap<string, AggressorSide>;
  /** Appended to the price text, for example `e-4` where four decimals are left out; else empty. */
  readonly priceExponent: string;
  readonly quantityExponent: string;
  /** Fewest and most columns of a good row. */
  readonly columnsMin: number;
  readonly columnsMax: number;
}

/** What a row says about a trade, with the recording's own times. */
export interface RecordedTrade
  extends Pick<
    Trade,
    | "id"
    | "price"
    | "priceScale"
    | "quantity"
    | "quantityScale"
    | "eventTimeUs"
    | "receiveTimeUs"
    | "aggressor"
  > {
  /** The row's own symbol; undefined where the format has none. */
  readonly symbol: string | undefined;
  /** Where it happened; undefined where the format does not say. */
  readonly venue?: string;
  /** Number of the row's line in its file, counted from 1. */
  readonly line: number;
}

/** The symbol of a row. */
export const symbolOf = ({ symbol }: RecordedTrade): string | undefined => symbol;

/** What can be wrong with a price or a quantity. */
export type AmountFault =
  | "is not a decimal number"
  | "has more than 64 digits on a side of the point"
  | "is not above zero";

/** Why a row yields no trade. */
export type RowFault =
  | "wrong number of columns"
  | "unbalanced quotes"
  | "not a JSON object"
  | "line too long"
  | `price ${AmountFault}`
  | `quantity ${AmountFault}`
  | TimeFault
  | "side is none of the known words, as buy, sell, bid and ask are"
  | "symbol is empty or too long"
  | "venue is empty or too long"
  | BarFault
  | typeof notMarket;

/** What can be wrong with a bar alone. */
export type BarFault =
  | `${"open" | "high" | "low" | "close" | "volume" | "turnover"} ${AmountFault}`
  | "high or low is not beyond the other prices"
  | "part of the volume is not from zero to all of it"
  | "number of trades is not a whole number"
  | "time is not the start of a bar";

/** The one fault that is no mistake of the file: a print that did not happen on the market. */
export const notMarket = "type is not MARKET";

/** The type of an ordinary match in Binance files; INSURANCE_FUND and ADL are others. */
export const marketType = "MARKET";

/** Longest symbol that is taken, in characters. */
export const symbolLengthMax = 64;

/** Any number of this many digits is a safe integer. */
const exactDigitsMax = 15;

/** Reads one row. Missing times of receipt become the event time, missing sides `unknown`. */
export function mapRow(
  fields: readonly string[],
  layout: Layout,
  line: number,
): RecordedTrade | RowFault {
  if (fields.length < layout.columnsMin || fields.length > layout.columnsMax) {
    return "wrong number of columns";
  }
  if (layout.type !== absent && fields[layout.type] !== marketType) return notMarket;

  const price = readAmount(field(fields, layout.price) + layout.priceExponent);
  if (typeof price === "string") return `price ${price}`;
  const quantity = readAmount(field(fields, layout.quantity) + layout.quantityExponent);
  if (typeof quantity === "string") return `quantity ${quantity}`;

  const { times } = layout;
  const eventTimeUs = times.read(field(fields, layout.time));
  const receiveTimeUs =
    layout.receiveTime === absent ? eventTimeUs : times.read(field(fields, layout.receiveTime));
  if (eventTimeUs === undefined) return times.fault(field(fields, layout.time));
  if (receiveTimeUs === undefined) return times.fault(field(fields, layout.receiveTime));
  const aggressor = readSide(fields, layout);
  if (aggressor === undefined)
    return "side is none of the known words, as buy, sell, bid and ask are";
  const symbol = readName(fields, layout.ticker);
  if (symbol === noName) return "symbol is empty or too long";
  const venue = readName(fields, layout.venue);
  if (venue === noName) return "venue is empty or too long";

  const trade = {
    id: layout.id === absent ? undefined : readId(fields, layout),
    price: price.coefficient,
    priceScale: price.scale,
    quantity: quantity.coefficient,
    quantityScale: quantity.scale,
    eventTimeUs,
    receiveTimeUs,
    aggressor,
    symbol,
    line,
  };
  return venue === undefined ? trade : { ...trade, venue };
}

/** What is in a column of names and is none. */
export const noName: unique symbol = Symbol("a name that is none");

/** A symbol or the code of a venue; undefined where there is no such column. */
export function readName(
  fields: readonly string[],
  at: number,
): string | undefined | typeof noName {
  if (at === absent) return undefined;
  const name = field(fields, at);
  return name === "" || name.length > symbolLengthMax ? noName : name;
}

/** The text of a column; empty where there is none. */
export function field(fields: readonly string[], at: number): string {
  return fields[at] ?? "";
}

function readSide(fields: readonly string[], layout: Layout): AggressorSide | undefined {
  return layout.side === absent ? "unknown" : layout.sides.get(field(fields, layout.side));
}

/** A number above zero. */
function readAmount(text: string): WideDecimal | AmountFault {
  const amount = readNumber(text);
  return typeof amount === "string" || amount.coefficient > 0 ? amount : "is not above zero";
}

/** A number. */
export function readNumber(text: string): WideDecimal | AmountFault {
  const amount = parseWideDecimal(text);
  if (amount === "not a decimal number") return "is not a decimal number";
  if (amount === "more digits than fit exactly")
    return "has more than 64 digits on a side of the point";
  return amount;
}

/** What says that an id is a text, in a column of types. */
export const idIsText = "text";

/** An integer id as a number where nothing says that it is a text, any other as a text, none as undefined. */
function readId(fields: readonly string[], layout: Layout): number | string | undefined {
  const text = field(fields, layout.id);
  if (text.length === 0) return undefined;
  if (layout.idType !== absent && field(fields, layout.idType) === idIsText) return detached(text);
  // A leading zero would be lost in a number, and with it the difference between 7 and 007.
  const isNumeric = text.length <= exactDigitsMax && (text.length === 1 || text[0] !== "0");
  return (isNumeric ? digits(text, 0, text.length) : undefined) ?? detached(text);
}

/**
 * A copy that does not keep the block of text alive from which it was cut. Ids and symbols outlive
 * their row by minutes or for ever, and a few of them would otherwise hold a large file in memory.
 */
export function detached(text: string): string {
  return Buffer.from(text).toString();
}
