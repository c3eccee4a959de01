/**
 * Merges files by time: a file is opened when market time nears its first trade and is closed at its
 * end, so a year of daily files takes no more memory than two of them.
 */
import { jumpUs } from "./outliers.ts";
import type { RecordingFailure } from "./recording.ts";
import type { SortedRun } from "./sort-window.ts";

/** Most files that may overlap in time. */
export const openFilesMax = 64;

/** A file that can be opened. */
export interface MergeSource {
  /** The earliest time that is known of it; -Infinity to open it at once. */
  readonly startUs: number;
  /** Its part of all bytes, 0 … 1. */
  readonly weight: number;
  open(): AsyncGenerator<SortedRun | RecordingFailure, void>;
}

/** Rows of one file that are due before those of all others. */
export interface MergedRun extends Omit<SortedRun, "done"> {
  /** Share of all files that has been played once these rows are, 0 … 1. */
  readonly done: number;
}

interface OpenFile {
  readonly source: MergeSource;
  /** Its place among all sources. */
  readonly place: number;
  readonly runs: AsyncGenerator<SortedRun | RecordingFailure, void>;
  run: SortedRun;
  /** Position in `run` of the first row that was not yielded. */
  at: number;
}

/** Yields the rows of all sources by time, those of one moment in the order of the sources; the last item is a failure when one cannot be read. */
export async function* merged(
  sources: readonly MergeSource[],
  openMax: number = openFilesMax,
): AsyncGenerator<MergedRun | RecordingFailure, void> {
  const merge = new Merge(sources, openMax);
  try {
    for (;;) {
      const step = await merge.next();
      if (step === undefined) return;
      yield step;
      if (step.kind === "failed") return;
    }
  } finally {
    await merge.close();
  }
}

class Merge {
  readonly #waiting: { readonly source: MergeSource; readonly place: number }[];
  #open: OpenFile[] = [];
  #closedWeight = 0;
  readonly #openMax: number;

  constructor(sources: readonly MergeSource[], openMax: number) {
    this.#openMax = openMax;
    this.#waiting = sources
      .map((source, place) => ({ source, place }))
      .sort((left, right) => left.source.startUs - right.source.startUs);
  }

  /** The next rows; undefined when all files have ended. */
  async next(): Promise<MergedRun | RecordingFailure | undefined> {
    const failure = (await this.#refill()) ?? (await this.#openDue());
    if (failure !== undefined) return failure;
    let file = this.#open[0];
    if (file === undefined) return undefined;
    for (const other of this.#open) if (isBefore(other, file)) file = other;
    return this.#take(file);
  }

  async close(): Promise<void> {
    for (const { runs } of this.#open) await runs.return();
  }

  /** Reads on where all rows of a file were yielded; a file at its end is closed. */
  async #refill(): Promise<RecordingFailure | undefined> {
    for (const file of this.#open) {
      while (file.at === file.run.trades.length) {
        const { value: run } = await file.runs.next();
        if (run === undefined) {
          this.#closedWeight += file.source.weight;
          this.#open = this.#open.filter((other) => other !== file);
          break;
        }
        if (run.kind === "failed") return run;
        file.run = run;
        file.at = 0;
      }
    }
    return undefined;
  }

  /** Opens the files that may hold what comes next. */
  async #openDue(): Promise<RecordingFailure | undefined> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const isDue =
        this.#open.length === 0 || limitUs(next.source) <= Math.min(...this.#open.map(headUs));
      if (!isDue) return undefined;
      if (this.#open.length === this.#openMax) return tooMany;
      this.#waiting.shift();
      this.#open.push({ ...next, runs: next.source.open(), run: nothingYet, at: 0 });
      const failure = await this.#refill();
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** The rows of a file up to the first of any other. */
  #take(file: OpenFile): MergedRun {
    const { run, at, place } = file;
    const others = this.#open.filter((other) => other !== file);
    // What is of the same moment comes from the sources in their order.
    const laterUs = others.filter((other) => other.place > place).map(headUs);
    const earlierUs = others.filter((other) => other.place < place).map(headUs);
    const lastUs = Math.min(...laterUs);
    const endUs = Math.min(limitUs(this.#waiting[0]?.source), ...earlierUs);
    const isAll = Math.min(lastUs, endUs) === Number.POSITIVE_INFINITY;
    let end = isAll ? run.trades.length : at + 1;
    for (; end < run.trades.length; end += 1) {
      const us = run.trades[end]!.eventTimeUs;
      if (us > lastUs || us >= endUs) break;
    }
    file.at = end;
    const trades = at === 0 && end === run.trades.length ? run.trades : run.trades.slice(at, end);
    return { kind: "trades", path: run.path, trades, done: this.#done() };
  }

  #done(): number {
    const ofOpen = this.#open.map(
      ({ source, run, at }) => source.weight * run.done * (at / run.trades.length),
    );
    return Math.min(
      1,
      ofOpen.reduce((sum, share) => sum + share, this.#closedWeight),
    );
  }
}

const nothingYet: SortedRun = { kind: "trades", path: "", trades: [], done: 0 };

const tooMany: RecordingFailure = {
  kind: "failed",
  reason: `more than ${openFilesMax} files overlap in time: play fewer at once, or join them into one file`,
};

/** Time of the first row that was not yielded; files that were read on have one. */
function headUs({ run, at }: OpenFile): number {
  return run.trades[at]?.eventTimeUs ?? Number.POSITIVE_INFINITY;
}

/** Whether the next row of a file comes before the next one of another. */
function isBefore(left: OpenFile, right: OpenFile): boolean {
  const step = headUs(left) - headUs(right);
  return step < 0 || (step === 0 && left.place < right.place);
}

/** From this time on a waiting file may have the next row: the first one that was seen need not be its earliest. */
function limitUs(next: MergeSource | undefined): number {
  return next === undefined ? Number.POSITIVE_INFINITY : next.startUs - jumpUs;
}
