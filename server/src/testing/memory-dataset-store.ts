/** The past of datasets in memory, for tests: plain lists, too slow for anything else. */
import { formatDecimal } from "../core/num/decimal.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { StoredBar } from "../marketdata/bars/bar.ts";
import { BarFold } from "../marketdata/bars/fold.ts";
import { intervalStart, secondsInterval, startNotBefore } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import { commonSpan, mergedSpans, type Span, uncoveredSpans } from "../marketdata/bars/span.ts";
import {
  assertRowQuery,
  type Coverage,
  type CoverageQuery,
  type Gap,
  type KnownSpan,
  type StoredBarQuery,
  type StoredBars,
  type StoredTicker,
  type StoredTrade,
  type StoredTradeQuery,
  type UnknownSpan,
} from "../ports/dataset-reader.ts";
import {
  assertBatch,
  type DatasetBatch,
  type DatasetStore,
  type ImportBatch,
  type ImportOutcome,
  isNewerBar,
  judgedBatch,
  type MinuteOfTicker,
  type NewTickers,
  type StoredPosition,
  type TickerBar,
} from "../ports/dataset-store.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { unknownSpans } from "../ports/unknown-spans.ts";

/** What is stored of one dataset. */
interface StoredDataset {
  position: StoredPosition | undefined;
  /** As they came. */
  trades: StoredTrade[];
  /** Minutes by ticker, then by start. */
  readonly bars: Map<string, Map<number, StoredBar>>;
  /** Those that were revised since market time last passed a whole minute. */
  revised: readonly MinuteOfTicker[];
  known: readonly KnownSpan[];
  gaps: readonly Gap[];
}

const minute = secondsInterval(60);

/** Stores everything at once and loses it with the process. */
export class MemoryDatasetStore implements DatasetStore {
  readonly #datasets = new Map<string, StoredDataset>();
  #failure: StorageFailure | undefined;

  /** Stores nothing more from now on, as when the disk is full. */
  fail(failure: StorageFailure): void {
    this.#failure ??= failure;
  }

