/** A snapshot store that holds nothing: recovery then begins with the first command. */
import type { SnapshotStore } from "../ports/snapshot-store.ts";

/** Keeps nothing and finds nothing. */
export const noSnapshots: SnapshotStore = {
  write: () => Promise.resolve("stored"),
  list: () => Promise.resolve([]),
  read: (sequence) => Promise.resolve({ kind: "damage", sequence, message: "nothing is kept" }),
};
