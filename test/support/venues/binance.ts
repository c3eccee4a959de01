/** Binance as its spot stream talks: one trade a message, numbered without a hole. */
import type { Venue, VenueTrade } from "./player.ts";
import { playable, type RecordedFrame, recordedLines } from "./recorded.ts";

interface RawTrade {
  readonly s: string;
  readonly t: number;
  readonly p: string;
  readonly q: string;
  readonly T: number;
  /** Whether the buyer was the maker. */
  readonly m: boolean;
}

const symbolOf = (ticker: string) => ticker.replace("/", "");
const tickerOf = (symbol: string) => `${symbol.slice(0, -4)}/${symbol.slice(-4)}`;

/**
 * BTC/USDT and ETH/USDT around midnight of 2024-08-08, so many milliseconds from the beginning of the
 * session on. They were recorded as a combined stream; ccxt opens the plain one, so its envelope is taken off.
 */
export function recordedBinance(folder: string, lengthMs = 30_000): Venue {
  const recorded = ["btcusdt", "ethusdt"].flatMap((symbol) => {
    const lines = recordedLines(folder, `binance-spot-${symbol}-20240808.tslog.gz`);
    const beganMs = Number(lines[0]?.slice(0, 13));
    return lines
      .filter((line) => line.includes("@trade") && Number(line.slice(0, 13)) < beganMs + lengthMs)
      .map(frameOf);
  });
  const { frames, beganMs, markets } = playable(
    recorded.toSorted((left, right) => left.atMs - right.atMs),
  );
  return {
    exchange: "binance",
    frames,
    beganMs,
    rest: (url, traded) => rest(url, markets, traded),
    heard(text) {
      const {
        method,
        params = [],
        id,
      } = JSON.parse(text) as {
        method?: string;
        params?: string[];
        id?: number;
      };
      return method === "SUBSCRIBE"
        ? { topics: params, replies: [JSON.stringify({ result: null, id })] }
        : {};
    },
    pack: (text) => text,
    settings: (http, ws) => ({
      urls: { api: { public: `${http}/api/v3`, ws: { spot: `${ws}/ws` } } },
      options: { fetchMarkets: { types: ["spot"] } },
    }),
  };
}

/** `1723161254087896568 {"stream":"btcusdt@trade","data":{…}}`, nanoseconds. */
function frameOf(line: string): RecordedFrame {
  const { stream, data } = JSON.parse(line.slice(line.indexOf(" "))) as {
    stream: string;
    data: RawTrade;
  };
  const trade: VenueTrade = {
    ticker: tickerOf(data.s),
    id: String(data.t),
    price: data.p,
    quantity: data.q,
    timeMs: data.T,
    side: data.m ? "sell" : "buy",
  };
  return {
    atMs: Number(line.slice(0, 19)) / 1e6,
    topic: stream,
    trades: [trade],
    text: ([moved]) => JSON.stringify({ ...data, E: moved?.timeMs, T: moved?.timeMs }),
  };
}

/** None of these answers was recorded: they are made. */
function rest(
  url: URL,
  markets: readonly string[],
  traded: readonly VenueTrade[],
): string | undefined {
  switch (url.pathname) {
    case "/api/v3/exchangeInfo":
      return JSON.stringify({ symbols: markets.map(marketOf) });
    case "/api/v3/trades": {
      const of = traded.filter(({ ticker }) => symbolOf(ticker) === url.searchParams.get("symbol"));
      return JSON.stringify(
        of.slice(-Number(url.searchParams.get("limit") ?? 500)).map((trade) => ({
          id: Number(trade.id),
          price: trade.price,
          qty: trade.quantity,
          time: trade.timeMs,
          isBuyerMaker: trade.side === "sell",
          isBestMatch: true,
        })),
      );
    }
    default:
      return undefined;
  }
}

function marketOf(ticker: string): object {
  const [baseAsset, quoteAsset] = ticker.split("/");
  return {
    symbol: symbolOf(ticker),
    status: "TRADING",
    baseAsset,
    quoteAsset,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    isSpotTradingAllowed: true,
    permissions: ["SPOT"],
    permissionSets: [["SPOT"]],
    filters: [],
  };
}
