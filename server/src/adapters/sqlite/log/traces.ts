/**
 * What says that a command log was here, or how far it went: the files beside it, and what was made
 * from it. While anything does, a log that is missing or shorter is never begun or gone on with.
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { bytesOf, isMade } from "../file/inspection.ts";
import { StoreError } from "../file/store-error.ts";
import { markFileOf, readMark } from "./mark.ts";

/** One file that knows of a log. */
export interface LogTrace {
  readonly file: string;
  /** Which log it knows and how far; undefined when it only tells that there was one. */
  readonly of?: { readonly epoch: string; readonly sequence: number } | undefined;
}

/** Raises a `StoreError` when the log is missing or empty while anything says that one was here. */
export function refuseLostLog(file: string, traces: readonly LogTrace[]): void {
  if (isMade(file)) return;
  const found = [...sideTraces(file), ...traces.map((trace) => trace.file)];
  if (found.length === 0) return;
  const state = existsSync(file) ? "empty" : "missing";
  throw new StoreError(
    "lost-log",
    `${file} is ${state}, but ${listed(found)} ${found.length === 1 ? "says" : "say"} that there was a log: put ${basename(file)} back as it was, with the -wal and .acknowledged that belong to it, or restore the data folder from a backup; to begin a new exchange, move ${dirname(file)} away. Nothing was changed`,
  );
}

/** The trace that knows most of the log of `epoch`, when it knows more than `lastSequence`. */
export function furthestTrace(
  traces: readonly LogTrace[],
  epoch: string,
  lastSequence: number,
): { readonly file: string; readonly sequence: number; readonly all: string } | undefined {
  const ahead = traces.flatMap(({ file, of }) =>
    of !== undefined && of.epoch === epoch && of.sequence > lastSequence
      ? [{ file, sequence: of.sequence }]
      : [],
  );
  ahead.sort((left, right) => right.sequence - left.sequence);
  const [first] = ahead;
  return first && { ...first, all: listed(ahead.map(({ file }) => file)) };
}

function sideTraces(file: string): readonly string[] {
  const parts = [`${file}-wal`, `${file}-shm`, `${file}-journal`].filter(
    (part) => bytesOf(part) > 0,
  );
  const markFile = markFileOf(file);
  const mark = readMark(markFile);
  const isTrace = mark === "damaged" || (mark !== undefined && mark.sequence > 0);
  return isTrace ? [...parts, markFile] : parts;
}

/** The first few names. */
function listed(files: readonly string[]): string {
  const shown = files.slice(0, 3);
  const more = files.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
