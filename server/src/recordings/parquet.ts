/**
 * Reads a Parquet file as the CSV that it might have been: a header and rows of texts. A thread of its own
 * unpacks it, a row group at a time, because that takes long in one piece; here is what asks it.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { UnpackError, type Unpacked } from "./stored-file.ts";

/** What the thread is to read. */
export interface ParquetOrder {
  readonly path: string;
}

/** What the thread answers each time it is asked for more. */
export type ParquetAnswer =
  | { readonly kind: "rows"; readonly text: Uint8Array; readonly share: number }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

/** Heap of the thread, in MiB: what a row group of the largest size that is read takes as values. */
const heapMax = 4_096;

/** Opens the rows of a Parquet file. */
export function openParquet(path: string, sizeBytes: number): Unpacked {
  let worker: Worker | undefined;
  let share = 0;
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        worker = startThread(path);
        for (;;) {
          const answer = await ask(worker);
          if (answer.kind === "end") return;
          if (answer.kind === "failed") throw new UnpackError(answer.reason);
          share = answer.share;
          yield Buffer.from(answer.text.buffer, answer.text.byteOffset, answer.text.byteLength);
        }
      },
    },
    bytesRead: () => Math.floor(sizeBytes * share),
    close() {
      void worker?.terminate();
    },
  };
}

function startThread(path: string): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const order: ParquetOrder = { path };
  return new Worker(new URL(`./parquet-thread.${extension}`, import.meta.url), {
    name: "parquet",
    workerData: order,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMax },
  });
}

async function ask(worker: Worker): Promise<ParquetAnswer> {
  worker.postMessage("more");
  try {
    const [answer] = (await once(worker, "message")) as [ParquetAnswer];
    return answer;
  } catch (error) {
    return {
      kind: "failed",
      reason: `its Parquet data cannot be read (${(error as Error).message})`,
    };
  }
}
