/** Reads a dataset that is being recorded: everything that was published when it is asked is stored first. */
import type { DatasetReader } from "../ports/dataset-reader.ts";
import type { DatasetRecorder } from "./dataset-recorder.ts";

/** A reader over a store and what is on its way there. */
export function recordedReader(
  store: DatasetReader,
  recorder: Pick<DatasetRecorder, "flushed">,
): DatasetReader {
  return {
    bars: async (query) => (await recorder.flushed()) ?? store.bars(query),
    trades: async (query) => (await recorder.flushed()) ?? store.trades(query),
    coverage: async (query) => (await recorder.flushed()) ?? store.coverage(query),
    tickers: async (dataset) => (await recorder.flushed()) ?? store.tickers(dataset),
  };
}
