/**
 * The thread that writes the history's file. What it is told goes to its writer; it decides nothing else.
 */
import { StoreError } from "../file/store-error.ts";
import { serveStores } from "../thread/store-owner.ts";
import { OutdatedHistory } from "./error.ts";
import { type HistoryFile, type HistoryFileOptions, openHistoryFile } from "./file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { HistoryWriter, type HistoryWriterOwner } from "./writer.ts";

function open(options: HistoryFileOptions, owner: HistoryWriterOwner): HistoryFile | undefined {
  try {
    return openHistoryFile(options);
  } catch (error) {
    // What is no trouble with the file is a bug and ends the thread.
    if (!(error instanceof StoreError)) throw error;
    const outdatedAt = error instanceof OutdatedHistory ? error.lastSequence : undefined;
    owner.post({ kind: "refused", fault: error.fault, message: error.message, outdatedAt });
    return undefined;
  }
}

serveStores<HistoryFileOptions, ToWorker, WorkerStart | FromWorker>((options, owner) => {
  const history = open(options, owner);
  if (history === undefined) return undefined;
  owner.post({ kind: "opened", lastSequence: history.lastSequence });
  const writer = new HistoryWriter(history, owner);
  return (message) => writer.handle(message);
});
