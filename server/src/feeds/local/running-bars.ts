/**
 * The bars of the exchange's own dataset that may still change are made again at a start, from the
 * trades that the history has of their minutes: a restart takes nothing out of the running minute.
 */

import type { MarketRules } from "../../core/market/rules.ts";
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import { type HistoryQueries, historyLimitMax, type TradeRecord } from "../../ports/history.ts";
import { rowsAtStart } from "../../ports/rows-at-start.ts";
import { type LocalFeed, waitingTradesMax } from "./feed.ts";

/** What knows the trades, and what is given them. */
export interface RunningBarsParts {
  readonly markets: readonly MarketRules[];
  readonly history: Pick<HistoryQueries, "trades">;
  readonly feed: LocalFeed;
}

/** When it is, and how long after their end bars may change; in microseconds. */
export interface RunningBarsOptions {
  readonly nowUs: number;
  readonly latenessUs: number;
}

/**
 * Gives the feed the trades of all bars that may still change, ahead of those to come. The history has
 * to hold all that is durable, and nothing may have been submitted since the engine was opened, so that
 * each trade comes once.
 */
export async function restoreRunningBars(
  { markets, history, feed }: RunningBarsParts,
  { nowUs, latenessUs }: RunningBarsOptions,
): Promise<void> {
  const fromUs = Math.floor((nowUs - latenessUs) / barIntervalUs) * barIntervalUs;
  for (const { code } of markets) {
    feed.restore(await tradesSince(history, code, fromUs), nowUs);
  }
}

/** Oldest first; as many of the newest as the feed holds. */
async function tradesSince(
  history: RunningBarsParts["history"],
  market: string,
  fromUs: number,
): Promise<readonly TradeRecord[]> {
  const trades: TradeRecord[] = [];
  while (trades.length < waitingTradesMax) {
    const before = trades.at(-1);
    const page = await rowsAtStart(history.trades({ market, before, limit: historyLimitMax }));
    const wanted = page.filter(({ timeUs }) => timeUs >= fromUs);
    trades.push(...wanted);
    if (wanted.length < historyLimitMax) break;
  }
  return trades.reverse();
}
