/**
 * Batches of an engine's own log as engines hand them to each other: what the shared log does not have any more.
 * They are checked where they come from, and again where they go to.
 */
import { batchCommandsMax, type CommandBatch } from "../ports/command-log.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";

/** Most batches of a page. */
export const pageBatchesMax = 4_096;

/** What a batch takes of a page besides its payload, at most, and what the rest takes, in bytes. */
export const headBytesMax = 96;
const restBytesMax = 64;

/** Bytes before the text of an answer. */
const lengthBytes = 4;

/** What is asked: the batches behind a command. */
export interface PageQuestion {
  /** Of the log. */
  readonly epoch: string;
  /** Sequence of the last command that is not asked for; it ends a batch. */
  readonly after: number;
  /** Most batches, 1 to {@link pageBatchesMax}. */
  readonly batchesMax: number;
}

/** Why an engine has no page: it does not have the batches, has no room for one in a message, is at work, or has another log. */
export type NoPage = "behind" | "too-large" | "busy" | "damaged" | "other-log";

/** What is answered: batches one after another from the first that was asked for. */
export type PageAnswer = readonly CommandBatch[] | NoPage;

const noPages: readonly unknown[] = ["behind", "too-large", "busy", "damaged", "other-log"];

/** Where engines answer, by the name of a cluster. Of several each question reaches one. */
export function pageSubject(cluster: string): string {
  return `${cluster}.log`;
}

/** See {@link pageSubject}. */
export const pageGroup = "log";

/** Bytes of payloads and heads that an answer has room for. */
export function pageRoom(bytesMax: number): number {
  return bytesMax - lengthBytes - restBytesMax;
}

/** Writes a question. */
export function encodeQuestion(question: PageQuestion): Uint8Array {
  return Buffer.from(toExactJson(question));
}

/** Reads a question; undefined for anything else. */
export function decodeQuestion(bytes: Uint8Array): PageQuestion | undefined {
  const told = fromExactJson(Buffer.from(bytes).toString("utf8"));
  if (typeof told !== "object" || told === null) return undefined;
  const { epoch, after, batchesMax } = told as Partial<PageQuestion>;
  if (typeof epoch !== "string" || !isCount(after) || !isCount(batchesMax)) return undefined;
  const isPage = batchesMax >= 1 && batchesMax <= pageBatchesMax;
  return isPage ? { epoch, after, batchesMax } : undefined;
}

/** Writes an answer: the length of a text, the text, and all payloads. */
export function encodeAnswer(answer: PageAnswer): Uint8Array {
  const heads =
    typeof answer === "string"
      ? answer
      : answer.map(({ firstSequence, count, timeUs, payload }) => [
          ...[firstSequence, count, timeUs, payload.length],
        ]);
  const text = Buffer.from(toExactJson(heads));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  const payloads = typeof answer === "string" ? [] : answer.map(({ payload }) => payload);
  return Buffer.concat([length, text, ...payloads]);
}

/** Reads an answer to what was asked behind a command; undefined for anything else. Payloads are views on it. */
export function decodeAnswer(bytes: Uint8Array, after: number): PageAnswer | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < lengthBytes) return undefined;
  const textEnd = lengthBytes + buffer.readUInt32BE(0);
  if (textEnd > buffer.length) return undefined;
  const told = fromExactJson(buffer.toString("utf8", lengthBytes, textEnd));
  if (noPages.includes(told)) return told as NoPage;
  if (!Array.isArray(told) || told.length === 0 || told.length > pageBatchesMax) return undefined;
  const batches: CommandBatch[] = [];
  let next = after + 1;
  let at = textEnd;
  for (const head of told) {
    if (!Array.isArray(head) || head.length !== 4 || !head.every(isCount)) return undefined;
    const [firstSequence, count, timeUs, length] = head as [number, number, number, number];
    const isNext = firstSequence === next && count >= 1 && count <= batchCommandsMax;
    if (!isNext || at + length > buffer.length) return undefined;
    const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
    batches.push({ firstSequence, count, timeUs, payload });
    next += count;
    at += length;
  }
  return at === buffer.length ? batches : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
