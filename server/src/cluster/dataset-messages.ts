/**
 * What a message of the stream of datasets says: where its dataset stands, and what was told since the message before it.
 * Whoever applies them in order has the same bars.
 */
import type { Instrument } from "../marketdata/instrument.ts";
import type { AggressorSide, Trade } from "../marketdata/trade.ts";
import type { FeedEvent } from "../ports/feed.ts";

/** Version of the layout. Messages of another one are not read. */
const version = 1;

/** A minute of which a bar may still change, and the message with its first trade; 0 for the message that says it. */
export type LiveMinute = readonly [startUs: number, at: number];

/** How the feed of a dataset is doing where it runs. */
export interface ToldState {
  readonly state: string;
  /** Why it failed last. */
  readonly failure?: string | undefined;
}

/** Where a dataset stands before what its message tells. Every message says it. */
export interface DatasetHead extends ToldState {
  /** How often the dataset was taken over. */
  readonly term: number;
  /** The node that writes, and the process of that name. */
  readonly node: string;
  readonly writer: string;
  /** The message before it; 0 where none was kept. */
  readonly previous: number;
  /** The message with which its telling began, from which on trades are counted; 0 for this one. */
  readonly begun: number;
  /** Trades before this message, since then. */
  readonly trades: number;
  /** Market time before this message, in microseconds since 1970; undefined before there is any. */
  readonly timeUs?: number | undefined;
  /** Oldest first. */
  readonly live: readonly LiveMinute[];
  /** The message that says what decides about bars; 0 for this one. */
  readonly about: number;
  /** The writer leaves: another one may take over at once. */
  readonly leaves?: boolean | undefined;
}

/** What decides about the bars of a dataset besides its trades, and what is known of it. */
export interface DatasetAbout {
  readonly latenessUs: number;
  readonly unchangedBars: boolean;
  readonly tellsKnown: boolean;
  /** Names a recording; undefined of a source that tells what happens now. */
  readonly recording?: string | undefined;
  /** When its telling began, in microseconds since 1970. */
  readonly begunUs: number;
  /** Tickers that were known when it was said, as many as there is room for. */
  readonly tickers: readonly string[];
}

/** A message. */
export interface DatasetTelling {
  readonly head: DatasetHead;
  readonly about?: DatasetAbout | undefined;
  readonly told: readonly ToldEvent[];
}

/** A trade: ticker, venue, id, price, its scale, quantity, its scale, event time, receive time, aggressor. */
export type ToldTrade = readonly [
  ticker: string,
  venue: string,
  id: number | string | null,
  price: number | string,
  priceScale: number,
  quantity: number | string,
  quantityScale: number,
  eventTimeUs: number,
  receiveTimeUs: number,
  aggressor: AggressorSide,
];

/** What was told: a trade, a time that was reached, a gap, or what is known. */
export type ToldEvent =
  | readonly ["x", ToldTrade]
  | readonly ["t", number]
  | readonly ["g", string | null, number, number, string]
  | readonly ["k", string, number, number];

/** Writes a message of which the events are written already. */
export function encodeTelling(
  head: DatasetHead,
  about: DatasetAbout | undefined,
  told: readonly string[],
): Uint8Array {
  const said = about === undefined ? "" : `,"about":${JSON.stringify(about)}`;
  const text = `{"v":${version},"head":${JSON.stringify(head)}${said},"told":[${told.join(",")}]}`;
  return new TextEncoder().encode(text);
}

/** Reads a message; undefined where it is none of a layout that is known. */
export function decodeTelling(bytes: Uint8Array): DatasetTelling | undefined {
  try {
    const message = JSON.parse(new TextDecoder().decode(bytes)) as DatasetTelling & { v: number };
    const isWhole = Array.isArray(message.told) && Number.isSafeInteger(message.head.previous);
    return message.v === version && isWhole ? message : undefined;
  } catch {
    return undefined;
  }
}

/** What is written of a trade. */
export function toldTrade(trade: Trade): ToldTrade {
  const { instrument, venue, id, priceScale, quantityScale } = trade;
  const { eventTimeUs, receiveTimeUs, aggressor } = trade;
  return [
    ...([instrument.ticker, venue, id ?? null] as const),
    ...([digits(trade.price), priceScale, digits(trade.quantity), quantityScale] as const),
    ...([eventTimeUs, receiveTimeUs, aggressor] as const),
  ];
}

/** The events of a message as a feed tells them. */
export function eventsOf(
  told: readonly ToldEvent[],
  instrument: (ticker: string) => Instrument | undefined,
): readonly FeedEvent[] {
  const events: FeedEvent[] = [];
  let trades: Trade[] = [];
  const endTrades = () => {
    if (trades.length > 0) events.push({ kind: "trades", trades });
    trades = [];
  };
  for (const event of told) {
    if (event[0] === "x") {
      const of = instrument(event[1][0]);
      if (of !== undefined) trades.push(tradeOf(event[1], of));
      continue;
    }
    endTrades();
    if (event[0] === "t") events.push({ kind: "time", atUs: event[1] });
    else if (event[0] === "k") {
      events.push({ kind: "known", ticker: event[1], fromUs: event[2], toUs: event[3] });
    } else {
      const [, ticker, fromUs, toUs, reason] = event;
      events.push({ kind: "gap", ticker: ticker ?? undefined, fromUs, toUs, reason });
    }
  }
  endTrades();
  return events;
}

function tradeOf(told: ToldTrade, instrument: Instrument): Trade {
  const [, venue, id, price, priceScale, quantity, quantityScale, ...rest] = told;
  const [eventTimeUs, receiveTimeUs, aggressor] = rest;
  return {
    ...{ instrument, venue, id: id ?? undefined },
    ...{ price: numberOf(price), priceScale, quantity: numberOf(quantity), quantityScale },
    ...{ eventTimeUs, receiveTimeUs, aggressor },
  };
}

/** Digits of what is no number of JSON. */
function digits(value: number | bigint): number | string {
  return typeof value === "bigint" ? `${value}` : value;
}

function numberOf(value: number | string): number | bigint {
  return typeof value === "string" ? BigInt(value) : value;
}
