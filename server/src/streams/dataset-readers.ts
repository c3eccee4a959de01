/** One reader for all datasets of a server: each query goes to whoever stores its dataset. */
import { startNotBefore } from "../marketdata/bars/interval.ts";
import {
  assertRowQuery,
  type Coverage,
  type CoverageQuery,
  type DatasetReader,
  type StoredBarQuery,
  type StoredBars,
  type StoredTicker,
  type StoredTrade,
  type StoredTradeQuery,
} from "../ports/dataset-reader.ts";
import type { Unanswered } from "../ports/history.ts";

/** Reads datasets by code. Of one that nobody stores nothing is known. */
export class DatasetReaders implements DatasetReader {
  readonly #readers = new Map<string, DatasetReader>();

  /** From now on a dataset is read here. */
  add(dataset: string, reader: DatasetReader): void {
    this.#readers.set(dataset, reader);
  }

  bars(query: StoredBarQuery): Promise<StoredBars | Unanswered> {
    return this.#of(query.dataset).bars(query);
  }

  trades(query: StoredTradeQuery): Promise<readonly StoredTrade[] | Unanswered> {
    return this.#of(query.dataset).trades(query);
  }

  coverage(query: CoverageQuery): Promise<Coverage | Unanswered> {
    return this.#of(query.dataset).coverage(query);
  }

  tickers(dataset: string): Promise<readonly StoredTicker[] | Unanswered> {
    return this.#of(dataset).tickers(dataset);
  }

  #of(dataset: string): DatasetReader {
    return this.#readers.get(dataset) ?? nothingStored;
  }
}

/** The past of a dataset that is not stored. */
const nothingStored: DatasetReader = {
  bars(query) {
    assertRowQuery(query);
    const { interval } = query;
    const fromUs = startNotBefore(interval, query.fromUs);
    const toUs = startNotBefore(interval, query.toUs);
    const unknown = fromUs < toUs ? [{ fromUs, toUs, reason: undefined }] : [];
    return Promise.resolve({ bars: [], unknown });
  },
  trades(query) {
    assertRowQuery(query);
    return Promise.resolve([]);
  },
  coverage: () => Promise.resolve({ known: [], gaps: [] }),
  tickers: () => Promise.resolve([]),
};
