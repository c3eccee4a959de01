/**
 * Reads the trades of one recording in the order of its lines. Lines that hold none go to the file's
 * report; a file that is not of the format ends with a failure that says what to do.
 */
import type { RecordingFormat } from "./format.ts";
import { openTable, type Table } from "./formats.ts";
import { likelyFormat } from "./likely-format.ts";
import type { Line } from "./line-splitter.ts";
import type { RecordedTrade, RowFault } from "./map.ts";
import { type LineBlock, type RecordingFailure, readRecording } from "./recording.ts";
import { FileReport, type ReportContext } from "./report.ts";
import type { Recording } from "./stored-file.ts";

/** Lines that are kept of a file to guess its format by. */
const sampleLines = 4;

/** The trades of one block of lines; a block may hold none. */
export interface TradeBlock {
  readonly kind: "trades";
  readonly trades: readonly RecordedTrade[];
  /** Bytes of the file as stored that have been read so far. */
  readonly bytesRead: number;
}

/** What reading one file needs. */
export interface TradeFileOptions {
  readonly recording: Recording;
  readonly format: RecordingFormat;
  readonly context: ReportContext;
  /** Whether lines are counted without being reported. */
  readonly isQuiet: boolean;
}

/** Reads one file from its start; the last item is a failure when the file is unusable. */
export async function* readTrades(
  options: TradeFileOptions,
): AsyncGenerator<TradeBlock | RecordingFailure, void> {
  const { recording } = options;
  const report = new FileReport(recording.path, options.context, options.isQuiet);
  const reader = new TradeReader(options.format, report);
  for await (const block of readRecording(recording)) {
    if (block.kind === "failed") {
      yield block;
      return;
    }
    const trades = reader.read(block);
    yield { kind: "trades", trades, bytesRead: block.bytesRead };
    if (reader.refusal !== undefined) {
      yield notOfFormat(options, reader.refusal, reader.sample);
      return;
    }
  }
  const refusal = reader.close();
  if (refusal !== undefined) yield notOfFormat(options, refusal, reader.sample);
}

function notOfFormat(
  { recording, format }: TradeFileOptions,
  found: string,
  sample: readonly string[],
): RecordingFailure {
  const remedy =
    likelyFormat(sample, format.kind) ??
    "Set the format that fits, or describe the columns with format csv or ndjson";
  const reason = `cannot read ${recording.path}: it is not a file of format ${format.kind}: ${found}. ${remedy}`;
  return { kind: "failed", reason };
}

/** Turns lines into trades; the first line that is not blank decides how. */
class TradeReader {
  readonly #format: RecordingFormat;
  readonly #report: FileReport;
  #table: Table | undefined;
  #refusal: string | undefined;
  /** The first lines that are not blank, to guess by what the file is. */
  readonly sample: string[] = [];

  constructor(format: RecordingFormat, report: FileReport) {
    this.#format = format;
    this.#report = report;
  }

  /** Why the file is not of the format, as far as it was read; undefined while it may be. */
  get refusal(): string | undefined {
    return this.#refusal ?? (this.#report.isHopeless ? this.#report.firstFault : undefined);
  }

  /** The trades of a block; stops early when the file turns out to be of another format. */
  read({ lines, firstLineNumber }: LineBlock): RecordedTrade[] {
    const trades: RecordedTrade[] = [];
    for (let at = 0; at < lines.length && this.refusal === undefined; at += 1) {
      const line = lines[at];
      if (line === "") continue;
      if (this.sample.length < sampleLines && line !== undefined) this.sample.push(line);
      const row = this.#readLine(line, firstLineNumber + at);
      if (typeof row === "object") {
        trades.push(row);
        this.#report.addGood();
      } else if (row !== undefined) {
        this.#report.addBad({ lineNumber: firstLineNumber + at, fault: row, text: line ?? "" });
      }
    }
    return trades;
  }

  /** Closes the account of a file that was read to its end; the answer is as for `refusal`. */
  close(): string | undefined {
    return this.#table === undefined ? "it holds no line of text" : this.#report.close();
  }

  /** What a line holds; undefined for a header. */
  #readLine(line: Line, lineNumber: number): RecordedTrade | RowFault | undefined {
    if (line === undefined) return "line too long";
    if (this.#table !== undefined) return this.#table.readRow(line, lineNumber);
    const table = openTable(this.#format, line);
    if (typeof table === "string") {
      this.#refusal = table;
      return undefined;
    }
    this.#table = table;
    return table.hasHeader ? undefined : table.readRow(line, lineNumber);
  }
}
