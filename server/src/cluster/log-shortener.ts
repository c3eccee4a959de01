/**
 * Looks every few seconds how long the shared log is, and what keeps it so; the engine that leads shortens it. What
 * it leaves out is durable in its own log, and a snapshot that all can start from lies behind it.
 */
import type { Clock } from "../ports/clock.ts";
import type { SharedLogStatus } from "../ports/cluster-control.ts";
import type { Log } from "../ports/log.ts";
import type { SharedLog } from "../ports/shared-log.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { everyUnlessBusy } from "../ports/timers.ts";
import { type NodeNeed, shorteningOf } from "./shortening.ts";

/** Between two looks, in milliseconds. */
export const lookEveryMs = 10_000;

/** A snapshot is asked for where none has come for so long, or as long as commands are kept where that is longer; in milliseconds. */
const snapshotAfterMs = 3_600_000;

/** What is shortened, and what for. */
export interface LogShortenerOptions {
  readonly node: string;
  readonly shared: SharedLog;
  /** Those that all nodes can start from. */
  readonly snapshots: Pick<SnapshotStore, "list">;
  readonly clock: Clock;
  readonly log: Log;
  /** What is younger is kept, in milliseconds. */
  readonly keepMs: number;
  /** Size of the log up to which nodes are waited for that lack something of it. */
  readonly waitBytesMax: number;
  /** Whether this node leads now. */
  readonly leads: () => boolean;
  /** Last command that is durable in its own log. */
  readonly own: () => number;
  /** All nodes; undefined where this one does not know them. */
  readonly nodes: () => readonly NodeNeed[] | undefined;
  /** Has a snapshot made. */
  readonly wantSnapshot: () => void;
}

/** Keeps the log as short as it may be. */
export class LogShortener {
  readonly #options: LogShortenerOptions;
  #looking: Promise<void> = Promise.resolve();
  #status: SharedLogStatus | undefined;
  #snapshot: number | undefined;
  /** When that has changed, or another was asked for. */
  #snapshotMs: number;
  #leftBehind = "";
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(options: LogShortenerOptions) {
    this.#options = options;
    this.#snapshotMs = options.clock.monotonicMs();
  }

  /** What was found last; undefined before. */
  get status(): SharedLogStatus | undefined {
    return this.#status;
  }

  /** Looks from now on. */
  start(): void {
    this.#cancel = everyUnlessBusy(this.#options.clock, lookEveryMs, () => this.look());
  }

  /** Looks once; resolves when that is done. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { node, shared, snapshots, clock, keepMs, waitBytesMax, ...asked } = this.#options;
    if (this.#isStopped) return;
    const looked = [shared.start(), shared.bytes(), snapshots.list()] as const;
    const [start, bytes, listed] = await Promise.all(looked);
    // Next time it is told.
    if ("kind" in start || typeof bytes !== "number" || "kind" in listed) return;
    const nodes = asked.nodes();
    const begins = start.lastSequence;
    if (nodes === undefined) {
      this.#status = { begins, bytes, heldBy: undefined, leftBehind: [] };
      return;
    }
    const snapshot = listed[0]?.sequence;
    const others = nodes.filter((other) => other.node !== node);
    const found = shorteningOf({
      ...{ own: asked.own(), snapshot, nodes: others, bytes, waitBytesMax },
    });
    if (!asked.leads()) {
      this.#status = { begins, bytes, ...this.#told(begins, found) };
      return;
    }
    this.#wantSnapshot(snapshot);
    const untilUs = clock.nowUs() - keepMs * 1_000;
    const shortened = await shared.shorten(found.sequence, untilUs);
    if ("kind" in shortened) return;
    this.#status = {
      ...{ begins: shortened.lastSequence, bytes },
      ...this.#told(shortened.lastSequence, found),
    };
    this.#warn(found.leftBehind);
  }

  #told(begins: number, { sequence, heldBy, leftBehind }: ReturnType<typeof shorteningOf>) {
    const { keepMs } = this.#options;
    const isYoung = keepMs > 0 && begins < sequence;
    const hours = Math.round(keepMs / 3_600) / 1_000;
    return {
      heldBy: isYoung ? `commands of the last ${hours} h are kept (cluster.keepLogHours)` : heldBy,
      leftBehind,
    };
  }

  #wantSnapshot(newest: number | undefined): void {
    const { clock, keepMs, own, wantSnapshot } = this.#options;
    const nowMs = clock.monotonicMs();
    const isOld = nowMs - this.#snapshotMs >= Math.max(keepMs, snapshotAfterMs);
    if (newest === this.#snapshot && !isOld) return;
    // Of a log in which nothing has happened since there is nothing new to be made.
    if (newest === this.#snapshot && newest !== own()) wantSnapshot();
    this.#snapshot = newest;
    this.#snapshotMs = nowMs;
  }

  #warn(leftBehind: readonly string[]): void {
    const { log } = this.#options;
    const names = leftBehind.join(", ");
    if (names !== "" && names !== this.#leftBehind) {
      log.warn("the cluster's log is not kept any longer for nodes that are behind", {
        nodes: names,
        remedy: "an engine takes what it lacks from another engine when it starts",
      });
    }
    this.#leftBehind = names;
  }
}
