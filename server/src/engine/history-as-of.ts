/**
 * A history as it was after a command, read from one that goes on meanwhile: what a replica starts with while
 * the exchange that it follows trades. Bars that have ended since are made of what was traded up to then.
 */
import { type Bar, wholeBar } from "../marketdata/bars/bar.ts";
import { minuteInterval, secondsInterval } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import {
  type Answer,
  type BarQuery,
  barLimitMax,
  barStartS,
  foldedTradesMax,
  type HistoryQueries,
  isUnanswered,
  type Place,
  type TradeQuery,
  type Unanswered,
} from "../ports/history.ts";
import { BarCollector } from "./bar-collector.ts";

/** What markets have traded. */
export type TradedHistory = Pick<HistoryQueries, "trades" | "tradeBars" | "bars">;

/** The last command that counts, and when it was given. */
export interface HistoryEnd {
  readonly sequence: number;
  readonly timeUs: number;
}

/** The history as of a command, which the other one has to hold. */
export function historyAsOf(history: TradedHistory, end: HistoryEnd): TradedHistory {
  const upTo = { sequence: end.sequence + 1, ordinal: 0 };
  const clipped = <Query extends Pick<TradeQuery, "before">>(query: Query): Query => ({
    ...query,
    before: query.before === undefined || isAfter(query.before, upTo) ? upTo : query.before,
  });
  const traded: TradedHistory = {
    trades: (query) => history.trades(clipped(query)),
    tradeBars: (query) => history.tradeBars(clipped(query)),
    bars: (query) => bars(history, traded, { query, end }),
  };
  return traded;
}

function isAfter(one: Place, other: Place): boolean {
  if (one.sequence !== other.sequence) return one.sequence > other.sequence;
  return one.ordinal > other.ordinal;
}

async function bars(
  history: TradedHistory,
  traded: TradedHistory,
  { query, end }: { readonly query: BarQuery; readonly end: HistoryEnd },
): Answer<Bar> {
  const { resolutionS, fromS = 0, beforeS = Number.POSITIVE_INFINITY, limit, order } = query;
  const runningS = barStartS(end.timeUs, resolutionS);
  // What ended before the command was given has not changed since.
  if (beforeS <= runningS) return await history.bars(query);
  const running = fromS <= runningS ? await runningBar(history, traded, { query, end }) : [];
  if (isUnanswered(running)) return running;
  const isOldestFirst = order === "oldest-first";
  const wanted = isOldestFirst ? limit : limit - running.length;
  const ended =
    wanted === 0 ? [] : await history.bars({ ...query, beforeS: runningS, limit: wanted });
  if (isUnanswered(ended)) return ended;
  return isOldestFirst ? [...ended, ...running].slice(0, limit) : [...running, ...ended];
}

/** The bar in whose time the command was given; none where nothing was traded in it. */
async function runningBar(
  history: TradedHistory,
  traded: TradedHistory,
  { query, end }: { readonly query: BarQuery; readonly end: HistoryEnd },
): Answer<Bar> {
  const { market, steps, resolutionS, asker } = query;
  const minuteS = barStartS(end.timeUs, 60);
  const fromS = barStartS(end.timeUs, resolutionS);
  const minutes =
    fromS === minuteS
      ? []
      : await history.bars({
          ...{ market, steps, resolutionS: 60, order: "oldest-first", asker },
          ...{ fromS, beforeS: minuteS, limit: barLimitMax },
        });
  if (isUnanswered(minutes)) return minutes;
  const minute = await runningMinute(traded, { ...query, fromS: minuteS });
  if (isUnanswered(minute)) return minute;
  const [whole] = rollUp([...minutes, ...minute], secondsInterval(resolutionS));
  return whole === undefined ? [] : [asStored(whole)];
}

async function runningMinute(
  traded: TradedHistory,
  { market, steps, asker, fromS }: BarQuery & { readonly fromS: number },
): Promise<readonly Bar[] | Unanswered> {
  const collector = new BarCollector({ order: "oldest-first", limit: 1 });
  let after: Place | undefined;
  do {
    const found = await traded.tradeBars({
      ...{ market, steps, asker, interval: minuteInterval, order: "oldest-first", after },
      ...{ fromUs: fromS * 1_000_000, limit: foldedTradesMax },
    });
    if (isUnanswered(found)) return found;
    collector.add(found.flatMap((page) => page.bars));
    after = found[0]?.last;
  } while (after !== undefined);
  collector.end();
  return collector.bars;
}

/** Of stored bars neither sides nor the times of trades are kept. */
function asStored(bar: Bar): Bar {
  const { startUs } = bar;
  return {
    ...wholeBar(bar),
    ...{ takerBuyVolume: undefined, takerBuyQuoteVolume: undefined },
    ...{ firstUs: startUs, lastUs: startUs, revision: 0 },
  };
}
