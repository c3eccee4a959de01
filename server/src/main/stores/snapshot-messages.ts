/** What the process and the thread that make snapshots are given, and what they say. */
import type { MessagePort } from "node:worker_threads";
import type { Chunk } from "../../adapters/sqlite/log/reader.ts";
import type { ReadCursor } from "../../adapters/sqlite/log/rows.ts";
import type { LogFields } from "../../ports/log.ts";
import type { SnapshotOutcome } from "../../ports/snapshot-maker.ts";

/** What the thread is given. */
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

/** What the thread says: lines for the log, and in the end what became of the snapshot. */
export type FromSnapshotWorker =
  | {
      readonly kind: "line";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly phrase: string;
      readonly fields: LogFields | undefined;
    }
  | { readonly kind: "outcome"; readonly outcome: SnapshotOutcome };

/** What the server tells the process. */
export type ToSnapshotProcess =
  | {
      readonly kind: "make";
      readonly order: Omit<SnapshotOrder, "port">;
      /** Largest heap of the thread, in MiB. */
      readonly heapMax: number;
    }
  /** A part of the log, as it was asked for. */
  | Chunk
  /** The log was closed: it is read no further. */
  | { readonly kind: "log-closed" };

/** What the process says to the server: what its thread says, and what that wants to read. */
export type FromSnapshotProcess =
  | FromSnapshotWorker
  | { readonly kind: "read"; readonly from: ReadCursor | number };
