/**
 * Kraken as version 2 of its stream talks. The recording is of version 1, so it is translated: its trades
 * become those of version 2, whose numbers, which version 1 did not tell, are made.
 */
import type { Venue, VenueTrade } from "./player.ts";
import { playable, recordedAnswer, recordedTraffic } from "./recorded.ts";

/** Price, quantity, seconds, side, kind of order, and something else: all texts. */
type RawTrade = readonly [string, string, string, "b" | "s", string, string];

/** So many of the newest trades are told to who subscribes. */
const snapshotMax = 50;

/** The recorded session of 2021-04-17, with the markets that it was answered over REST. */
export function recordedKraken(folder: string): Venue {
  const lines = recordedTraffic(folder, "kraken");
  const pairs = recordedAnswer(lines);
  let lastId = 4_665_000;
  const { frames, beganMs } = playable(
    lines.flatMap(({ t, ts, data = "" }) => {
      if (t !== "recv" || !/^\[\d+,\[\[/.test(data) || !data.includes(',"trade",')) return [];
      const [, told, , pair] = JSON.parse(data) as [number, RawTrade[], string, string];
      const ticker = pair.replaceAll("XBT", "BTC").replaceAll("XDG", "DOGE");
      const trades = told.map(([price, quantity, time, side]): VenueTrade => {
        lastId += 1;
        const timeMs = Math.floor(Number(time) * 1_000);
        return {
          ticker,
          id: String(lastId),
          price,
          quantity,
          timeMs,
          side: side === "b" ? "buy" : "sell",
        };
      });
      const text = (moved: readonly VenueTrade[]) => message("update", moved);
      return [{ atMs: ts * 1_000, topic: ticker, trades, text }];
    }),
  );
  return {
    exchange: "kraken",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, pairs, traded),
    heard(text) {
      const { method, params, req_id } = JSON.parse(text) as {
        method: string;
        params?: { channel: string; symbol: string[] };
        req_id?: number;
      };
      if (method === "ping") return { replies: [JSON.stringify({ method: "pong", req_id })] };
      const topics = params?.symbol ?? [];
      const replies = topics.map((symbol) =>
        JSON.stringify({ method, req_id, success: true, result: { channel: "trade", symbol } }),
      );
      return { topics, replies };
    },
    greeting(topic, traded) {
      const newest = traded.filter(({ ticker }) => ticker === topic).slice(-snapshotMax);
      return newest.length === 0 ? [] : [message("snapshot", newest)];
    },
    pack: (text) => text,
    ping: () => '{"channel":"heartbeat"}',
    settings: (http, ws) => ({ urls: { api: { public: http, ws: { publicV2: `${ws}/v2` } } } }),
  };
}

/** Version 2 writes prices and quantities as numbers. */
function message(type: "update" | "snapshot", trades: readonly VenueTrade[]): string {
  const data = trades.map(
    ({ ticker, id, price, quantity, side, timeMs }) =>
      `{"symbol":"${ticker}","side":"${side}","price":${price},"qty":${quantity},"ord_type":"market","trade_id":${id},"timestamp":"${new Date(timeMs).toISOString().replace("Z", "250Z")}"}`,
  );
  return `{"channel":"trade","type":"${type}","data":[${data.join(",")}]}`;
}

/** The markets are those of the recording; the past was not asked for in it, so it is made. */
function rest(url: URL, pairs: string, traded: readonly VenueTrade[]): string | undefined {
  if (url.pathname === "/0/public/AssetPairs") return pairs;
  if (url.pathname !== "/0/public/Trades") return undefined;
  const pair = url.searchParams.get("pair") ?? "";
  const known = (JSON.parse(pairs) as { result: Record<string, { wsname?: string }> }).result[pair];
  const ticker = known?.wsname?.replaceAll("XBT", "BTC").replaceAll("XDG", "DOGE");
  const of = traded.filter((trade) => trade.ticker === ticker);
  const newest = of.slice(-Number(url.searchParams.get("count") ?? 1_000));
  const rows = newest.map(({ id, price, quantity, side, timeMs }) => [
    ...[
      price,
      quantity,
      Number(`${Math.floor(timeMs / 1_000)}.${String(timeMs % 1_000).padStart(3, "0")}25`),
    ],
    ...[side === "buy" ? "b" : "s", "m", "", Number(id)],
  ]);
  return JSON.stringify({
    error: [],
    result: { [pair]: rows, last: `${newest.at(-1)?.timeMs}000000` },
  });
}