  position(dataset: string): Promise<StoredPosition | undefined | StorageFailure> {
    return Promise.resolve(this.#failure ?? this.#datasets.get(dataset)?.position);
  }

  reached(dataset: string): Promise<StoredPosition | undefined | StorageFailure> {
    return this.position(dataset);
  }

  revised(dataset: string): Promise<readonly MinuteOfTicker[] | StorageFailure> {
    return Promise.resolve(this.#failure ?? this.#datasets.get(dataset)?.revised ?? []);
  }

  put(batch: DatasetBatch): Promise<StorageFailure | undefined> {
    assertBatch(batch);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const stored = this.#dataset(batch.dataset);
    const verdict = judgedBatch(batch, stored.position);
    if (verdict !== "next") return Promise.resolve(verdict === "stored" ? undefined : verdict);
    stored.revised = revisedWith(stored, batch);
    stored.position = batch.position;
    stored.trades.push(...batch.trades);
    for (const { ticker, bar } of batch.bars) {
      const bars = barsOf(stored, ticker);
      const old = bars.get(bar.startUs);
      if (old === undefined || isNewerBar(bar, old)) bars.set(bar.startUs, bar);
    }
    stored.known = joined([...stored.known, ...batch.known]);
    stored.gaps = joinedGaps([...stored.gaps, ...batch.gaps]);
    return Promise.resolve(undefined);
  }

  import(batch: ImportBatch): Promise<ImportOutcome | StorageFailure> {
    assertBatch(batch);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const stored = this.#dataset(batch.dataset);
    const fresh = freshTrades(stored.trades, batch.trades);
    stored.trades.push(...fresh);
    for (const [ticker, starts] of Map.groupBy(fresh, (trade) => trade.ticker)) {
      const minutes = new Set(starts.map((trade) => intervalStart(minute, trade.eventTimeUs)));
      for (const startUs of minutes) refold(stored, ticker, startUs);
    }
    const barsStored = batch.bars.filter((bar) => importBar(stored, bar)).length;
    stored.known = joined([...stored.known, ...batch.known]);
    return Promise.resolve({
      kind: "imported",
      tradesStored: fresh.length,
      tradesKnown: batch.trades.length - fresh.length,
      barsStored,
      barsKnown: batch.bars.length - barsStored,
    });
  }

  bars(query: StoredBarQuery): Promise<StoredBars | StorageFailure> {
    assertRowQuery(query);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { dataset, ticker, interval, order, limit, offset = 0 } = query;
    const stored = this.#dataset(dataset);
    const range = {
      fromUs: startNotBefore(interval, query.fromUs),
      toUs: startNotBefore(interval, query.toUs),
    };
    const isBelowMinute = interval.kind === "fixed" && interval.lengthUs % barIntervalUs !== 0;
    const parts = isBelowMinute
      ? secondsOf(stored.trades.filter((trade) => trade.ticker === ticker))
      : [...barsOf(stored, ticker).values()];
    const within = parts
      .filter(({ startUs }) => startUs >= range.fromUs && startUs < range.toUs)
      .toSorted((left, right) => left.startUs - right.startUs);
    const bars = [...rollUp(within, interval)];
    if (order === "newest-first") bars.reverse();
    const unknown = unknownOf(stored, ticker, range);
    return Promise.resolve({ bars: bars.slice(offset, offset + limit), unknown });
  }

  trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | StorageFailure> {
    assertRowQuery(query);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { dataset, ticker, fromUs, toUs, order, limit, offset = 0 } = query;
    const found = inTime(this.#dataset(dataset).trades).filter(
      (trade) => trade.ticker === ticker && trade.eventTimeUs >= fromUs && trade.eventTimeUs < toUs,
    );
    if (order === "newest-first") found.reverse();
    return Promise.resolve(found.slice(offset, offset + limit));
  }

  coverage({ dataset, ticker, ...range }: CoverageQuery): Promise<Coverage | StorageFailure> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { known, gaps } = this.#dataset(dataset);
    const concerns = (span: KnownSpan) =>
      ticker === undefined || span.ticker === undefined || span.ticker === ticker;
    const open = gaps.flatMap((gap) =>
      uncoveredSpans(
        gap,
        known.filter((span) => span.ticker === undefined || span.ticker === gap.ticker),
      ).map((span) => ({ ...gap, ...span })),
    );
    return Promise.resolve({
      known: byTime(cut(known.filter(concerns), range)),
      gaps: byTime(cut(open.filter(concerns), range)),
    });
  }

  tickers(dataset: string): Promise<readonly StoredTicker[] | StorageFailure> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { bars, trades } = this.#dataset(dataset);
    const tickers = [...bars].filter(([, minutes]) => minutes.size > 0);
    return Promise.resolve(
      tickers
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([ticker, minutes]) => ({
          ticker,
          firstUs: Math.min(...minutes.keys()),
          lastUs: Math.max(...minutes.keys()),
          minutes: minutes.size,
          trades: trades.filter((trade) => trade.ticker === ticker).length,
        })),
    );
  }

  tickersAfter(dataset: string, after: number): Promise<NewTickers | StorageFailure> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const names = [...this.#dataset(dataset).bars.keys()];
    return Promise.resolve({ names: names.slice(after), upTo: names.length });
  }

  forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const stored = this.#dataset(dataset);
    const kept = { fromUs: beforeUs, toUs: Number.MAX_SAFE_INTEGER };
    for (const bars of stored.bars.values()) {
      for (const startUs of bars.keys()) if (startUs < beforeUs) bars.delete(startUs);
    }
    stored.trades = stored.trades.filter(
      ({ eventTimeUs }) => intervalStart(minute, eventTimeUs) >= beforeUs,
    );
    stored.known = cut(stored.known, kept);
    stored.gaps = cut(stored.gaps, kept);
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #dataset(code: string): StoredDataset {
    const known = this.#datasets.get(code);
    if (known !== undefined) return known;
    const made = {
      position: undefined,
      trades: [],
      bars: new Map(),
      revised: [],
      known: [],
      gaps: [],
    };
    this.#datasets.set(code, made);
    return made;
  }
}

/** What is revised with a batch, oldest first. */
function revisedWith(
  { position, revised }: StoredDataset,
  { position: next, bars }: DatasetBatch,
): readonly MinuteOfTicker[] {
  const minuteOf = (timeUs: number) => intervalStart(minute, timeUs);
  const hasPassed = position !== undefined && minuteOf(next.timeUs) > minuteOf(position.timeUs);
  const all = [
    ...(hasPassed ? [] : revised),
    ...bars
      .filter(({ bar }) => bar.revision > 0)
      .map(({ ticker, bar }) => ({ ticker, startUs: bar.startUs })),
  ];
  const byName = new Map(all.map((each) => [`${each.startUs} ${each.ticker}`, each]));
  return [...byName.values()].toSorted(
    (left, right) => left.startUs - right.startUs || (left.ticker < right.ticker ? -1 : 1),
  );
}

function barsOf(stored: StoredDataset, ticker: string): Map<number, StoredBar> {
  const bars = stored.bars.get(ticker) ?? new Map<number, StoredBar>();
  stored.bars.set(ticker, bars);
  return bars;
}

/** The trades of an import that are not stored yet. */
function freshTrades(
  stored: readonly StoredTrade[],
  trades: readonly StoredTrade[],
): readonly StoredTrade[] {
  const left = new Map<string, number>();
  for (const trade of stored) left.set(printOf(trade), (left.get(printOf(trade)) ?? 0) + 1);
  return trades.filter((trade) => {
    const print = printOf(trade);
    const count = left.get(print) ?? 0;
    if (trade.id === undefined) left.set(print, count - 1);
    else left.set(print, 1);
    return count <= 0;
  });
}

