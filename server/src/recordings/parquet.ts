/**
 * Reads a Parquet file as the CSV that it might have been: a header and rows of texts. A thread unpacks it, a
 * row group at a time, because that takes long in one piece; here is what asks it. One thread reads all files,
 * and stays: of one that ended the engine gives the memory back in one piece, on the main thread (ADR 0049).
 */
import { Worker } from "node:worker_threads";
import { wordsOf } from "../core/words-of.ts";
import { UnpackError, type Unpacked } from "./stored-file.ts";

/** What the thread is told; files are numbered by who asks. */
export type ParquetOrder =
  | { readonly kind: "open"; readonly file: number; readonly path: string }
  | { readonly kind: "more" | "close"; readonly file: number };

/** What the thread answers each time it is asked for more. */
export type ParquetAnswer =
  | { readonly kind: "rows"; readonly text: Uint8Array; readonly share: number }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

/** An answer, and for which file. */
export interface ParquetReply {
  readonly file: number;
  readonly answer: ParquetAnswer;
}

/** Heap of the thread, in MiB: what row groups of the largest size that is read take as values, of two files. */
const heapMax = 8_192;

/** Opens the rows of a Parquet file. */
export function openParquet(path: string, sizeBytes: number): Unpacked {
  let opened: { readonly thread: ParquetThread; readonly file: number } | undefined;
  let share = 0;
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        const thread = runningThread();
        const file = thread.open(path);
        opened = { thread, file };
        for (;;) {
          const answer = await thread.more(file);
          if (answer.kind === "end") return;
          if (answer.kind === "failed") throw new UnpackError(answer.reason);
          share = answer.share;
          yield Buffer.from(answer.text.buffer, answer.text.byteOffset, answer.text.byteLength);
        }
      },
    },
    bytesRead: () => Math.floor(sizeBytes * share),
    close: () => opened?.thread.close(opened.file),
  };
}

let running: ParquetThread | undefined;

/** The thread of this process; another one where it has failed. */
function runningThread(): ParquetThread {
  if (running === undefined || running.hasEnded) running = new ParquetThread();
  return running;
}

/** The thread, and who waits for it. It keeps no process alive that waits for nothing of it. */
class ParquetThread {
  readonly #worker: Worker;
  /** Those that wait for rows, by their file: each asks for more when it has what it asked for. */
  readonly #waiting = new Map<number, (answer: ParquetAnswer) => void>();
  #lastFile = 0;
  #failure: string | undefined;

  constructor() {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`./parquet-thread.${extension}`, import.meta.url), {
      name: "parquet",
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMax },
    });
    this.#worker.unref();
    this.#worker.on("message", ({ file, answer }: ParquetReply) => this.#answer(file, answer));
    this.#worker.on("error", (error) => this.#end(wordsOf(error)));
    this.#worker.on("exit", () => this.#end("its thread has ended"));
  }

  /** Whether it answers nothing any more. */
  get hasEnded(): boolean {
    return this.#failure !== undefined;
  }

  /** The number of the file, which is read once it is asked for more. */
  open(path: string): number {
    this.#lastFile += 1;
    this.#tell({ kind: "open", file: this.#lastFile, path });
    return this.#lastFile;
  }

  more(file: number): Promise<ParquetAnswer> {
    if (this.#failure !== undefined) return Promise.resolve(unreadable(this.#failure));
    this.#tell({ kind: "more", file });
    this.#worker.ref();
    return new Promise((resolve) => this.#waiting.set(file, resolve));
  }

  /** Lets a file go, read to its end or not; who waits for more of it is told that there is none. */
  close(file: number): void {
    if (this.#failure === undefined) this.#tell({ kind: "close", file });
    this.#answer(file, { kind: "end" });
  }

  #tell(order: ParquetOrder): void {
    this.#worker.postMessage(order);
  }

  #answer(file: number, answer: ParquetAnswer): void {
    const resolve = this.#waiting.get(file);
    this.#waiting.delete(file);
    if (this.#waiting.size === 0) this.#worker.unref();
    resolve?.(answer);
  }

  #end(reason: string): void {
    this.#failure ??= reason;
    for (const file of [...this.#waiting.keys()]) this.#answer(file, unreadable(this.#failure));
  }
}

function unreadable(reason: string): ParquetAnswer {
  return { kind: "failed", reason: `its Parquet data cannot be read (${reason})` };
}
