/** The columns of exported trades and bars: their names, what is in them, and which type each has. */
import { formatDecimal } from "../core/num/decimal.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { type BarInterval, nextIntervalStart } from "../marketdata/bars/interval.ts";
import type { StoredTrade } from "../ports/dataset-reader.ts";
import { idIsText } from "./map.ts";

/** A moment in microseconds since 1970, a decimal with its scale, a count, or a text. */
export type Cell =
  | { readonly kind: "time"; readonly us: number }
  | { readonly kind: "decimal"; readonly value: number | bigint; readonly scale: number }
  | { readonly kind: "count"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | undefined;

/** A column of rows. */
export interface Column<Row> {
  readonly name: string;
  readonly kind: "time" | "decimal" | "count" | "text";
  /** Undefined where the row does not tell it. */
  cell(row: Row): Cell;
}

/** A bar of a ticker, of an interval. */
export interface BarRow {
  readonly ticker: string;
  readonly bar: StoredBar;
  readonly interval: BarInterval;
}

const time = (us: number): Cell => ({ kind: "time", us });
const text = (value: string | undefined): Cell =>
  value === undefined ? undefined : { kind: "text", value };
const count = (value: number | undefined): Cell =>
  value === undefined ? undefined : { kind: "count", value };
const decimal = (value: number | bigint | undefined, scale: number): Cell =>
  value === undefined ? undefined : { kind: "decimal", value, scale };

/** Columns of trades. */
export const tradeColumns: readonly Column<StoredTrade>[] = [
  { name: "time", kind: "time", cell: ({ eventTimeUs }) => time(eventTimeUs) },
  { name: "ticker", kind: "text", cell: ({ ticker }) => text(ticker) },
  { name: "price", kind: "decimal", cell: ({ price, priceScale }) => decimal(price, priceScale) },
  {
    name: "quantity",
    kind: "decimal",
    cell: ({ quantity, quantityScale }) => decimal(quantity, quantityScale),
  },
  { name: "side", kind: "text", cell: ({ aggressor }) => text(aggressor) },
  { name: "id", kind: "text", cell: ({ id }) => text(id === undefined ? undefined : String(id)) },
  { name: "venue", kind: "text", cell: ({ venue }) => text(venue) },
  // Whether an id of digits is a number or a text is lost in a CSV; they are different ids.
  { name: "id_type", kind: "text", cell: ({ id }) => text(idType(id)) },
];

function idType(id: StoredTrade["id"]): string | undefined {
  if (id === undefined) return undefined;
  return typeof id === "number" ? "number" : idIsText;
}

const price = (name: "open" | "high" | "low" | "close"): Column<BarRow> => ({
  name,
  kind: "decimal",
  cell: ({ bar }) => decimal(bar[name], bar.priceScale),
});
const quote = ({ priceScale, volumeScale }: StoredBar) => priceScale + volumeScale;

/** Columns of bars. */
export const barColumns: readonly Column<BarRow>[] = [
  { name: "time", kind: "time", cell: ({ bar }) => time(bar.startUs) },
  {
    name: "end_time",
    kind: "time",
    cell: ({ bar, interval }) => time(nextIntervalStart(interval, bar.startUs)),
  },
  { name: "ticker", kind: "text", cell: ({ ticker }) => text(ticker) },
  price("open"),
  price("high"),
  price("low"),
  price("close"),
  { name: "volume", kind: "decimal", cell: ({ bar }) => decimal(bar.volume, bar.volumeScale) },
  {
    name: "quote_volume",
    kind: "decimal",
    cell: ({ bar }) => decimal(bar.quoteVolume, quote(bar)),
  },
  { name: "trades", kind: "count", cell: ({ bar }) => count(bar.tradeCount) },
  {
    name: "taker_buy_volume",
    kind: "decimal",
    cell: ({ bar }) => decimal(bar.takerBuyVolume, bar.volumeScale),
  },
  {
    name: "taker_buy_quote_volume",
    kind: "decimal",
    cell: ({ bar }) => decimal(bar.takerBuyQuoteVolume, quote(bar)),
  },
  { name: "first_time", kind: "time", cell: ({ bar }) => time(bar.firstUs) },
  { name: "last_time", kind: "time", cell: ({ bar }) => time(bar.lastUs) },
  { name: "revision", kind: "count", cell: ({ bar }) => count(bar.revision) },
];

/** A cell as text; empty where the row does not tell it. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return "";
  switch (cell.kind) {
    case "time":
      return timeText(cell.us);
    case "decimal":
      return formatDecimal(cell.value, cell.scale);
    default:
      return String(cell.value);
  }
}

/** A moment in ISO 8601 with its microseconds. */
function timeText(us: number): string {
  const ms = Math.floor(us / 1_000);
  const micros = String(us - ms * 1_000).padStart(3, "0");
  return `${new Date(ms).toISOString().slice(0, 23)}${micros}Z`;
}
