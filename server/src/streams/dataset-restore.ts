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
  type MinuteOfTicker,
  type StoredPosition,
} from "../ports/dataset-store.ts";
import { isUnanswered, type Unanswered } from "../ports/history.ts";
import type { RecordingStart } from "./dataset-recorder.ts";

/** A minute that goes on after a start. */
export interface RestoredMinute {
  readonly ticker: string;
  readonly bar: Bar;
  readonly trades: readonly StoredTrade[];
  /** Whether there may be subscribers who were not sent its present state. */
  readonly isOwed: boolean;
}

/** All of them, and market time when they were stored. */
export interface RestoredMinutes {
  readonly minutes: readonly RestoredMinute[];
  /**
   * All tickers of which anything is stored; their minutes before `fromUs` do not change any more, and are
   * here only where they are owed.
   */
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
  const revised = await store.revised(dataset);
  if (isStorageFailure(revised)) return revised;
  const minutes = await minutesFrom(fromUs, { ...options, tickers, revised, position });
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
  const name = `${dataset}-${nowUs}`;
  // A clock that stands still, or was set back to the very microsecond, names no two alike.
  const fresh = name === position?.epoch ? `${name}-again` : name;
  // Behind a clock that was set back sequences would be used again.
  const goesOn = isLive && position !== undefined && nowUs > position.sequence;
  const streamEpoch = goesOn ? position.epoch : fresh;
  const knownUs = known.reduce((latest, { toUs }) => Math.max(latest, toUs), 0);
  const fromUs = Math.min(position?.timeUs ?? 0, knownUs > 0 ? knownUs : Number.MAX_SAFE_INTEGER);
  return {
    start: {
      epoch: source ?? streamEpoch,
      follows: position ?? "nothing",
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

/** What minutes are restored of. */
interface MinutesOptions extends Pick<RestoreOptions, "dataset" | "store" | "countsAnew"> {
  readonly tickers: readonly StoredTicker[];
  readonly revised: readonly MinuteOfTicker[];
  readonly position: StoredPosition;
}

/** The stored minutes from a time on with the trades of each, and those before it that are owed. */
async function minutesFrom(
  fromUs: number,
  options: MinutesOptions,
): Promise<readonly RestoredMinute[] | Unanswered> {
  const revisedOf = Map.groupBy(options.revised, ({ ticker }) => ticker);
  const minutes: RestoredMinute[] = [];
  for (const stored of options.tickers) {
    const found = await minutesOf(stored, fromUs, revisedOf.get(stored.ticker) ?? [], options);
    if ("kind" in found) return found;
    minutes.push(...found);
  }
  return minutes;
}

/** Those of one ticker, oldest first. */
async function minutesOf(
  { ticker, lastUs }: StoredTicker,
  fromUs: number,
  revised: readonly MinuteOfTicker[],
  { dataset, store, position, countsAnew = false }: MinutesOptions,
): Promise<readonly RestoredMinute[] | Unanswered> {
  // What was open at the position has not been published as closed, and what was revised may not be yet.
  const starts = new Set(revised.map(({ startUs }) => startUs));
  const isOwed = (startUs: number) =>
    startUs + barIntervalUs > position.timeUs || starts.has(startUs);
  const earliestUs = Math.min(fromUs, position.timeUs - barIntervalUs, ...[...starts].slice(0, 1));
  if (lastUs < earliestUs) return [];
  const rows = { dataset, ticker, fromUs: earliestUs, toUs: lastUs + barIntervalUs } as const;
  const query = { ...rows, order: "oldest-first", limit: storedRowsMax } as const;
  const found = await store.bars({ ...query, interval: minuteInterval });
  if (isUnanswered(found)) return found;
  const minutes: RestoredMinute[] = [];
  for (const bar of found.bars.filter(isWhole)) {
    const { startUs } = bar;
    const mayChange = startUs >= fromUs;
    if (!mayChange && !isOwed(startUs)) continue;
    const span = { fromUs: startUs, toUs: startUs + barIntervalUs };
    const isTold = mayChange && !countsAnew;
    const trades = isTold ? await tradesWithIds(store, { ...query, ...span }) : [];
    if ("kind" in trades) return trades;
    minutes.push({ ticker, bar, trades, isOwed: isOwed(startUs) });
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
