/**
 * Reading a log whose file belongs to another thread: by asking that thread for one chunk after the
 * other, ahead by one, so that it reads while the caller works.
 */
import type { MessagePort } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";
import type { LogEntry } from "../../../ports/command-log.ts";
import { type FromWorker, packBatches, unpackBatches } from "./messages.ts";
import { logDamage, type ReadCursor } from "./rows.ts";

/** Some batches, as the thread hands them over. */
export type Chunk = Extract<FromWorker, { kind: "chunk" }>;

/** Asks for the chunk at a place; a number asks for the batch that holds this sequence. */
export type Ask = (from: ReadCursor | number) => Promise<Chunk>;

/** Yields what is durable, and damage as the last entry, until `isOver` says so. */
export async function* readEntries(
  ask: Ask,
  fromSequence: number,
  isOver: () => boolean,
): AsyncGenerator<LogEntry, void, undefined> {
  let following: Promise<Chunk> | undefined = isOver() ? undefined : ask(fromSequence);
  while (following !== undefined) {
    const chunk: Chunk = await following;
    following = chunk.next === undefined || isOver() ? undefined : ask(chunk.next);
    for (const batch of unpackBatches(chunk.packed)) yield { kind: "batch", ...batch };
    if (chunk.damage !== undefined && !isOver()) yield chunk.damage;
  }
}

/** The answer where a chunk cannot be read. */
export function unreadable(file: string, from: ReadCursor | number, detail: string): Chunk {
  const sequence = typeof from === "number" ? from : from.nextSequence;
  const damage = logDamage({ file, fault: "unreadable", sequence, detail });
  return { kind: "chunk", packed: packBatches([]), next: undefined, damage };
}

/** Reads a log through a port that its owner gave away, in any thread. */
export class LogReader {
  readonly #port: MessagePort;
  readonly #file: string;
  #question: { readonly from: ReadCursor | number; answer(chunk: Chunk): void } | undefined;
  #isClosed = false;

  /** `file` is named where something is wrong with it. */
  constructor(port: MessagePort, file: string) {
    this.#port = port;
    this.#file = file;
    port.on("message", (chunk: Chunk) => this.#answer(chunk));
    port.on("close", () => {
      this.#isClosed = true;
      if (this.#question !== undefined) this.#answer(this.#closedAt(this.#question.from));
    });
  }

  /** As `CommandLog.read`, but one read at a time. A log that is closed meanwhile cannot be read. */
  read(fromSequence: number): AsyncIterable<LogEntry> {
    return readEntries(
      (from) => this.#ask(from),
      fromSequence,
      () => false,
    );
  }

  /** Lets the log know that nothing more is read. */
  close(): void {
    this.#port.close();
  }

  #ask(from: ReadCursor | number): Promise<Chunk> {
    assert(this.#question === undefined, "one question is asked at a time");
    if (this.#isClosed) return Promise.resolve(this.#closedAt(from));
    return new Promise((answer) => {
      this.#question = { from, answer };
      this.#port.postMessage(from);
    });
  }

  #answer(chunk: Chunk): void {
    const question = this.#question;
    this.#question = undefined;
    question?.answer(chunk);
  }

  #closedAt(from: ReadCursor | number): Chunk {
    return unreadable(this.#file, from, "it was closed while it was read");
  }
}
