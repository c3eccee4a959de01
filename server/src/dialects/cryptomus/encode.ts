/**
 * Writes replies and the updates of the public channels: compact JSON, keys in the order of the
 * reference's samples (D-C55), numbers as their exact digits.
 */

import { formatDecimal, formatFixed } from "../../core/num/decimal.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import type { TickerFigures } from "../../marketdata/ticker.ts";
import type {
  DepthLevel,
  DepthUpdate,
  LastPriceUpdate,
  MarketUnits,
  PublicTrade,
  TickerUpdate,
} from "../../marketdata/updates.ts";
import type { Encoding } from "../../ports/dialect.ts";
import type { RequestTag } from "./decode.ts";
import { type StreamError, streamErrorObject } from "./errors.ts";
import { priceText, quantityText, seconds } from "./format.ts";
import type {
  Acknowledgement,
  CandleTuple,
  LastPriceData,
  Method,
  ReplyMethod,
  TickerData,
} from "./messages.ts";

/** Name of this dialect and of its encodings. */
export const dialectName = "cryptomus";

/** The steps of a market. */
type Steps = Pick<MarketUnits, "tickSize" | "lotSize">;

/** Microseconds in the unit of a candle's time. */
const secondUs = 1_000_000;

/** Decimals of `price_change`. */
const priceChangeScale = 2;

/** Choices that the reference leaves open. */
export interface ReplyOptions {
  /** Whether the replies that are printed without `method` have it nevertheless (D-C10, D-C11). */
  readonly ackMethodAlways: boolean;
}

const success: Acknowledgement = { status: "success" };
const successText = JSON.stringify(success);

/** The reply to a subscribe or unsubscribe that was carried out. */
export function encodeAcknowledgement(tag: RequestTag, options: ReplyOptions): string {
  return reply(tag, options, { data: successText, error: "null" });
}

/** The reply to a query; `data` is JSON. */
export function encodeAnswer(tag: RequestTag, data: string, options: ReplyOptions): string {
  return reply(tag, options, { data, error: "null" });
}

/** The reply to a request that failed, with `method` where a success would have it (D-C12). */
export function encodeError(tag: RequestTag, error: StreamError, options: ReplyOptions): string {
  return reply(tag, options, { data: "null", error: JSON.stringify(streamErrorObject(error)) });
}

/** The id is the client's own text, so that 1.0 stays 1.0. */
function reply(
  { idText, method }: RequestTag,
  { ackMethodAlways }: ReplyOptions,
  { data, error }: { readonly data: string; readonly error: string },
): string {
  const hasMethod = method !== undefined && (ackMethodAlways || isPrintedWithMethod(method));
  const methodText = hasMethod ? `,"method":"${replyMethod(method)}"` : "";
  return `{"id":${idText}${methodText},"data":${data},"error":${error}}`;
}

function isPrintedWithMethod(method: Method): boolean {
  return method !== "deal_subscribe" && !method.endsWith("_unsubscribe");
}

function replyMethod(method: Method): ReplyMethod {
  return method === "ping" ? "pong" : method;
}

/** A message of a public channel; `data` is JSON. Its id is always the number 0 (D-C9). */
function publicUpdate(method: string, data: string): string {
  return `{"id":0,"method":"${method}","data":${data},"error":null}`;
}

/** `lastprice_update`. */
export const lastPrices: Encoding<"last-price"> = {
  name: dialectName,
  encode(_topic, update) {
    const data: LastPriceData = {
      symbol: update.market,
      timestamp: seconds(update.timeUs),
      price: lastPriceText(update),
    };
    return publicUpdate("lastprice_update", JSON.stringify(data));
  },
};

/** The price of an update as it is printed. */
export function lastPriceText(update: LastPriceUpdate): string {
  return priceText(update, update.price);
}

/** `ticker_update`. */
export const tickers: Encoding<"ticker"> = {
  name: dialectName,
  encode: (_topic, update) => publicUpdate("ticker_update", tickerText(update)),
};

/**
 * The 24-hour figures of a market as JSON. After 24 hours without a trade the price is still that of
 * the last one, nothing has moved it, and nothing was traded.
 */
export function tickerText(update: TickerUpdate): string {
  const price = priceText(update, update.price);
  const data: TickerData = {
    symbol: update.market,
    timestamp: seconds(update.timeUs),
    price,
    ...windowTexts(update.figures, price),
  };
  return JSON.stringify(data);
}

