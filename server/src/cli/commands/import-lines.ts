/** What an import says: a line that is rewritten on a terminal, plain lines elsewhere, and what became of all rows. */
import type { ImportFigures, ImportListener } from "../../recordings/importer.ts";
import type { Recording } from "../../recordings/stored-file.ts";
import type { ProgressOutput } from "./progress.ts";

/** How often the line of a terminal is rewritten, in milliseconds. */
const rewriteMs = 250;

const eraseLine = "\r\x1b[K";

/** Writes what an import says. */
export class ImportLines implements ImportListener {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  #recordings: readonly Recording[] = [];
  #totalBytes = 0;
  #doneBytes = 0;
  #begunMs = 0;
  #shownMs = Number.NEGATIVE_INFINITY;
  #isShown = false;
  #current: Recording | undefined;

  /** `nowMs` is a clock that does not go back. */
  constructor(output: ProgressOutput, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  begin(recordings: readonly Recording[]): void {
    this.#recordings = recordings;
    this.#totalBytes = recordings.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#begunMs = this.#nowMs();
  }

  say(line: string): void {
    this.#write(line);
  }

  warn(line: string): void {
    this.#write(line);
  }

  progress(recording: Recording, bytesRead: number, rows: number): void {
    if (this.#current !== recording) {
      this.#doneBytes += this.#current?.sizeBytes ?? 0;
      this.#current = recording;
    }
    const nowMs = this.#nowMs();
    if (this.#output.isTTY !== true || nowMs - this.#shownMs < rewriteMs) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    const seconds = Math.max(nowMs - this.#begunMs, 1) / 1_000;
    const file = this.#recordings.indexOf(recording) + 1;
    const parts = [
      `file ${file} of ${this.#recordings.length}`,
      `${rows} rows`,
      `${Math.round(rows / seconds)} rows/s`,
      ...this.#timeLeft(this.#doneBytes + bytesRead, seconds),
    ];
    this.#output.write(`${eraseLine}import: ${parts.join(", ")}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#output.write(eraseLine);
    this.#isShown = false;
  }

  #timeLeft(bytes: number, seconds: number): readonly string[] {
    // The length of a stream is not known.
    if (this.#recordings.some(({ input }) => input !== undefined)) return [];
    const share = Math.min(1, bytes / Math.max(1, this.#totalBytes));
    if (share <= 0) return [];
    return [`${Math.floor(share * 100)} %`, `${durationWords(seconds / share - seconds)} left`];
  }

  #write(line: string): void {
    this.end();
    this.#output.write(`import: ${line}\n`);
  }
}

/** A time in words, to the second below a minute. */
function durationWords(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Percent of the rows that should have been used and were not. */
export function unusedPercent(figures: ImportFigures): number {
  const unused = figures.malformed + figures.tooOld;
  const used = usedRows(figures);
  return used + unused === 0 ? 100 : (unused * 100) / (used + unused);
}

function usedRows({
  tradesStored,
  tradesKnown,
  barsStored,
  barsKnown,
  barsEmpty,
}: ImportFigures): number {
  return tradesStored + tradesKnown + barsStored + barsKnown + barsEmpty;
}

/** What became of all rows, a line for each kind. */
export function importSummary(dataset: string, figures: ImportFigures, isStopped: boolean): string {
  const { tradesStored, tradesKnown, barsStored, barsKnown, barsEmpty } = figures;
  const stored = counted([
    [tradesStored, "trade stored", "trades stored"],
    [tradesKnown, "trade known already", "trades known already"],
    [barsStored, "minute stored", "minutes stored"],
    [barsKnown, "minute known already", "minutes known already"],
    [barsEmpty, "minute without trades", "minutes without trades"],
  ]);
  const unused = counted([
    [figures.malformed, "malformed row", "malformed rows"],
    [figures.tooOld, "row older than the dataset keeps", "rows older than the dataset keeps"],
    [
      figures.skipped,
      "row that is no trade of the market",
      "rows that are no trades of the market",
    ],
    [
      figures.filesFailed,
      "file that could not be read to its end",
      "files that could not be read to their end",
    ],
  ]);
  const all = stored.length === 0 ? "nothing was stored" : stored.join(", ");
  const not = unused.length === 0 ? "" : `; not used: ${unused.join(", ")}`;
  const end = isStopped ? "; interrupted: run it again to go on" : "";
  return `${dataset}: ${all}${not}${end}`;
}

/** What there is of each kind, in words; what there is none of is left out. */
function counted(kinds: readonly (readonly [count: number, one: string, several: string])[]) {
  return kinds
    .filter(([count]) => count > 0)
    .map(([count, one, several]) => `${count} ${count === 1 ? one : several}`);
}
