/**
 * Copies each snapshot that an engine makes to where all nodes can start from it. One that is not copied costs
 * time at the start of a node and nothing else. The engine that leads copies only what no standby does.
 */
import type { Log } from "../ports/log.ts";
import type { SnapshotMaker, SnapshotOutcome } from "../ports/snapshot-maker.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";

/** What it works with. */
export interface SharingSnapshotsOptions {
  readonly maker: SnapshotMaker;
  /** Where the maker stores them. */
  readonly local: Pick<SnapshotStore, "read">;
  readonly shared: SnapshotStore;
  /** Whether this engine leads now. */
  readonly leads: () => boolean;
  readonly log: Log;
}

/** A maker whose snapshots all nodes have. */
export class SharingSnapshots implements SnapshotMaker {
  readonly #options: SharingSnapshotsOptions;
  #sharing: Promise<void> = Promise.resolve();
  /** The newest one that is to be copied; one before it that has not begun is left out. */
  #due: number | undefined;
  /** The last one that was made here. */
  #before = -1;
  #isStopped = false;

  constructor(options: SharingSnapshotsOptions) {
    this.#options = options;
  }

  async make(sequence: number): Promise<SnapshotOutcome> {
    const outcome = await this.#options.maker.make(sequence);
    if (outcome.kind === "stored") {
      this.#due = sequence;
      this.#sharing = this.#sharing.then(() => this.#share());
    }
    return outcome;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#options.maker.stop();
    await this.#sharing;
  }

  /** Resolves when all that was made is copied, or is known not to be. */
  get shared(): Promise<void> {
    return this.#sharing;
  }

  async #share(): Promise<void> {
    const sequence = this.#due;
    if (sequence === undefined || this.#isStopped) return;
    this.#due = undefined;
    const before = this.#before;
    this.#before = sequence;
    const reason = await this.#copy(sequence, before);
    if (reason === undefined) return;
    this.#options.log.warn("a snapshot is not there for other nodes", { sequence, reason });
  }

  /** Why it could not be copied. */
  async #copy(sequence: number, before: number): Promise<string | undefined> {
    const { local, shared, leads } = this.#options;
    const listed = await shared.list();
    if ("kind" in listed) return listed.message;
    const newest = listed[0]?.sequence ?? -1;
    // A standby has copied one since this engine made its last: it does the work.
    const isElsewhere = leads() && before >= 0 && newest > before;
    if (newest >= sequence || isElsewhere) return undefined;
    const found = await local.read(sequence);
    if (found.kind === "damage") return found.message;
    const stored = await shared.write(found);
    return stored === "stored" ? undefined : stored.message;
  }
}
