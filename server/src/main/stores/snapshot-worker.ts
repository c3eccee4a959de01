/** The thread that makes one state snapshot, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { openSnapshotStore } from "../../adapters/files/snapshot-store.ts";
import { LogReader } from "../../adapters/sqlite/log/reader.ts";
import { assert } from "../../core/assert.ts";
import type { Log, LogFields } from "../../ports/log.ts";
import type { SnapshotOutcome } from "../../ports/snapshot-maker.ts";
import { makeSnapshot } from "../../sequencer/snapshot-follower.ts";
import type { FromSnapshotWorker, SnapshotOrder } from "./snapshot-messages.ts";

assert(parentPort !== null, "snapshots are made in a thread of their own");
const parent = parentPort;

function post(message: FromSnapshotWorker): void {
  parent.postMessage(message);
}

const line =
  (level: keyof Log) =>
  (phrase: string, fields?: LogFields): void =>
    post({ kind: "line", level, phrase, fields });

const report: Log = {
  debug: line("debug"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
};

async function make(order: SnapshotOrder): Promise<SnapshotOutcome> {
  const { sequence, folder, epoch, port, file } = order;
  const reader = new LogReader(port, file);
  try {
    const opened = await openSnapshotStore({ folder });
    if (opened.kind === "failure") return { kind: "failed", message: opened.message };
    const log = { epoch, read: (from: number) => reader.read(from) };
    return await makeSnapshot({ log, snapshots: opened.store, sequence, report });
  } finally {
    reader.close();
  }
}

post({ kind: "outcome", outcome: await make(workerData as SnapshotOrder) });
