/** Snapshots in memory, newest first. */
import type {
  ReadSnapshot,
  Snapshot,
  SnapshotDamage,
  SnapshotStore,
} from "../ports/snapshot-store.ts";

/** Keeps all; those in `damaged` cannot be read. */
export class MemorySnapshots implements SnapshotStore {
  readonly kept: Snapshot[] = [];
  readonly damaged = new Set<number>();

  write: SnapshotStore["write"] = async (snapshot) => {
    this.kept.unshift(snapshot);
    return "stored";
  };

  async list() {
    return this.kept.map(({ sequence, state }) => ({ sequence, bytes: state.length }));
  }

  async read(sequence: number): Promise<ReadSnapshot | SnapshotDamage> {
    const found = this.kept.find((snapshot) => snapshot.sequence === sequence);
    if (found === undefined || this.damaged.has(sequence)) {
      return { kind: "damage", sequence, message: `snapshot ${sequence} is damaged` };
    }
    return { kind: "snapshot", ...found };
  }
}
