/** The bars of datasets in memory, for tests: plain lists, too slow for anything else. */
import { assert } from "../core/assert.ts";
import { barIntervalUs } from "../marketdata/bar-update.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import { startNotBefore } from "../marketdata/bars/interval.ts";
import { rollUp } from "../marketdata/bars/roll.ts";
import { commonSpan, mergedSpans, type Span, uncoveredSpans } from "../marketdata/bars/span.ts";
import {
  assertStoredBarQuery,
  type BarBatch,
  type BarStore,
  batchBarsMax,
  type Gap,
  isNewBatch,
  isNewerBar,
  type KnownSpan,
  type StoredBarQuery,
  type StoredBars,
  type StoredPosition,
  type UnknownSpan,
} from "../ports/bar-store.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

/** What is stored of one dataset. */
interface StoredDataset {
  position: StoredPosition | undefined;
  /** Minutes by ticker, then by start. */
  readonly bars: Map<string, Map<number, Bar>>;
  known: readonly KnownSpan[];
  gaps: readonly Gap[];
}

/** Stores everything at once and loses it with the process. */
export class MemoryBarStore implements BarStore {
  readonly #datasets = new Map<string, StoredDataset>();
  #failure: StorageFailure | undefined;

  /** Stores nothing more from now on, as when the disk is full. */
  fail(failure: StorageFailure): void {
    this.#failure ??= failure;
  }

  position(dataset: string): Promise<StoredPosition | undefined | StorageFailure> {
    return Promise.resolve(this.#failure ?? this.#datasets.get(dataset)?.position);
  }

  put(batch: BarBatch): Promise<StorageFailure | undefined> {
    assert(batch.bars.length <= batchBarsMax, "a batch is not larger than its maximum");
    if (this.#failure === undefined) this.#store(batch);
    return Promise.resolve(this.#failure);
  }

  read(query: StoredBarQuery): Promise<StoredBars | StorageFailure> {
    assertStoredBarQuery(query);
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    const { dataset, ticker, interval, fromUs, toUs, order, limit, offset = 0 } = query;
    const stored = this.#datasets.get(dataset);
    const range = {
      fromUs: startNotBefore(interval, fromUs),
      toUs: startNotBefore(interval, toUs),
    };
    const minutes = [...(stored?.bars.get(ticker)?.values() ?? [])]
      .filter(({ startUs }) => startUs >= range.fromUs && startUs < range.toUs)
      .toSorted((left, right) => left.startUs - right.startUs);
    const bars = [...rollUp(minutes, interval)];
    if (order === "newest-first") bars.reverse();
    const unknown = stored === undefined ? [] : unknownOf(stored, ticker, range);
    const all = stored === undefined && range.fromUs < range.toUs;
    return Promise.resolve({
      bars: bars.slice(offset, offset + limit),
      unknown: all ? [{ ...range, reason: undefined }] : unknown,
    });
  }

  forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined> {
    const stored = this.#datasets.get(dataset);
    if (stored === undefined || this.#failure !== undefined) return Promise.resolve(this.#failure);
    const kept = { fromUs: beforeUs, toUs: Number.MAX_SAFE_INTEGER };
    for (const bars of stored.bars.values()) {
      for (const startUs of bars.keys()) if (startUs < beforeUs) bars.delete(startUs);
    }
    stored.known = cut(stored.known, kept);
    stored.gaps = cut(stored.gaps, kept);
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #store(batch: BarBatch): void {
    const none = { position: undefined, bars: new Map(), known: [], gaps: [] };
    const stored: StoredDataset = this.#datasets.get(batch.dataset) ?? none;
    this.#datasets.set(batch.dataset, stored);
    if (!isNewBatch(batch, stored.position)) return;
    stored.position = batch.position ?? stored.position;
    for (const { ticker, bar } of batch.bars) {
      assert(bar.startUs % barIntervalUs === 0, "what is stored are minutes");
      const bars = stored.bars.get(ticker) ?? new Map<number, Bar>();
      stored.bars.set(ticker, bars);
      const old = bars.get(bar.startUs);
      if (old === undefined || isNewerBar(bar, old)) bars.set(bar.startUs, bar);
    }
    stored.known = joined([...stored.known, ...batch.known]);
    stored.gaps = [...stored.gaps, ...batch.gaps];
  }
}

/** What is not known of a ticker in a range. */
function unknownOf(
  { known, gaps }: StoredDataset,
  ticker: string,
  range: Span,
): readonly UnknownSpan[] {
  const isOfTicker = (span: KnownSpan) => span.ticker === undefined || span.ticker === ticker;
  return uncoveredSpans(range, known.filter(isOfTicker)).flatMap((missing) => {
    const reasons = gaps.filter(isOfTicker).flatMap(({ reason, ...gap }) => {
      const common = commonSpan(missing, gap);
      return common === undefined ? [] : [{ ...common, reason }];
    });
    const unsaid = uncoveredSpans(missing, reasons).map((span) => ({ ...span, reason: undefined }));
    return [...reasons, ...unsaid].toSorted((left, right) => left.fromUs - right.fromUs);
  });
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
