/**
 * A small file beside the log that says how far it was acknowledged, so that an end that went missing
 * is noticed: SQLite itself takes a damaged or deleted write-ahead log for one that never was.
 * The mark may lag behind the log after a loss of power, and never runs ahead of it.
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import { privateFileMode, syncFolderOf } from "../../files/private-file.ts";

/** What a mark says. */
export interface Mark {
  readonly epoch: string;
  /** Last sequence that was acknowledged. */
  readonly sequence: number;
}

/** The mark that belongs to a log's file. */
export function markFileOf(logFile: string): string {
  return `${logFile}.acknowledged`;
}

/** Digits of the largest safe integer: every mark has the same length and fits one disk sector. */
const sequenceDigits = 16;

function formatMark({ epoch, sequence }: Mark): string {
  const text = `openbourse-log ${epoch} ${String(sequence).padStart(sequenceDigits, "0")}`;
  return `${text} ${crc32(text).toString(16).padStart(8, "0")}\n`;
}

const markPattern = /^openbourse-log ([0-9a-f]{32}) ([0-9]{16}) /;

/** Reads a mark: undefined when there is none, `damaged` when it is not one that we wrote. */
export function readMark(file: string): Mark | "damaged" | undefined {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    // A folder in its place.
    if (code === "EISDIR") return "damaged";
    throw error;
  }
  const [, epoch = "", digits = ""] = markPattern.exec(text) ?? [];
  const mark = { epoch, sequence: Number(digits) };
  return text === formatMark(mark) ? mark : "damaged";
}

/** A mark that is being kept up to date. Every method raises what the file system throws. */
export interface MarkWriter {
  /** Overwrites the mark in place; it outlives this process from then on. */
  write(sequence: number): void;
  /** Makes what was written outlive a loss of power too. */
  sync(): void;
  close(): void;
}

/** Opens the mark for writing, makes it when it is new, and sets it to `mark` durably. */
export function openMark(file: string, mark: Mark): MarkWriter {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT, privateFileMode);
  const write = (sequence: number): void => {
    writeSync(descriptor, formatMark({ epoch: mark.epoch, sequence }), 0, "latin1");
  };
  try {
    write(mark.sequence);
    fsyncSync(descriptor);
    syncFolderOf(file);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return {
    write,
    sync: () => fdatasyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}
