/**
 * Keeps the account of one file's lines: reports the malformed ones up to a bound, counts all, and
 * says when a file is not what it claims to be. It never decides what happens next.
 */
import type { FeedContext } from "../ports/feed.ts";
import { notMarket, type RowFault } from "./map.ts";

/** Malformed lines of one file that are reported one by one; the others are one line at its end. */
export const malformedReportsMax = 20;

/** A file whose first data lines are all malformed, this many of them, is of another format. */
export const malformedFromStartMax = 100;

/** Longest part of a file's own text that is shown in a message, in characters. */
const excerptLengthMax = 120;

/** A line that yielded no trade. */
export interface BadLine {
  readonly lineNumber: number;
  readonly fault: RowFault;
  /** The line's text; empty where it was too long to keep. */
  readonly text: string;
}

/** What the account needs of the feed's context. */
export type ReportContext = Pick<FeedContext, "count" | "warn">;

/** The account of one file. */
export class FileReport {
  readonly #path: string;
  readonly #context: ReportContext;
  readonly #isQuiet: boolean;
  #good = 0;
  #malformed = 0;
  #leftOut = 0;
  #firstFault: string | undefined;

  /** A quiet report counts and does not warn: later laps of a loop repeat what is known. */
  constructor(path: string, context: ReportContext, isQuiet: boolean) {
    this.#path = path;
    this.#context = context;
    this.#isQuiet = isQuiet;
  }

  addGood(): void {
    this.#good += 1;
  }

  addBad(line: BadLine): void {
    if (line.fault === notMarket) {
      this.#leftOut += 1;
      this.#context.count("skipped", 1, `${this.#path}:${line.lineNumber}`);
      return;
    }
    this.#malformed += 1;
    this.#context.count("malformed", 1, `${this.#path}:${line.lineNumber}`);
    const text = line.text === "" ? "" : `: ${excerpt(line.text)}`;
    this.#firstFault ??= `line ${line.lineNumber}, ${line.fault}${text}`;
    if (this.#malformed <= malformedReportsMax) {
      this.#warn(`${this.#path}:${line.lineNumber}: skipped, ${line.fault}${text}`);
    }
  }

  /** Whether no line was good yet and enough were malformed to say that none will be. */
  get isHopeless(): boolean {
    return this.#isBad && this.#malformed >= malformedFromStartMax;
  }

  /**
   * Closes the account at the end of the file. The first fault is the answer when not one line was
   * good, undefined when the file was what it claims to be.
   */
  close(): string | undefined {
    if (this.#isBad) return this.#firstFault;
    const unreported = this.#malformed - malformedReportsMax;
    if (unreported > 0) this.#warn(`${this.#path}: … and ${unreported} more malformed lines`);
    if (this.#leftOut > 0) {
      const rows = this.#leftOut === 1 ? "1 row" : `${this.#leftOut} rows`;
      this.#warn(`${this.#path}: ${rows} left out, ${notMarket}`);
    }
    return undefined;
  }

  /** The first malformed line and what is wrong with it. */
  get firstFault(): string | undefined {
    return this.#firstFault;
  }

  get #isBad(): boolean {
    return this.#malformed > 0 && this.#good + this.#leftOut === 0;
  }

  /** Tells what of the file could not be read. */
  warn(fault: string): void {
    this.#warn(`${this.#path}: ${fault}`);
  }

  #warn(message: string): void {
    if (!this.#isQuiet) this.#context.warn(message);
  }
}

/** A part of a file's own text for a message: quoted, control characters escaped, cut to a bound. */
export function excerpt(line: string): string {
  const cut = line.length > excerptLengthMax ? `${line.slice(0, excerptLengthMax)}…` : line;
  return JSON.stringify(cut);
}
