/** Messages of gRPC as what they are made of: bodies of REST, whose fields have other names and types. */
import type { RpcShape, RpcSource } from "../../ports/rpc.ts";
import { indicatorRows } from "./indicator-rows.ts";
import { ichimokuFields } from "./rest-ichimoku.ts";

const of = (key: string): RpcSource => ({ key });
const number = (key: string): RpcSource => ({ key, as: "number" });
/** An `int64`, which holds no fraction. */
const whole = (key: string): RpcSource => ({ key, as: "whole" });
const rows = (item: RpcShape): RpcShape => ({ result: { key: "data", item } });

/** Fields that are called the same in both. */
function same(...names: readonly string[]): RpcShape {
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}

const prices: RpcShape = {
  timestamp: of("t"),
  open: of("o"),
  close: of("c"),
  high: of("h"),
  low: of("l"),
};

/** Bars. */
export const seriesReply: RpcShape = rows({ ...prices, volume: of("v") });

/** Bars without volume. */
export const forexReply: RpcShape = rows(prices);

/** Bars with what takers bought. */
export const binanceReply: RpcShape = rows({
  ...prices,
  trades: of("tr"),
  base_volume: of("bv"),
  quote_volume: of("qv"),
  taker_buy_base_asset_volume: of("tbv"),
  taker_buy_quote_asset_volume: of("tqv"),
});

/** Figures of each indicator, which are texts in both, by the last part of its path. */
export const indicatorReplies: ReadonlyMap<string, RpcShape> = new Map(
  [...indicatorRows, { name: "ichimoku", fields: ichimokuFields }].map(({ name, fields }) => [
    name,
    rows({ timestamp: of("t"), ...same(...fields) }),
  ]),
);

/** Trades, with the whole part of their quantities. */
export const tradesReply: RpcShape = rows({
  trade_date: of("t"),
  price: of("p"),
  quantity: whole("s"),
});

const day: RpcShape = {
  open: number("o"),
  high: number("h"),
  low: number("l"),
  close: number("c"),
  volume: number("v"),
};

/** A snapshot. */
export const snapshotReply: RpcShape = {
  last_day: { key: "1d", as: day },
  last_month: { key: "1m", as: day },
  previous_day: { key: "p1d", as: day },
  last_trade: { key: "lt", as: { event_at: of("tm"), price: number("p"), shares: whole("s") } },
  last_fifty_two_week: {
    key: "52w",
    as: {
      high: number("h"),
      high_at: of("ht"),
      low: number("l"),
      low_at: of("lt"),
      change: of("ch"),
      change_percent: of("chp"),
      average_volume: whole("av"),
    },
  },
  change: {
    key: "ch",
    as: {
      day_change_percent: of("dap"),
      week_change_percent: of("wep"),
      month_change_percent: of("mop"),
    },
  },
};

const published: RpcShape = {
  ...same("ticker", "publisher"),
  publisher_name: { key: "publisher", as: "name" },
};

/** Pairs with a crypto currency. */
export const cryptoTickersReply: RpcShape = rows(published);

/** Pairs of national currencies. */
export const forexTickersReply: RpcShape = rows(same("ticker"));

/** Plain symbols. */
export const stockTickersReply: RpcShape = rows({ ...published, ...same("country", "currency") });

/** Plain symbols, with what else could be known of them. */
export const usTickersReply: RpcShape = rows(
  same(
    ...["ticker", "currency", "security", "mic", "asset_type", "cik"],
    ...["composite_figi", "share_figi", "lei"],
  ),
);

/** What has a code and a name. */
export const namedReply: RpcShape = rows(same("code", "name"));

/** Stock markets. */
export const stockMarketsReply: RpcShape = rows(same("country", "mic", "name"));

const calls = (key: string): RpcSource => ({ key, as: same("limit", "usage") });

/** Calls of this minute, by dataset. */
export const usageReply: RpcShape = rows({
  ...same("product"),
  apiCalls: calls("api_calls"),
  historicalApiCalls: calls("historical_api_calls"),
  referenceApiCalls: calls("api_calls_reference"),
  timeSeriesApiCalls: calls("api_calls_time_series"),
  snapshotsApiCalls: calls("api_calls_snapshots"),
  tradesApiCalls: calls("api_calls_trades"),
});
