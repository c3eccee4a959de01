/**
 * Start-up: the newest state snapshot that is valid, then the rest of the log. A snapshot that cannot
 * be used is skipped with a warning; a log that cannot be vouched for is not.
 */
import { assert } from "../core/assert.ts";
import { Exchange } from "../core/exchange.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { Log } from "../ports/log.ts";
import type { Released } from "../ports/released.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { Applier } from "./applier.ts";
import { decodeState, isStateFormat } from "./state-codec.ts";

/** What recovery works with. */
export interface RecoveryOptions {
  readonly log: Pick<CommandLog, "damage" | "epoch" | "lastSequence" | "read">;
  readonly snapshots: SnapshotStore;
  readonly report: Log;
  /** Snapshots newer than this are not used: somebody needs the events after it. */
  readonly eventsNeededFrom?: number;
  /** Shown the exchange as it is after each of these sequences that is replayed. */
  readonly visit?: {
    readonly sequences: ReadonlySet<number>;
    at(exchange: Exchange): void;
  };
  /** Receives what every replayed command did, in order. */
  replayed?(released: readonly Released[]): Promise<void> | undefined;
}

/** An exchange at the end of its log, or why there is none. */
export type Recovered =
  | {
      readonly kind: "recovered";
      readonly exchange: Exchange;
      /** Sequence of the snapshot that was used; 0 for none. */
      readonly fromSequence: number;
      /** Commands that were applied after it. */
      readonly replayedCount: number;
    }
  | {
      readonly kind: "damaged";
      readonly message: string;
      /** Nothing is damaged: a newer release has written what this one does not know. */
      readonly isNewer?: boolean;
    };

/** Recovers the exchange. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { log } = options;
  if (log.damage !== undefined) return { kind: "damaged", message: log.damage.message };
  const exchange = (await fromSnapshot(options)) ?? new Exchange();
  const fromSequence = exchange.sequence;
  const applier = new Applier(exchange);
  const { visit } = options;
  for await (const entry of log.read(fromSequence + 1)) {
    if (entry.kind === "damage") {
      return { kind: "damaged", message: entry.message, isNewer: entry.fault === "newer" };
    }
    const applied = applier.applyBatch(entry, ({ sequence }) => {
      if (visit?.sequences.has(sequence)) visit.at(exchange);
    });
    if ("kind" in applied) {
      return { kind: "damaged", message: applied.reason, isNewer: applied.isNewer };
    }
    await options.replayed?.(applied);
  }
  assert(exchange.sequence === log.lastSequence, "the whole log was replayed");
  return {
    kind: "recovered",
    exchange,
    fromSequence,
    replayedCount: exchange.sequence - fromSequence,
  };
}

async function fromSnapshot(options: RecoveryOptions): Promise<Exchange | undefined> {
  const { log, snapshots, report } = options;
  const newest = Math.min(log.lastSequence, options.eventsNeededFrom ?? log.lastSequence);
  const entries = await snapshots.list();
  if ("kind" in entries) {
    report.warn("state snapshots cannot be listed", { reason: entries.message });
    return undefined;
  }
  for (const { sequence } of entries) {
    if (sequence > newest) continue;
    const restored = await restoreFrom(sequence, options);
    if (restored instanceof Exchange) return restored;
    report.warn("state snapshot is skipped", { sequence, reason: restored });
  }
  return undefined;
}

async function restoreFrom(
  sequence: number,
  { log, snapshots }: RecoveryOptions,
): Promise<Exchange | string> {
  const snapshot = await snapshots.read(sequence);
  if (snapshot.kind === "damage") return snapshot.message;
  if (snapshot.epoch !== log.epoch) return "it belongs to another log";
  if (!isStateFormat(snapshot.format)) return `its format ${snapshot.format} is not known`;
  const state = decodeState(snapshot.state);
  if (state === undefined) return "its state cannot be read";
  const exchange = new Exchange();
  exchange.restore(state);
  return exchange;
}
