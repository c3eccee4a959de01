/** Gate as version 4 of its spot stream talks: one trade a message, channels with markets as their payload. */
import type { Venue, VenueTrade } from "./player.ts";
import { playable, recordedAnswer, recordedTraffic } from "./recorded.ts";

interface RawTrade {
  readonly id: number;
  readonly create_time_ms: string;
  readonly side: "buy" | "sell";
  readonly currency_pair: string;
  readonly amount: string;
  readonly price: string;
}

const idOf = (ticker: string) => ticker.replace("/", "_");

/** The recorded session of 2021-04-22, with the markets that it was answered over REST. */
export function recordedGate(folder: string): Venue {
  const lines = recordedTraffic(folder, "gateio");
  const pairs = recordedAnswer(lines);
  const { frames, beganMs } = playable(
    lines.flatMap(({ t, ts, data = "" }) => {
      if (t !== "recv" || !data.includes('"spot.trades"')) return [];
      const said = JSON.parse(data) as { event: string; result: RawTrade };
      if (said.event !== "update") return [];
      const { result } = said;
      const trade: VenueTrade = {
        ticker: result.currency_pair.replace("_", "/"),
        id: String(result.id),
        price: result.price,
        quantity: result.amount,
        timeMs: Math.floor(Number(result.create_time_ms)),
        side: result.side,
      };
      const text = ([moved = trade]: readonly VenueTrade[]) =>
        JSON.stringify({
          ...said,
          time: seconds(moved),
          result: { ...result, create_time: seconds(moved), create_time_ms: `${moved.timeMs}.25` },
        });
      return [{ atMs: ts * 1_000, topic: result.currency_pair, trades: [trade], text }];
    }),
  );
  return {
    exchange: "gate",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, pairs, traded),
    heard(text) {
      const {
        id,
        channel,
        event,
        payload = [],
      } = JSON.parse(text) as {
        id?: number;
        channel: string;
        event?: string;
        payload?: string[];
      };
      if (channel === "spot.ping") return { replies: [JSON.stringify({ channel: "spot.pong" })] };
      if (event !== "subscribe") return {};
      const result = { status: "success" };
      return { topics: payload, replies: [JSON.stringify({ id, channel, event, result })] };
    },
    pack: (text) => text,
    settings: (http, ws) => ({
      urls: {
        api: { public: { spot: `${http}/api/v4`, margin: `${http}/api/v4` }, spot: `${ws}/ws/v4/` },
      },
      options: { fetchMarkets: { types: ["spot"] } },
    }),
  };
}

/** The markets are those of the recording; the past was not asked for in it, so it is made. */
function rest(url: URL, pairs: string, traded: readonly VenueTrade[]): string | undefined {
  switch (url.pathname) {
    case "/api/v4/spot/currency_pairs":
      return pairs;
    case "/api/v4/margin/currency_pairs":
      return "[]";
    case "/api/v4/spot/trades": {
      const pair = url.searchParams.get("currency_pair");
      const of = traded.filter(({ ticker }) => idOf(ticker) === pair);
      const newest = of.slice(-Number(url.searchParams.get("limit") ?? 100)).toReversed();
      return JSON.stringify(
        newest.map((trade) => ({
          id: trade.id,
          create_time: String(seconds(trade)),
          create_time_ms: `${trade.timeMs}.250000`,
          currency_pair: pair,
          side: trade.side,
          amount: trade.quantity,
          price: trade.price,
        })),
      );
    }
    default:
      return undefined;
  }
}

function seconds({ timeMs }: VenueTrade): number {
  return Math.floor(timeMs / 1_000);
}
