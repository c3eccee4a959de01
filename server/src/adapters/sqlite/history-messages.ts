/** What the history and its worker thread say to each other. */
import type { HistoryDigest } from "../../ports/history.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import type { HistoryRows } from "./history-rows.ts";
import type { StoreFault } from "./store-error.ts";

/** From the history to its worker. */
export type ToWorker =
  | { readonly kind: "store"; readonly rows: HistoryRows }
  /** Somebody waits for what was posted so far. */
  | { readonly kind: "commit" }
  /** Answered with one `digest`, in the order of the questions. */
  | { readonly kind: "digest" }
  | { readonly kind: "close" };

/** What the worker says first. */
export type WorkerStart =
  | { readonly kind: "opened"; readonly lastSequence: number }
  | { readonly kind: "refused"; readonly fault: StoreFault; readonly message: string };

/** What the worker says once the file is open. */
export type FromWorker =
  /** Everything up to this sequence is stored. */
  | { readonly kind: "stored"; readonly lastSequence: number }
  /** What was not reported as stored never will be. */
  | { readonly kind: "failed"; readonly failure: StorageFailure }
  | { readonly kind: "digest"; readonly digest: HistoryDigest | StorageFailure };
