/**
 * Makes a state snapshot from the newest one before it and the log, as a start recovers: with the same
 * code, and so to the same bytes as the exchange that trades would give.
 */
import type { Exchange } from "../core/exchange.ts";
import type { CommandLog, LogEntry } from "../ports/command-log.ts";
import type { Log } from "../ports/log.ts";
import type { SnapshotOutcome } from "../ports/snapshot-maker.ts";
import type { Snapshot, SnapshotStore } from "../ports/snapshot-store.ts";
import { recover } from "./recovery.ts";
import { encodeState, stateFormatOf } from "./state-codec.ts";

/** What a snapshot is made from. */
export interface FollowerOptions {
  readonly log: Pick<CommandLog, "epoch" | "read">;
  readonly snapshots: SnapshotStore;
  /** Of the last command that is part of it: durable, and the last one of its batch. */
  readonly sequence: number;
  readonly report: Log;
}

/** Makes the snapshot and stores it. */
export async function makeSnapshot(options: FollowerOptions): Promise<SnapshotOutcome> {
  const { log, snapshots, sequence, report } = options;
  const { epoch } = log;
  const part = {
    epoch,
    damage: undefined,
    lastSequence: sequence,
    read: (fromSequence: number) => readUpTo(options, fromSequence),
  };
  const recovered = await recover({ log: part, snapshots, report });
  if (recovered.kind === "damaged") return recovered;
  const stored = await snapshots.write(snapshotOf(recovered.exchange, epoch));
  return stored === "stored" ? { kind: "stored" } : { kind: "failed", message: stored.message };
}

/** The present state of an exchange as a snapshot of its log. It stands still meanwhile. */
export function snapshotOf(exchange: Exchange, epoch: string): Snapshot {
  const state = exchange.snapshot();
  const { sequence } = exchange;
  return { sequence, epoch, format: stateFormatOf(state), state: encodeState(state) };
}

async function* readUpTo(
  { log, sequence }: FollowerOptions,
  fromSequence: number,
): AsyncGenerator<LogEntry> {
  if (fromSequence > sequence) return;
  for await (const entry of log.read(fromSequence)) {
    yield entry;
    if (entry.kind === "damage" || entry.firstSequence + entry.count > sequence) return;
  }
}
