/** Where the recording of a dataset goes on at a start, and which minutes are still running. */
import { backlogMaxUs } from "../marketdata/bar-series.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { Bar, StoredBar } from "../marketdata/bars/bar.ts";
import { minuteInterval } from "../marketdata/bars/interval.ts";
import type { Span } from "../marketdata/bars/span.ts";
import { type StoredTicker, type StoredTrade, storedRowsMax } from "../ports/dataset-reader.ts";
import {
  type DatasetStore,
  isStorageFailure,
  type StoredPosition,
} from "../ports/dataset-store.ts";
import { isUnanswered, type Unanswered } from "../ports/history.ts";
import type { RecordingStart } from "./dataset-recorder.ts";

/** A minute that goes on after a start. */
export interface RestoredMinute {
  readonly ticker: string;
  readonly bar: Bar;
  readonly trades: readonly StoredTrade[];
}

/** All of them, and market time when they were stored. */
export interface RestoredMinutes {
  readonly minutes: readonly RestoredMinute[];
  /** All tickers of which anything is stored; their minutes before `fromUs` do not change any more. */
  readonly tickers: readonly string[];
  readonly fromUs: number;
  readonly atUs: number;
}

/** Most trades of one minute and ticker whose ids are known again after a start. */
export const restoredTradesMax = 1_000_000;

/** How a dataset is stored. */
export interface RestoreOptions {
  readonly dataset: string;
  readonly store: DatasetStore;
  /** Market time is wall time: the feed goes on where it is, and minutes that were running go on. */
  readonly isLive: boolean;
  /** Names a source that tells the same trades at each start; undefined where it does not. */
  readonly source: string | undefined;
  /** Whether its ids begin again at each start, so that they tell nothing of earlier trades. */
  readonly countsAnew?: boolean;
  readonly latenessUs: number;
  readonly nowUs: number;
}

/** What a start finds in the store. */
export interface Restored {
  readonly start: RecordingStart;
  /** Sequence before that of the first batch, and the epoch of the stream. */
  readonly sequence: number;
  readonly streamEpoch: string;
  /** What goes on; undefined where nothing is stored, or the source begins anew. */
  readonly running: RestoredMinutes | undefined;
  readonly tickers: readonly string[];
}

/** Reads where a dataset goes on; why it cannot be read where that is so. */
export async function restoreDataset(options: RestoreOptions): Promise<Restored | Unanswered> {
  const { dataset, store, isLive } = options;
  const position = await store.position(dataset);
  if (isStorageFailure(position)) return position;
  const tickers = await store.tickers(dataset);
  if (isUnanswered(tickers)) return tickers;
  const everything = { dataset, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const coverage = await store.coverage(everything);
  if (isUnanswered(coverage)) return coverage;
  const start = startOf(options, position, coverage.known);
  const names = tickers.map(({ ticker }) => ticker);
  if (!isLive || position === undefined) return { ...start, running: undefined, tickers: names };
  const { latenessUs, nowUs } = options;
  const untilUs = start.start.downSince?.fromUs ?? position.timeUs;
  // What is not known may be told again: as far back as a source tells its past.
  const earliestUs = Math.max(
    Math.min(position.timeUs - latenessUs, untilUs),
    nowUs - backlogMaxUs,
  );
  const fromUs = earliestUs - (earliestUs % barIntervalUs);
  const minutes = await minutesFrom(fromUs, { ...options, tickers });
  if ("kind" in minutes) return minutes;
  const running = { minutes, tickers: names, fromUs, atUs: position.timeUs };
  return { ...start, running, tickers: names };
}

function startOf(
  { dataset, isLive, source, nowUs }: RestoreOptions,
  position: StoredPosition | undefined,
  known: readonly Span[],
): Pick<Restored, "start" | "sequence" | "streamEpoch"> {
  const isAgain = source !== undefined && position?.epoch === source;
  const fresh = `${dataset}-${nowUs}`;
  // Behind a clock that was set back sequences would be used again.
  const goesOn = isLive && position !== undefined && nowUs > position.sequence;
  const streamEpoch = goesOn ? position.epoch : fresh;
  const knownUs = known.reduce((latest, { toUs }) => Math.max(latest, toUs), 0);
  const fromUs = Math.min(position?.timeUs ?? 0, knownUs > 0 ? knownUs : Number.MAX_SAFE_INTEGER);
  return {
    start: {
      epoch: source ?? streamEpoch,
      counts: source === undefined ? "sequences" : "trades",
      storedTrades: isAgain ? Math.floor(position.sequence / 2) : 0,
      skipped: isLive || isAgain ? [] : known,
      downSince: position && { fromUs, reason: "the server was not running" },
    },
    // Fewer batches than microseconds go by, so no batch of an earlier start has come as far.
    sequence: nowUs,
    streamEpoch,
  };
}

/** The stored minutes from a time on, with the trades of each. */
async function minutesFrom(
  fromUs: number,
  {
    dataset,
    store,
    tickers,
    countsAnew = false,
  }: Pick<RestoreOptions, "dataset" | "store" | "countsAnew"> & {
    readonly tickers: readonly StoredTicker[];
  },
): Promise<readonly RestoredMinute[] | Unanswered> {
  const minutes: RestoredMinute[] = [];
  for (const { ticker, lastUs } of tickers) {
    if (lastUs < fromUs) continue;
    const rows = { dataset, ticker, fromUs, toUs: lastUs + barIntervalUs } as const;
    const query = { ...rows, order: "oldest-first", limit: storedRowsMax } as const;
    const found = await store.bars({ ...query, interval: minuteInterval });
    if (isUnanswered(found)) return found;
    for (const bar of found.bars.filter(isWhole)) {
      const span = { fromUs: bar.startUs, toUs: bar.startUs + barIntervalUs };
      const trades = countsAnew ? [] : await tradesWithIds(store, { ...query, ...span });
      if ("kind" in trades) return trades;
      minutes.push({ ticker, bar, trades });
    }
  }
  return minutes;
}

/** Trades whose ids may be told again; none where the first has no id. */
async function tradesWithIds(
  store: DatasetStore,
  query: Parameters<DatasetStore["trades"]>[0],
): Promise<readonly StoredTrade[] | Unanswered> {
  const trades: StoredTrade[] = [];
  while (trades.length < restoredTradesMax) {
    const page = await store.trades({ ...query, offset: trades.length });
    if (isUnanswered(page)) return page;
    trades.push(...page);
    if (page.length < query.limit || page[0]?.id === undefined) break;
  }
  return trades;
}

/** Whether it was folded here: others' bars may lack figures. */
function isWhole(bar: StoredBar): bar is Bar {
  return bar.tradeCount !== undefined && bar.quoteVolume !== undefined;
}
