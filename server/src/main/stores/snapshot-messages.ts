/** What a thread that makes a snapshot is given, and what it says. */
import type { MessagePort } from "node:worker_threads";
import type { LogFields } from "../../ports/log.ts";
import type { SnapshotOutcome } from "../../ports/snapshot-maker.ts";

/** What it is given. */
export interface SnapshotOrder {
  /** Sequence of the last command in the snapshot. */
  readonly sequence: number;
  /** Where snapshots are. */
  readonly folder: string;
  readonly epoch: string;
  /** Reads the log through this port; `file` names it to the operator. */
  readonly port: MessagePort;
  readonly file: string;
}

/** What it says: lines for the log, and in the end what became of the snapshot. */
export type FromSnapshotWorker =
  | {
      readonly kind: "line";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly phrase: string;
      readonly fields: LogFields | undefined;
    }
  | { readonly kind: "outcome"; readonly outcome: SnapshotOutcome };
