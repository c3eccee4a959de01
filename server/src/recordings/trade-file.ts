/**
 * Reads the rows of one recording, trades or bars, in the order of its lines. Lines that hold none go to
 * the file's report; a file that is not of the format ends with a failure that says what to do.
 */
import { openBarTable } from "./bar-formats.ts";
import type { RecordedBar } from "./bar-map.ts";
import { type FileFormat, isOfBars } from "./format.ts";
import { openTable } from "./formats.ts";
import { type SettledFormat, settleFormat } from "./guess.ts";
import { likelyFormat } from "./likely-format.ts";
import type { Line } from "./line-splitter.ts";
import type { RecordedTrade, RowFault } from "./map.ts";
import { type LineBlock, type RecordingFailure, readRecording } from "./recording.ts";
import { FileReport, type ReportContext } from "./report.ts";
import type { Recording } from "./stored-file.ts";

/** Lines that are kept of a file to guess its format by. */
const sampleLines = 20;

/** Lines that wait for that, blank ones among them. */
const waitingLinesMax = 10_000;

/** The trades of one block of lines; a block may hold none. */
export interface TradeBlock {
  readonly kind: "trades";
  readonly trades: readonly RecordedTrade[];
  /** Bytes of the file as stored that have been read so far. */
  readonly bytesRead: number;
}

/** The bars of one block of lines. */
export interface BarBlock {
  readonly kind: "bars";
  readonly bars: readonly RecordedBar[];
  readonly bytesRead: number;
}

/** What reading one file needs. */
export interface TradeFileOptions {
  readonly recording: Recording;
  readonly format: FileFormat;
  readonly context: ReportContext;
  /** Whether lines are counted without being reported. */
  readonly isQuiet: boolean;
  /** Told the format once it is settled. */
  readonly settled?: (format: SettledFormat) => void;
}

/** Reads the trades of one file from its start; the last item is a failure when the file is unusable. */
export async function* readTrades(
  options: TradeFileOptions,
): AsyncGenerator<TradeBlock | RecordingFailure, void> {
  for await (const block of readRows(options)) {
    if (block.kind !== "bars") {
      yield block;
      continue;
    }
    const { path } = options.recording;
    const reason = `cannot read ${path}: it holds bars, not trades; openbourse import takes them`;
    yield { kind: "failed", reason };
    return;
  }
}

/** Reads one file from its start; the last item is a failure when the file is unusable. */
export async function* readRows(
  options: TradeFileOptions,
): AsyncGenerator<TradeBlock | BarBlock | RecordingFailure, void> {
  const { recording } = options;
  const report = new FileReport(recording.path, options.context, options.isQuiet);
  const reader = new RowReader(options, report);
  let bytesRead = 0;
  for await (const block of readRecording(recording)) {
    if (block.kind === "failed") {
      yield { ...reader.rest(), bytesRead };
      yield block;
      return;
    }
    bytesRead = block.bytesRead;
    yield { ...reader.read(block), bytesRead };
    for (const fault of block.faults ?? []) report.warn(fault);
    if (reader.refusal !== undefined) {
      yield notOfFormat(options, reader.refusal, reader.sample);
      return;
    }
  }
  yield { ...reader.rest(), bytesRead };
  const refusal = reader.refusal ?? reader.close();
  if (refusal !== undefined) yield notOfFormat(options, refusal, reader.sample);
}

function notOfFormat(
  { recording, format }: TradeFileOptions,
  found: string,
  sample: readonly string[],
): RecordingFailure {
  const { path } = recording;
  if (format.kind === "auto") return { kind: "failed", reason: `cannot read ${path}: ${found}` };
  const remedy =
    likelyFormat(sample, format.kind) ??
    "Set the format that fits, or describe the columns with format csv or ndjson";
  const reason = `cannot read ${path}: it is not a file of format ${format.kind}: ${found}. ${remedy}`;
  return { kind: "failed", reason };
}

type Rows = Omit<TradeBlock, "bytesRead"> | Omit<BarBlock, "bytesRead">;

