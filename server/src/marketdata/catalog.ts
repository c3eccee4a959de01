/** Which datasets and tickers are served. Dialects read it, feeds fill it. */
import { assert } from "../core/assert.ts";
import type { Dataset, Instrument } from "./instrument.ts";

/** Most tickers of one dataset. */
export const instrumentsMax = 50_000;

/** Why a dataset gets no more data: its recording is over, or its feed has failed for good. */
export type DatasetEnd = "finished" | "failed";

/** Read side of the catalog: all that a dialect needs. */
export interface CatalogView {
  datasets(): readonly Dataset[];
  dataset(code: string): Dataset | undefined;
  /** Undefined when the dataset or the ticker is unknown. */
  instrument(datasetCode: string, ticker: string): Instrument | undefined;
  /** Instruments of a dataset in the order in which they appeared; empty when it is unknown. */
  instruments(datasetCode: string): readonly Instrument[];
  /** Why a dataset gets no more data; undefined while it may. */
  ended(datasetCode: string): DatasetEnd | undefined;
}

interface Shelf {
  readonly dataset: Dataset;
  readonly byTicker: Map<string, Instrument>;
  readonly all: Instrument[];
  ended: DatasetEnd | undefined;
}

/** Datasets by code, instruments by ticker. Instruments are only ever added. */
export class Catalog implements CatalogView {
  readonly #shelves = new Map<string, Shelf>();

  addDataset(dataset: Dataset): void {
    assert(!this.#shelves.has(dataset.code), "a dataset code is used once");
    this.#shelves.set(dataset.code, { dataset, byTicker: new Map(), all: [], ended: undefined });
  }

  /** The instrument of a ticker, made on first use; undefined once {@link instrumentsMax} is reached. */
  ensureInstrument(datasetCode: string, ticker: string): Instrument | undefined {
    const shelf = this.#shelves.get(datasetCode);
    assert(shelf !== undefined, "instruments are added to a known dataset");
    const known = shelf.byTicker.get(ticker);
    if (known !== undefined) return known;
    if (shelf.all.length >= instrumentsMax) return undefined;
    const instrument = { dataset: shelf.dataset, ticker, index: shelf.all.length };
    shelf.byTicker.set(ticker, instrument);
    shelf.all.push(instrument);
    return instrument;
  }

  datasets(): readonly Dataset[] {
    return Array.from(this.#shelves.values(), (shelf) => shelf.dataset);
  }

  dataset(code: string): Dataset | undefined {
    return this.#shelves.get(code)?.dataset;
  }

  instrument(datasetCode: string, ticker: string): Instrument | undefined {
    return this.#shelves.get(datasetCode)?.byTicker.get(ticker);
  }

  instruments(datasetCode: string): readonly Instrument[] {
    return this.#shelves.get(datasetCode)?.all ?? [];
  }

  /** Notes that a dataset gets no more data. */
  end(datasetCode: string, why: DatasetEnd): void {
    const shelf = this.#shelves.get(datasetCode);
    assert(shelf !== undefined, "a dataset that ends is known");
    shelf.ended = why;
  }

  /** Notes that a dataset gets data again. */
  resume(datasetCode: string): void {
    const shelf = this.#shelves.get(datasetCode);
    assert(shelf !== undefined, "a dataset that goes on is known");
    shelf.ended = undefined;
  }

  ended(datasetCode: string): DatasetEnd | undefined {
    return this.#shelves.get(datasetCode)?.ended;
  }
}
