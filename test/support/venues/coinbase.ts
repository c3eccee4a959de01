/** Coinbase Exchange as its stream talks: matches with the side of the order that waited. */
import type { Venue, VenueTrade } from "./player.ts";
import { playable, recordedAnswer, recordedTraffic } from "./recorded.ts";

interface RawMatch {
  readonly type: string;
  readonly trade_id: number;
  readonly side: "buy" | "sell";
  readonly size: string;
  readonly price: string;
  readonly product_id: string;
  readonly time: string;
}

const idOf = (ticker: string) => ticker.replace("/", "-");
/** The venue tells the side of the maker. */
const otherSide = { buy: "sell", sell: "buy" } as const;

/** The recorded session of 2021-04-17, with the markets that it was answered over REST. */
export function recordedCoinbase(folder: string): Venue {
  const lines = recordedTraffic(folder, "coinbase");
  const products = recordedAnswer(lines);
  const { frames, beganMs } = playable(
    lines.flatMap(({ t, ts, data = "" }) => {
      if (t !== "recv" || !data.includes('"type":"match"')) return [];
      const match = JSON.parse(data) as RawMatch;
      const trade: VenueTrade = {
        ticker: match.product_id.replace("-", "/"),
        id: String(match.trade_id),
        price: match.price,
        quantity: match.size,
        timeMs: Date.parse(match.time),
        side: otherSide[match.side],
      };
      const text = ([moved = trade]: readonly VenueTrade[]) =>
        JSON.stringify({ ...match, time: timeText(moved) });
      return [{ atMs: ts * 1_000, topic: match.product_id, trades: [trade], text }];
    }),
  );
  return {
    exchange: "coinbaseexchange",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, products, traded),
    heard(text) {
      const { type, product_ids: topics = [] } = JSON.parse(text) as {
        type: string;
        product_ids?: string[];
      };
      if (type !== "subscribe") return {};
      const channels = [{ name: "matches", product_ids: topics }];
      return { topics, replies: [JSON.stringify({ type: "subscriptions", channels })] };
    },
    greeting(topic, traded) {
      const last = traded.findLast(({ ticker }) => idOf(ticker) === topic);
      return last === undefined ? [] : [JSON.stringify({ type: "last_match", ...matchOf(last) })];
    },
    pack: (text) => text,
    settings: (http, ws) => ({ urls: { api: { public: http, ws } } }),
  };
}

/** The markets are those of the recording; the past was not asked for in it, so it is made. */
function rest(url: URL, products: string, traded: readonly VenueTrade[]): string | undefined {
  if (url.pathname === "/products") return products;
  const id = /^\/products\/([^/]+)\/trades$/.exec(url.pathname)?.[1];
  if (id === undefined) return undefined;
  const of = traded.filter(({ ticker }) => idOf(ticker) === id);
  const newest = of.slice(-Number(url.searchParams.get("limit") ?? 100)).toReversed();
  return JSON.stringify(newest.map(matchOf));
}

function matchOf(trade: VenueTrade): object {
  return {
    trade_id: Number(trade.id),
    side: otherSide[trade.side],
    size: trade.quantity,
    price: trade.price,
    product_id: idOf(trade.ticker),
    time: timeText(trade),
  };
}

/** Microseconds, as the venue tells them. */
function timeText({ timeMs }: VenueTrade): string {
  return new Date(timeMs).toISOString().replace("Z", "250Z");
}
