/**
 * The market board of an engine that has just been opened: books from the exchange, recent trades and
 * candles from the history, so that a restart leaves no hole in what the public sees.
 */
import type { Exchange } from "../core/exchange.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import { type Bar, wholeBar } from "../marketdata/bars/bar.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import type { MarketState } from "../marketdata/market-board.ts";
import { candlesMax, MarketBoard, recentTradesMax } from "../marketdata/market-board.ts";
import type { PublicTrade } from "../marketdata/updates.ts";
import type { HistoryQueries } from "../ports/history.ts";
import type { StoredMarketBars } from "../ports/protocol.ts";
import { rowsAtStart, unreadAtStart } from "../ports/rows-at-start.ts";
import { StartError } from "../ports/start-error.ts";

/** Levels of a side that a board starts with: more than an exchange can have orders. */
const levelsMax = 2_000_000;

/** What a board is made of: an engine, or a replica of its exchange. */
export interface BoardParts {
  readonly exchange: Exchange;
  /** As it was after the exchange's last command: nothing later may be in it. */
  readonly history: Pick<HistoryQueries, "trades">;
  /** Resolves when the history holds all that was released, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined>;
}

/**
 * Makes the board, with depth at so many scales and the candles that `bars` reads of each market. Nothing may have been applied since
 * the exchange was recovered.
 */
export async function openBoard(
  parts: BoardParts,
  bars: StoredMarketBars,
  depthScales: number,
): Promise<MarketBoard> {
  const fault = await parts.historyCaughtUp();
  if (fault !== undefined) throw new StartError(`the exchange's history cannot be read: ${fault}`);
  const { exchange, history } = parts;
  const states: MarketState[] = [];
  for (const { rules, halted, lastPrice } of exchange.markets()) {
    const market = rules.code;
    states.push({
      rules,
      halted,
      lastPrice,
      levels: (["buy", "sell"] as const).flatMap((side) =>
        exchange.depth(market, side, levelsMax).map((level) => ({ ...level, side })),
      ),
      recentTrades: await recentTrades(history, market),
      ...(await storedCandles(bars, market, exchange.timeUs)),
    });
  }
  return new MarketBoard(states, exchange.timeUs, depthScales);
}

async function recentTrades(
  history: BoardParts["history"],
  market: string,
): Promise<readonly PublicTrade[]> {
  return rowsAtStart(history.trades({ market, limit: recentTradesMax }));
}

/**
 * What is stored of a market's candles at a time after which nothing is: the newest of each resolution, and
 * of seconds those of the running minute, so that every running candle goes on.
 */
export async function storedCandles(
  bars: StoredMarketBars,
  market: string,
  timeUs: number,
): Promise<Pick<MarketState, "candles" | "seconds">> {
  const newest = async (seconds: number, fromUs: number): Promise<readonly Bar[]> => {
    const answer = await bars(market, {
      interval: secondsInterval(seconds),
      fromUs,
      toUs: timeUs + 1,
      order: "newest-first",
      limit: candlesMax,
    });
    return "kind" in answer ? unreadAtStart(answer) : answer.bars.map(wholeBar).reverse();
  };
  const minuteUs = timeUs - (timeUs % barIntervalUs);
  return {
    candles: {
      60: await newest(60, 0),
      3600: await newest(3_600, 0),
      86400: await newest(86_400, 0),
    },
    seconds: { fromUs: minuteUs, candles: await newest(1, minuteUs) },
  };
}
