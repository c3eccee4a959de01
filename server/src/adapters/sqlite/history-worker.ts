/**
 * The thread that writes the history's file. What was posted while it was busy becomes one
 * transaction, which spares writing the same pages over and over. It decides nothing else.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { assert, ensureNever } from "../../core/assert.ts";
import { type HistoryFile, type HistoryFileOptions, openHistoryFile } from "./history-file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./history-messages.ts";
import { type HistoryRows, rowCount } from "./history-rows.ts";
import { StoreError } from "./store-error.ts";

/** A transaction takes no further message once it has this many rows. */
const transactionRowsMax = 50_000;

/** A transaction takes at most this many messages, however few rows they have. */
const transactionMessagesMax = 10_000;

assert(parentPort !== null, "the history's worker runs as a worker thread");
const port = parentPort;

function post(message: WorkerStart | FromWorker): void {
  port.postMessage(message);
}

/** The next message that has already arrived. */
function nextMessage(): ToWorker | undefined {
  return receiveMessageOnPort(port)?.message;
}

function serve(history: HistoryFile): void {
  port.on("message", (first: ToWorker) => {
    let message: ToWorker | undefined = first;
    while (message !== undefined) message = handle(history, message) ?? nextMessage();
  });
}

/** Handles a message; returns one that it has taken from the queue and not handled. */
function handle(history: HistoryFile, message: ToWorker): ToWorker | undefined {
  switch (message.kind) {
    case "store":
      return store(history, message.rows);
    case "digest":
      post({ kind: "digest", digest: history.digest() });
      return undefined;
    case "close":
      history.close();
      port.close();
      return undefined;
    default:
      return ensureNever(message);
  }
}

function store(history: HistoryFile, first: HistoryRows): ToWorker | undefined {
  const batch = [first];
  let rows = rowCount(first);
  let following: ToWorker | undefined;
  while (rows < transactionRowsMax && batch.length < transactionMessagesMax) {
    following = nextMessage();
    if (following?.kind !== "store") break;
    batch.push(following.rows);
    rows += rowCount(following.rows);
    following = undefined;
  }
  const failure = history.store(batch);
  if (failure === undefined) post({ kind: "stored", lastSequence: history.lastSequence });
  else post({ kind: "failed", failure });
  return following;
}

function open(options: HistoryFileOptions): HistoryFile | undefined {
  try {
    return openHistoryFile(options);
  } catch (error) {
    // What is no trouble with the file is a bug and ends the thread.
    if (!(error instanceof StoreError)) throw error;
    post({ kind: "refused", fault: error.fault, message: error.message });
    return undefined;
  }
}

// Whoever starts this thread gives it the options; nobody else can.
const history = open(workerData as HistoryFileOptions);
if (history !== undefined) {
  post({ kind: "opened", lastSequence: history.lastSequence });
  serve(history);
}