/** How lines are read, whichever they hold. */
interface AnyTable {
  readonly holds: "trades" | "bars";
  readonly hasHeader: boolean;
  readRow(line: string, lineNumber?: number): RecordedTrade | RecordedBar | RowFault;
}

/** Turns lines into rows; the first line that is not blank decides how. */
class RowReader {
  readonly #options: TradeFileOptions;
  readonly #report: FileReport;
  #table: AnyTable | undefined;
  #refusal: string | undefined;
  /** The first lines that are not blank, to guess by what the file is. */
  readonly sample: string[] = [];
  /** Lines from the first on, until there are enough to tell what they are. */
  #waiting: Line[] = [];

  constructor(options: TradeFileOptions, report: FileReport) {
    this.#options = options;
    this.#report = report;
  }

  /** Why the file is not of the format, as far as it was read; undefined while it may be. */
  get refusal(): string | undefined {
    return this.#refusal ?? (this.#report.isHopeless ? this.#report.firstFault : undefined);
  }

  /** The rows of a block; stops early when the file turns out to be of another format. */
  read({ lines, firstLineNumber }: LineBlock): Rows {
    const isSettled = this.#table !== undefined || this.#options.format.kind !== "auto";
    this.#sampleOf(lines);
    if (isSettled) return this.#rowsOf(lines, firstLineNumber);
    // What a file holds is guessed from its first lines, not from the first that happen to be there.
    for (const line of lines) this.#waiting.push(line);
    const isEnough = this.sample.length === sampleLines || this.#waiting.length > waitingLinesMax;
    return isEnough ? this.rest() : this.#rowsOf([], 1);
  }

  /** The rows of lines that wait to be understood: nothing more comes to understand them by. */
  rest(): Rows {
    const lines = this.#waiting;
    this.#waiting = [];
    return this.#rowsOf(lines, 1);
  }

  #rowsOf(lines: readonly Line[], firstLineNumber: number): Rows {
    const rows: (RecordedTrade | RecordedBar)[] = [];
    for (let at = 0; at < lines.length && this.refusal === undefined; at += 1) {
      const line = lines[at];
      if (line === "") continue;
      const row = this.#readLine(line, firstLineNumber + at);
      if (typeof row === "object") {
        rows.push(row);
        this.#report.addGood();
      } else if (row !== undefined) {
        this.#report.addBad({ lineNumber: firstLineNumber + at, fault: row, text: line ?? "" });
      }
    }
    // A table yields rows of the one kind that it holds.
    return this.#table?.holds === "bars"
      ? { kind: "bars", bars: rows as RecordedBar[] }
      : { kind: "trades", trades: rows as RecordedTrade[] };
  }

  /** Closes the account of a file that was read to its end; the answer is as for `refusal`. */
  close(): string | undefined {
    return this.#table === undefined ? "it holds no line of text" : this.#report.close();
  }

  #sampleOf(lines: readonly Line[]): void {
    for (const line of lines) {
      if (this.sample.length === sampleLines) return;
      if (line !== undefined && line !== "") this.sample.push(line);
    }
  }

  /** What a line holds; undefined for a header. */
  #readLine(line: Line, lineNumber: number): RecordedTrade | RecordedBar | RowFault | undefined {
    if (line === undefined) return "line too long";
    if (this.#table !== undefined) return this.#table.readRow(line, lineNumber);
    const table = this.#open(line);
    if (typeof table === "string") {
      this.#refusal = table;
      return undefined;
    }
    this.#table = table;
    return table.hasHeader ? undefined : table.readRow(line, lineNumber);
  }

  #open(line: string): AnyTable | string {
    const { format, settled } = this.#options;
    const settledFormat = format.kind === "auto" ? settleFormat(format, this.sample) : format;
    if (typeof settledFormat === "string") return settledFormat;
    const table = openAny(settledFormat, line);
    if (typeof table === "object") settled?.(settledFormat);
    return table;
  }
}

function openAny(format: SettledFormat, line: string): AnyTable | string {
  if (isOfBars(format)) {
    const table = openBarTable(format, line);
    return typeof table === "string" ? table : { holds: "bars", ...table };
  }
  const table = openTable(format, line);
  return typeof table === "string" ? table : { holds: "trades", ...table };
}
