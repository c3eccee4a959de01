/** Bitstamp as its stream talks: a channel for each market, and a past that is told in whole seconds. */
import type { Venue, VenueTrade } from "./player.ts";
import { playable, recordedTraffic } from "./recorded.ts";

const channelOf = (ticker: string) => `live_trades_${ticker.replace("/", "").toLowerCase()}`;

/** The recorded session of 2022-01-05. */
export function recordedBitstamp(folder: string): Venue {
  const lines = recordedTraffic(folder, "bitstamp");
  const { frames, beganMs, markets } = playable(
    lines.flatMap(({ t, ts, data = "" }) => {
      if (t !== "recv" || !data.includes('"event":"trade"')) return [];
      const said = JSON.parse(data) as {
        channel: string;
        data: {
          id: number;
          amount_str: string;
          price_str: string;
          type: 0 | 1;
          microtimestamp: string;
        };
      };
      const { id, amount_str: quantity, price_str: price, type, microtimestamp } = said.data;
      const trade: VenueTrade = {
        ticker: tickerOf(said.channel.slice("live_trades_".length)),
        id: String(id),
        price,
        quantity,
        timeMs: Math.floor(Number(microtimestamp) / 1_000),
        side: type === 0 ? "buy" : "sell",
      };
      // Only its times are others, so that numbers keep the digits that they came with.
      const text = ([moved = trade]: readonly VenueTrade[]) =>
        data
          .replace(/"timestamp":"\d+"/, `"timestamp":"${Math.floor(moved.timeMs / 1_000)}"`)
          .replace(/"microtimestamp":"\d+"/, `"microtimestamp":"${moved.timeMs}250"`);
      return [{ atMs: ts * 1_000, topic: said.channel, trades: [trade], text }];
    }),
  );
  return {
    exchange: "bitstamp",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, markets, traded),
    heard(text) {
      const { event, data } = JSON.parse(text) as { event: string; data: { channel: string } };
      if (event !== "bts:subscribe") return {};
      const { channel } = data;
      const reply = { event: "bts:subscription_succeeded", channel, data: {} };
      return { topics: [channel], replies: [JSON.stringify(reply)] };
    },
    pack: (text) => text,
    settings: (http, ws) => ({ urls: { api: { public: `${http}/api`, ws } } }),
  };
}

/** The answers that were recorded are of an older kind than ccxt asks for today, so these are made. */
function rest(
  url: URL,
  markets: readonly string[],
  traded: readonly VenueTrade[],
): string | undefined {
  if (url.pathname === "/api/v2/markets/") return JSON.stringify(markets.map(marketOf));
  const pair = /^\/api\/v2\/transactions\/(\w+)\/$/.exec(url.pathname)?.[1];
  if (pair === undefined) return undefined;
  const of = traded.filter(({ ticker }) => channelOf(ticker) === `live_trades_${pair}`);
  return JSON.stringify(
    of.toReversed().map((trade) => ({
      date: String(Math.floor(trade.timeMs / 1_000)),
      tid: trade.id,
      amount: trade.quantity,
      type: trade.side === "buy" ? "0" : "1",
      price: trade.price,
    })),
  );
}

function marketOf(ticker: string): object {
  const [base, quote] = ticker.split("/");
  return {
    name: ticker,
    market_symbol: ticker.replace("/", "").toLowerCase(),
    base_currency: base,
    base_decimals: 8,
    counter_currency: quote,
    counter_decimals: 5,
    minimum_order_value: "10",
    trading: "Enabled",
    market_type: "SPOT",
  };
}

function tickerOf(symbol: string): string {
  return `${symbol.slice(0, -3)}/${symbol.slice(-3)}`.toUpperCase();
}
