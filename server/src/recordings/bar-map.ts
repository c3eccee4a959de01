/** Turns one row of a file of bars, already cut into texts, into a bar. It is pure, as `map.ts` is. */
import { rescaleExactly, type WideDecimal } from "../core/num/decimal.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { digits } from "./digits.ts";
import {
  type AmountFault,
  absent,
  field,
  noName,
  type RowFault,
  readName,
  readNumber,
} from "./map.ts";
import type { TimeReader } from "./map-time.ts";

/** Figures of a bar that a file may have. */
export type BarRole =
  | "time"
  | "open"
  | "high"
  | "low"
  | "close"
  | "volume"
  | "closeTime"
  | "quoteVolume"
  | "trades"
  | "takerBuyVolume"
  | "takerBuyQuoteVolume"
  | "ticker"
  | "firstTime"
  | "lastTime"
  | "revision";

/** Which column holds what. Positions count from 0. */
export interface BarLayout extends Readonly<Record<BarRole, number>> {
  readonly times: TimeReader;
  /** Appended to the texts of prices, volumes and turnovers, as `e-4` where four decimals are left out. */
  readonly priceExponent: string;
  readonly quantityExponent: string;
  readonly quoteExponent: string;
  readonly columnsMin: number;
  readonly columnsMax: number;
}

/** What a row says about a bar. */
export interface RecordedBar {
  readonly startUs: number;
  /** Undefined where the row does not say when the bar ends. */
  readonly endUs: number | undefined;
  /** Undefined where nothing was traded. */
  readonly bar: StoredBar | undefined;
  readonly symbol: string | undefined;
  readonly line: number;
}

type Prices = Readonly<Record<"open" | "high" | "low" | "close", WideDecimal>>;

/** The parts of a bar's volume that its maker may not tell. */
interface Parts {
  readonly volume: WideDecimal;
  readonly quoteVolume: WideDecimal | undefined;
  readonly takerBuyVolume: WideDecimal | undefined;
  readonly takerBuyQuoteVolume: WideDecimal | undefined;
}

const countDigitsMax = 15;
const secondUs = 1_000_000;

/** Reads one row. */
export function mapBar(
  fields: readonly string[],
  layout: BarLayout,
  line: number,
): RecordedBar | RowFault {
  if (fields.length < layout.columnsMin || fields.length > layout.columnsMax) {
    return "wrong number of columns";
  }
  const startUs = layout.times.read(field(fields, layout.time));
  if (startUs === undefined) return layout.times.fault(field(fields, layout.time));
  if (startUs % secondUs !== 0) return "time is not the start of a bar";
  const symbol = readName(fields, layout.ticker);
  if (symbol === noName) return "symbol is empty or too long";
  const bar = readBar(fields, layout, startUs);
  if (typeof bar === "string") return bar;
  const closeUs = timeAt(fields, layout, layout.closeTime);
  // The last moment of a bar is told to the millisecond or microsecond; it ends with that second.
  const endUs = closeUs && Math.ceil(closeUs / secondUs) * secondUs;
  return { startUs, endUs, symbol, line, bar };
}

/** The bar of a row; undefined where nothing was traded. */
function readBar(
  fields: readonly string[],
  layout: BarLayout,
  startUs: number,
): StoredBar | undefined | RowFault {
  const parts = readParts(fields, layout);
  if (typeof parts === "string") return parts;
  const count = readCount(fields, layout.trades);
  const revision = readCount(fields, layout.revision);
  if (count === "bad" || revision === "bad") return "number of trades is not a whole number";
  if (parts.volume.coefficient === 0 && (count ?? 0) === 0) return undefined;
  const prices = readPrices(fields, layout);
  if (typeof prices === "string") return prices;
  return barOf(prices, parts, {
    startUs,
    tradeCount: count === 0 ? undefined : count,
    firstUs: timeAt(fields, layout, layout.firstTime) ?? startUs,
    lastUs: timeAt(fields, layout, layout.lastTime) ?? startUs,
    revision: revision ?? 0,
  });
}

function timeAt(fields: readonly string[], { times }: BarLayout, at: number): number | undefined {
  return at === absent ? undefined : times.read(field(fields, at));
}

