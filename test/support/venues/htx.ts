/** HTX as its spot stream talks: gzip frames, its own ping and pong, trades by market. */
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Venue, VenueFrame, VenueTrade } from "./player.ts";

interface Message {
  readonly ch?: string;
  readonly tick?: { readonly id: unknown; readonly data: readonly RawTrade[] };
}

interface RawTrade {
  readonly id: string;
  readonly ts: number;
  readonly tradeId: number;
  readonly amount: string;
  readonly price: string;
  readonly direction: "buy" | "sell";
}

const tradeTopic = (ticker: string) =>
  `market.${ticker.replace("/", "").toLowerCase()}.trade.detail`;

/** A trade frame as HTX writes it: numbers with the digits that they came with, ids of 27 digits. */
function tradeText(topic: string, trades: readonly VenueTrade[]): string {
  const last = trades.at(-1);
  const data = trades.map(
    ({ id, timeMs, price, quantity, side }) =>
      `{"id":${id}${"7".repeat(10)},"ts":${timeMs},"tradeId":${id},"amount":${quantity},"price":${price},"direction":"${side}"}`,
  );
  return `{"ch":"${topic}","ts":${last?.timeMs},"tick":{"id":${last?.id},"ts":${last?.timeMs},"data":[${data.join(",")}]}}`;
}

/** HTX with frames of somebody. */
export function htxVenue(
  markets: readonly string[],
  { frames, beganMs }: Pick<Venue, "frames" | "beganMs">,
): Venue {
  return {
    exchange: "htx",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, markets, traded),
    heard(text) {
      const { sub, id } = JSON.parse(text) as { sub?: string; id?: unknown };
      if (sub === undefined) return {};
      const known = markets.some((ticker) => sub === tradeTopic(ticker));
      if (!known) {
        return {
          replies: [
            `{"id":${JSON.stringify(id)},"status":"error","err-code":"bad-request","err-msg":"invalid topic ${sub}","ts":1}`,
          ],
        };
      }
      return {
        topics: [sub],
        replies: [
          `{"id":${JSON.stringify(id)},"status":"ok","subbed":"${sub}","ts":${Date.now()}}`,
        ],
      };
    },
    pack: (text) => gzipSync(text),
    ping: (nowMs) => `{"ping":${nowMs}}`,
    settings: (http, ws) => ({
      urls: {
        api: {
          spot: http,
          contract: http,
          ws: { api: { spot: { public: `${ws}/ws`, feed: `${ws}/feed` } } },
        },
      },
      options: { fetchMarkets: { types: { spot: true, linear: false, inverse: false } } },
    }),
  };
}

/** The recorded session of 2021-04-17. */
export function recordedHtx(folder: string): Venue {
  const text = gunzipSync(
    readFileSync(`${folder}/raw-ws/huobi-spot-2021-04-17.decoded.ndjson.gz`),
  ).toString("utf8");
  const lines = text.trim().split("\n");
  const markets = new Map<string, string>();
  let beganMs = 0;
  const frames: VenueFrame[] = [];
  for (const line of lines) {
    const atMs = Number(/"ts":([\d.]+)/.exec(line)?.[1]) * 1_000;
    beganMs ||= Math.floor(atMs);
    // Numbers as they were written, which parsing would not keep.
    const quoted = line.replace(/"(id|amount|price)":([\d.eE+-]+)/g, '"$1":"$2"');
    const { dir, msg } = JSON.parse(quoted) as { dir: string; msg: Message };
    if (dir !== "recv" || msg.ch?.endsWith(".trade.detail") !== true) continue;
    const topic = msg.ch;
    const ticker = tickerOf(topic.split(".")[1] ?? "");
    markets.set(ticker, topic);
    const trades = (msg.tick?.data ?? []).map((trade) => ({
      ticker,
      id: String(trade.tradeId),
      price: trade.price,
      quantity: trade.amount,
      timeMs: trade.ts,
      side: trade.direction,
    }));
    frames.push({
      afterMs: atMs - beganMs,
      topic,
      trades,
      text: (moved) => tradeText(topic, moved),
    });
  }
  return htxVenue([...markets.keys()], { frames, beganMs });
}

/** Frames of our own making in the same form. */
export function madeUpHtx(markets: readonly string[], count: number): Venue {
  const beganMs = 1_700_000_000_000;
  const frames = Array.from({ length: count }, (_, n): VenueFrame => {
    const ticker = markets[n % markets.length] ?? "";
    const topic = tradeTopic(ticker);
    const timeMs = beganMs + n * 100;
    const trade: VenueTrade = {
      ticker,
      id: String(100_045_088_000 + n),
      price: ["9.2E-7", "0.0000009331", "63000.123456789012345", "716.0"][n % 4] ?? "1",
      quantity: ["20995.88", "0.078924", "1.000000000000000000"][n % 3] ?? "1",
      timeMs,
      side: n % 2 === 0 ? "buy" : "sell",
    };
    return {
      afterMs: n * 100,
      topic,
      trades: [trade],
      text: (moved) => tradeText(topic, moved),
    };
  });
  return htxVenue(markets, { frames, beganMs });
}

function tickerOf(symbol: string): string {
  const quote = ["usdt", "husd", "btc", "eth"].find((end) => symbol.endsWith(end)) ?? "usdt";
  return `${symbol.slice(0, -quote.length)}/${quote}`.toUpperCase();
}

/** What HTX answers over REST; the recorded answers leave out what ccxt asks today, so these are made. */
function rest(
  url: URL,
  markets: readonly string[],
  traded: readonly VenueTrade[],
): string | undefined {
  switch (url.pathname) {
    case "/v1/common/symbols":
      return JSON.stringify({ status: "ok", data: markets.map(symbolOf) });
    case "/v2/reference/currencies":
      return JSON.stringify({ code: 200, data: [] });
    case "/market/history/trade": {
      const symbol = url.searchParams.get("symbol");
      const of = traded.filter(({ ticker }) => ticker.replace("/", "").toLowerCase() === symbol);
      const newest = of.slice(-Number(url.searchParams.get("size") ?? 1)).toReversed();
      const data = newest.map(
        ({ id, timeMs, price, quantity, side }) =>
          `{"id":${id},"ts":${timeMs},"data":[{"id":${id}${"7".repeat(10)},"ts":${timeMs},"trade-id":${id},"amount":${quantity},"price":${price},"direction":"${side}"}]}`,
      );
      return `{"ch":"market.${symbol}.trade.detail","status":"ok","ts":1,"data":[${data.join(",")}]}`;
    }
    default:
      return undefined;
  }
}

function symbolOf(ticker: string): object {
  const [base = "", quote = ""] = ticker.toLowerCase().split("/");
  return {
    "base-currency": base,
    "quote-currency": quote,
    "price-precision": 10,
    "amount-precision": 6,
    "symbol-partition": "main",
    symbol: base + quote,
    state: "online",
    "value-precision": 8,
    "min-order-amt": 0.0001,
    "max-order-amt": 1000000,
    "min-order-value": 5,
    "api-trading": "enabled",
    tags: "",
  };
}