function windowTexts(
  figures: TickerFigures | undefined,
  price: string,
): Omit<TickerData, "symbol" | "timestamp" | "price"> {
  const { volume, quoteVolume, change } = tradedTexts(figures);
  const scale = figures?.priceScale ?? 0;
  const at = (value: number | undefined) =>
    value === undefined ? price : formatDecimal(value, scale);
  return {
    open: at(figures?.open),
    high: at(figures?.high),
    low: at(figures?.low),
    volume,
    quote_volume: quoteVolume,
    price_change: change,
  };
}

/** What was traded in 24 hours, in base and quote, and how far it moved the price, in percent. */
export function tradedTexts(figures: TickerFigures | undefined): {
  readonly volume: string;
  readonly quoteVolume: string;
  readonly change: string;
} {
  if (figures === undefined) {
    return { volume: "0", quoteVolume: "0", change: formatFixed(0n, priceChangeScale) };
  }
  const { priceScale, volumeScale } = figures;
  return {
    volume: formatDecimal(figures.volume, volumeScale),
    quoteVolume: formatDecimal(figures.quoteVolume, priceScale + volumeScale),
    change: formatFixed(figures.priceChangeHundredths, priceChangeScale),
  };
}

/** `trade_update`. */
export const trades: Encoding<"trades"> = {
  name: dialectName,
  encode(_topic, update) {
    const { market, timeUs } = update;
    const list = update.trades.map((trade) => `{${tradeFields(update, trade)}}`).join(",");
    const head = `"symbol":"${market}","timestamp":${seconds(timeUs)}`;
    return publicUpdate("trade_update", `{${head},"trades":[${list}]}`);
  },
};

/** The fields of a trade as JSON. Price and quantity are numbers of exact digits (D-C49). */
export function tradeFields(units: Steps, trade: PublicTrade): string {
  return (
    `"price":${priceText(units, trade.price)},"quantity":${quantityText(units, trade.quantity)},` +
    `"timestamp":${seconds(trade.timeUs)},"direction":"${trade.aggressor}"`
  );
}

/** `depth_update`. A side without changes is an empty list (D-C45). */
export const depths: Encoding<"depth"> = {
  name: dialectName,
  encode(_topic, update) {
    const { market, timeUs, full, depthScale } = update;
    const head =
      `"symbol":"${market}","timestamp":${seconds(timeUs)},` +
      `"full_reload":${full},"scale_index":${depthScale}`;
    return publicUpdate("depth_update", `{${head},${sidesText(update)}}`);
  },
};

/** Both sides of a grouped book as JSON fields, at most `limit` levels each. */
export function sidesText(update: DepthUpdate, limit?: number): string {
  const { asks, bids } = update;
  return `"asks":[${levelsText(update, asks, limit)}],"bids":[${levelsText(update, bids, limit)}]`;
}

function levelsText(units: Steps, levels: readonly DepthLevel[], limit?: number): string {
  return levels
    .slice(0, limit)
    .map(
      ({ price, quantity }) => `["${priceText(units, price)}","${quantityText(units, quantity)}"]`,
    )
    .join(",");
}

/** `position_update`, only for connections that asked for positions. */
export const positions: Encoding<"position"> = {
  name: dialectName,
  encode: (_topic, { timeUs }) =>
    publicUpdate("position_update", `{"timestamp":${seconds(timeUs)}}`),
};

/** `candles_update`, a list of one candle (D-C8). */
export const candles: Encoding<"candles"> = {
  name: dialectName,
  encode: (_topic, { market, candle }) =>
    publicUpdate("candles_update", `[${candleText(market, candle)}]`),
};

/** A candle of a market as JSON. */
export function candleText(market: string, candle: Bar): string {
  const { priceScale, volumeScale } = candle;
  const tuple: CandleTuple = [
    candle.startUs / secondUs,
    formatDecimal(candle.open, priceScale),
    formatDecimal(candle.close, priceScale),
    formatDecimal(candle.high, priceScale),
    formatDecimal(candle.low, priceScale),
    formatDecimal(candle.volume, volumeScale),
    formatDecimal(candle.quoteVolume, priceScale + volumeScale),
    market,
  ];
  return JSON.stringify(tuple);
}