function readPrices(fields: readonly string[], layout: BarLayout): Prices | RowFault {
  const prices: Partial<Record<keyof Prices, WideDecimal>> = {};
  for (const name of ["open", "high", "low", "close"] as const) {
    const price = readNumber(field(fields, layout[name]) + layout.priceExponent);
    if (typeof price === "string") return `${name} ${price}`;
    if (price.coefficient <= 0) return `${name} is not above zero`;
    prices[name] = price;
  }
  return prices as Prices;
}

function readParts(fields: readonly string[], layout: BarLayout): Parts | RowFault {
  const { quantityExponent, quoteExponent } = layout;
  const read = (at: number, exponent: string): WideDecimal | undefined | AmountFault => {
    const text = field(fields, at);
    return at === absent || text === "" ? undefined : readNumber(text + exponent);
  };
  const volume = readNumber(field(fields, layout.volume) + quantityExponent);
  if (typeof volume === "string") return `volume ${volume}`;
  const quoteVolume = read(layout.quoteVolume, quoteExponent);
  const takerBuyVolume = read(layout.takerBuyVolume, quantityExponent);
  const takerBuyQuoteVolume = read(layout.takerBuyQuoteVolume, quoteExponent);
  for (const part of [quoteVolume, takerBuyVolume, takerBuyQuoteVolume]) {
    if (typeof part === "string") return `turnover ${part}`;
  }
  return { volume, quoteVolume, takerBuyVolume, takerBuyQuoteVolume } as Parts;
}

function readCount(fields: readonly string[], at: number): number | undefined | "bad" {
  const text = field(fields, at);
  if (at === absent || text === "") return undefined;
  // Programs that keep all columns as doubles write 12.0.
  const whole = text.endsWith(".0") ? text.slice(0, -2) : text;
  if (whole === "" || whole.length > countDigitsMax) return "bad";
  return digits(whole, 0, whole.length) ?? "bad";
}

type Rest = Pick<StoredBar, "startUs" | "tradeCount" | "firstUs" | "lastUs" | "revision">;

/** Brings all figures to the scales of one bar; no figure loses a digit. */
function barOf(prices: Prices, parts: Parts, rest: Rest): StoredBar | RowFault {
  const { open, high, low, close } = prices;
  const { volume, quoteVolume, takerBuyVolume, takerBuyQuoteVolume } = parts;
  const priceScale = Math.max(open.scale, high.scale, low.scale, close.scale);
  const quoteScale = Math.max(quoteVolume?.scale ?? 0, takerBuyQuoteVolume?.scale ?? 0);
  const volumeScale = Math.max(
    volume.scale,
    takerBuyVolume?.scale ?? 0,
    // Turnover has as many decimals as both together.
    quoteScale - priceScale,
  );
  const at = ({ coefficient, scale }: WideDecimal, finer: number) =>
    rescaleExactly(coefficient, scale, finer);
  const maybe = (part: WideDecimal | undefined, finer: number) => part && at(part, finer);
  const bar: StoredBar = {
    ...rest,
    priceScale,
    open: at(open, priceScale),
    high: at(high, priceScale),
    low: at(low, priceScale),
    close: at(close, priceScale),
    volume: at(volume, volumeScale),
    volumeScale,
    quoteVolume: maybe(quoteVolume, priceScale + volumeScale),
    takerBuyVolume: maybe(takerBuyVolume, volumeScale),
    takerBuyQuoteVolume: maybe(takerBuyQuoteVolume, priceScale + volumeScale),
  };
  return faultOf(bar) ?? bar;
}

function faultOf(bar: StoredBar): RowFault | undefined {
  const { open, high, low, close, volume, quoteVolume } = bar;
  const isBeyond = high >= open && high >= close && low <= open && low <= close && low <= high;
  if (!isBeyond) return "high or low is not beyond the other prices";
  const isPart = (part: number | bigint | undefined, all: number | bigint | undefined) =>
    part === undefined || (part >= 0 && (all === undefined || part <= all));
  const areParts =
    volume >= 0 &&
    isPart(quoteVolume, undefined) &&
    isPart(bar.takerBuyVolume, volume) &&
    isPart(bar.takerBuyQuoteVolume, quoteVolume);
  return areParts ? undefined : "part of the volume is not from zero to all of it";
}