/** Equal for what is the same trade, as far as can be told. */
function printOf({ ticker, venue, id, price, priceScale, ...rest }: StoredTrade): string {
  const { quantity, quantityScale, eventTimeUs, aggressor } = rest;
  const numbers = [formatDecimal(price, priceScale), formatDecimal(quantity, quantityScale)];
  return JSON.stringify([ticker, venue, id ?? null, ...numbers, eventTimeUs, aggressor]);
}

/** Makes the bar of a minute again from its trades. */
function refold(stored: StoredDataset, ticker: string, startUs: number): void {
  const bars = barsOf(stored, ticker);
  const bar = foldOf(
    stored.trades.filter(
      (trade) => trade.ticker === ticker && intervalStart(minute, trade.eventTimeUs) === startUs,
    ),
    startUs,
  );
  const old = bars.get(startUs);
  bars.set(startUs, bar.toBar(old === undefined ? 0 : old.revision + 1));
}

function foldOf(trades: readonly StoredTrade[], startUs: number): BarFold {
  const fold = new BarFold({ startUs, priceScale: 0, quantityScale: 0 });
  for (const trade of trades) fold.addDecimal(trade);
  return fold;
}

function secondsOf(trades: readonly StoredTrade[]): readonly StoredBar[] {
  const second = secondsInterval(1);
  const bySecond = Map.groupBy(trades, (trade) => intervalStart(second, trade.eventTimeUs));
  return [...bySecond].map(([startUs, some]) => foldOf(some, startUs).toBar());
}

/** Whether a bar of others' making was stored. */
function importBar(stored: StoredDataset, { ticker, bar }: TickerBar): boolean {
  const minuteSpan = { fromUs: bar.startUs, toUs: bar.startUs + barIntervalUs };
  const hasTrades = stored.trades.some(
    (trade) => trade.ticker === ticker && intervalStart(minute, trade.eventTimeUs) === bar.startUs,
  );
  if (hasTrades && unknownOf(stored, ticker, minuteSpan).length === 0) return false;
  const bars = barsOf(stored, ticker);
  const old = bars.get(bar.startUs);
  const revision = old === undefined ? bar.revision : old.revision;
  const isSame = old !== undefined && JSON.stringify(figures(old)) === JSON.stringify(figures(bar));
  if (isSame) return false;
  bars.set(bar.startUs, { ...bar, revision: old === undefined ? revision : revision + 1 });
  return true;
}

function figures(bar: StoredBar): readonly string[] {
  return Object.entries(bar)
    .filter(([name]) => name !== "revision")
    .map(([name, value]) => `${name} ${value}`);
}

/** What is not known of a ticker in a range. */
function unknownOf(
  { known, gaps }: StoredDataset,
  ticker: string,
  range: Span,
): readonly UnknownSpan[] {
  const isOfTicker = (span: KnownSpan) => span.ticker === undefined || span.ticker === ticker;
  return unknownSpans(range, known.filter(isOfTicker), gaps.filter(isOfTicker));
}

function inTime(trades: readonly StoredTrade[]): StoredTrade[] {
  return trades.toSorted((left, right) => left.eventTimeUs - right.eventTimeUs);
}

/** Oldest first; of those that begin together first what is of all tickers, then by name. */
function byTime<Spanned extends KnownSpan>(spans: readonly Spanned[]): readonly Spanned[] {
  const rank = ({ ticker = "" }: KnownSpan) => ticker;
  return spans.toSorted(
    (left, right) => left.fromUs - right.fromUs || (rank(left) < rank(right) ? -1 : 1),
  );
}

/** Gaps of each ticker and reason in as few as possible. */
function joinedGaps(gaps: readonly Gap[]): readonly Gap[] {
  const byReason = Map.groupBy(gaps, ({ reason }) => reason);
  return [...byReason].flatMap(([reason, some]) =>
    joined(some).map((span) => ({ ...span, reason })),
  );
}

/** Spans of each ticker in as few as possible. */
function joined(spans: readonly KnownSpan[]): readonly KnownSpan[] {
  const byTicker = Map.groupBy(spans, ({ ticker }) => ticker);
  return [...byTicker].flatMap(([ticker, some]) =>
    mergedSpans(some).map((span) => ({ ...span, ticker })),
  );
}

/** What spans have within another one. */
function cut<Spanned extends Span>(spans: readonly Spanned[], within: Span): readonly Spanned[] {
  return spans.flatMap((span) => {
    const common = commonSpan(span, within);
    return common === undefined ? [] : [{ ...span, ...common }];
  });
}
