/** The thread that reads the history's file: one query after another, cut to its page before it is sent. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";
import { StoreError } from "../file/store-error.ts";
import type { FromReader, ToReader } from "./messages.ts";
import { openHistoryReader } from "./reader.ts";

assert(parentPort !== null, "the history's reader runs as a worker thread");
const port = parentPort;

/** What work yields; what is no trouble with the file is a bug and ends the thread. */
function answerOf(work: () => readonly unknown[]): FromReader {
  try {
    return { kind: "rows", rows: work() };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: "failed", fault: error.fault, message: error.message };
  }
}

// Whoever starts this thread names the file; nobody else can.
const { file } = workerData as { readonly file: string };
const opened = answerOf(() => {
  const reader = openHistoryReader(file);
  port.on("message", (message: ToReader) => {
    if (message !== "close") {
      port.postMessage(answerOf(() => reader.read(message)));
      return;
    }
    reader.close();
    port.close();
  });
  return [];
});
port.postMessage(opened);
