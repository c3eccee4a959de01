/** The thread that reads the history's file: one query after another, cut to its page before it is sent. */
import { StoreError } from "../file/store-error.ts";
import { type Answering, answerOwners } from "../thread/answering-thread.ts";
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

answerOwners<{ readonly file: string }, Query, FromReader>(({ file }) => {
  let work: Answering<Query, FromReader> | undefined;
  const first = answerOf(() => {
    const reader = openHistoryReader(file);
    work = {
      answer: (query) => answerOf(() => reader.read(query)),
      close: () => reader.close(),
    };
    return [];
  });
  return { first, work };
});
