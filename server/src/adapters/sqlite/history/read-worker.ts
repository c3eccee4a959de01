/** The thread that reads the history's file: one query after another, cut to its page before it is sent. */
import { workerData } from "node:worker_threads";
import { StoreError } from "../file/store-error.ts";
import { type Answering, answerOwner } from "../thread/answering-thread.ts";
import type { FromReader, ToReader } from "./messages.ts";
import { openHistoryReader } from "./reader.ts";

type Query = Exclude<ToReader, "close">;

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
let work: Answering<Query, FromReader> | undefined;
const opened = answerOf(() => {
  const reader = openHistoryReader(file);
  work = {
    answer: (query) => answerOf(() => reader.read(query)),
    close: () => reader.close(),
  };
  return [];
});
answerOwner(opened, work);
