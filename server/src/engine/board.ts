/**
 * The market board of an engine that has just been opened: books from the exchange, recent trades and
 * candles from the history, so that a restart leaves no hole in what the public sees.
 */
import type { MarketRules } from "../core/market/rules.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import type { MarketState } from "../marketdata/market-board.ts";
import { candlesMax, MarketBoard, recentTradesMax } from "../marketdata/market-board.ts";
import type { PublicTrade } from "../marketdata/updates.ts";
import type { History } from "../ports/history.ts";
import { rowsAtStart } from "../ports/rows-at-start.ts";
import { StartError } from "../ports/start-error.ts";
import type { Engine } from "./engine.ts";

/** Levels of a side that a board starts with: more than an exchange can have orders. */
const levelsMax = 2_000_000;

/** Makes the board. Nothing may have been submitted since the engine was opened. */
export async function openBoard(engine: Engine): Promise<MarketBoard> {
  const fault = await engine.historyCaughtUp();
  if (fault !== undefined) throw new StartError(`the exchange's history cannot be read: ${fault}`);
  const { exchange, history } = engine;
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
      candles: {
        60: await candles(history, rules, 60),
        3600: await candles(history, rules, 3_600),
        86400: await candles(history, rules, 86_400),
      },
    });
  }
  return new MarketBoard(states, exchange.timeUs);
}

async function recentTrades(history: History, market: string): Promise<readonly PublicTrade[]> {
  return rowsAtStart(history.trades({ market, limit: recentTradesMax }));
}

/** Oldest first. */
async function candles(
  history: History,
  { code: market, tickSize, lotSize }: MarketRules,
  resolutionS: 60 | 3_600 | 86_400,
): Promise<readonly Bar[]> {
  const query = { market, steps: { tickSize, lotSize }, resolutionS, limit: candlesMax };
  const bars = await rowsAtStart(history.bars(query));
  return bars.toReversed();
}
