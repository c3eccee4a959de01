/**
 * Records a dataset into rotating files, from what is stored of it: trades whose time is over for late ones, once,
 * in the order of their times. It goes on where the files end, so a recorder that was killed has lost nothing
 * that the dataset still keeps.
 */
import type { DatasetReader, StoredTrade } from "../ports/dataset-reader.ts";
import { finalTrades } from "./final-trades.ts";
import type { RotatingFiles } from "./rotating-files.ts";
import { tradeColumns } from "./row-cells.ts";
import { rowsText } from "./text-writer.ts";

/** What a recording is made of. */
export interface DatasetRecordingParts {
  readonly reader: DatasetReader;
  readonly dataset: string;
  readonly files: RotatingFiles;
  /** The first moment that is not recorded yet, in microseconds since 1970. */
  readonly fromUs: number;
}

/** A recording of a dataset that goes on. */
export class DatasetRecording {
  readonly #parts: DatasetRecordingParts;
  #fromUs: number;

  constructor(parts: DatasetRecordingParts) {
    this.#parts = parts;
    this.#fromUs = parts.fromUs;
  }

  /**
   * Records what happened before a moment and will not change any more, and what of it is left as a block of its own.
   * Raises a `ReadError` when the store does not answer; what was read before it stays recorded.
   */
  async record(toUs: number, isStopped: () => boolean): Promise<void> {
    const { reader, dataset, files } = this.#parts;
    if (toUs <= this.#fromUs) return;
    for await (const part of finalTrades(reader, { dataset, fromUs: this.#fromUs, toUs })) {
      for (const moment of moments(part.trades)) {
        files.add(rowsText("ndjson", tradeColumns, moment), moment[0]!.eventTimeUs, moment.length);
        if (files.isFull) await files.cut();
      }
      this.#fromUs = part.toUs;
      if (isStopped()) break;
    }
    await files.cut();
  }
}

/** Trades of each moment, which stay together in one block: a recording goes on behind a moment. */
function* moments(trades: readonly StoredTrade[]): Generator<readonly StoredTrade[], void> {
  let start = 0;
  for (let at = 1; start < trades.length; at += 1) {
    if (trades[at]?.eventTimeUs === trades[start]!.eventTimeUs) continue;
    yield inOrder(trades.slice(start, at));
    start = at;
  }
}

/** A moment's trades of several tickers in the order of their numbers, as a venue counts them where it counts all. */
function inOrder(moment: StoredTrade[]): readonly StoredTrade[] {
  if (moment.some(({ id }) => typeof id !== "number")) return moment;
  return moment.sort((left, right) => Number(left.id) - Number(right.id));
}
