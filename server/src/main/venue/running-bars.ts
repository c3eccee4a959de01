/**
 * The bars of the exchange's own dataset that may still change are made anew at a start, from the
 * trades that the history has of their minutes: a restart takes nothing out of the running minute.
 */
import { barIntervalUs } from "../../marketdata/bar.ts";
import { type History, historyLimitMax, type TradeRecord } from "../../ports/history.ts";
import { waitingTradesMax } from "./local-feed.ts";
import { rowsAtStart } from "./rows-at-start.ts";
import type { Venue } from "./venue.ts";

/** When it is, and how long after their end bars may change; in microseconds. */
export interface RunningBarsOptions {
  readonly nowUs: number;
  readonly latenessUs: number;
}

/**
 * Gives the feed the trades of all bars that may still change, ahead of those to come. The history has
 * to hold all that is durable, and nothing may have been submitted since the venue was opened, so that
 * each trade comes once.
 */
export async function restoreRunningBars(
  { exchange, history, feed }: Venue,
  { nowUs, latenessUs }: RunningBarsOptions,
): Promise<void> {
  const fromUs = Math.floor((nowUs - latenessUs) / barIntervalUs) * barIntervalUs;
  for (const { rules } of exchange.markets()) {
    feed.restore(await tradesSince(history, rules.code, fromUs));
  }
}

/** Oldest first; as many of the newest as the feed holds. */
async function tradesSince(
  history: History,
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
