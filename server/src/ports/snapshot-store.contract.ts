/** What every snapshot store must do, whatever it keeps snapshots in. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Snapshot, SnapshotStore } from "./snapshot-store.ts";

/** A snapshot whose state is told by its sequence. */
export function snapshotAt(sequence: number, bytes = 1_000): Snapshot {
  const state = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 1) state[at] = sequence + at * 31;
  return { sequence, epoch: "e".repeat(32), format: "exchange-1", state };
}

/** Sequences of what is stored, newest first. */
export async function sequencesOf(store: SnapshotStore): Promise<readonly number[]> {
  const listed = await store.list();
  if ("kind" in listed) throw new Error(listed.message);
  return listed.map((entry) => entry.sequence);
}

/** Runs the suite against the stores that `open` makes; each must be new, empty, and keep three. */
export function snapshotStoreContract(name: string, open: () => Promise<SnapshotStore>): void {
  describe(`${name} as a snapshot store`, () => {
    let store: SnapshotStore;
    beforeEach(async () => {
      store = await open();
    });

    it("starts empty", async () => {
      expect(await store.list()).toEqual([]);
      expect(await store.read(1)).toMatchObject({ kind: "damage", sequence: 1 });
    });

    it.each([0, 1, 511, 512, 5_000_000])("gives back a state of %i bytes", async (bytes) => {
      const snapshot = snapshotAt(7, bytes);

      expect(await store.write(snapshot)).toBe("stored");
      const found = await store.read(7);

      // A comparison by element would take long for millions of them.
      expect(found.kind === "snapshot" && Buffer.compare(found.state, snapshot.state)).toBe(0);
      expect({ ...found, state: undefined }).toEqual({
        ...snapshot,
        kind: "snapshot",
        state: undefined,
      });
    });

    it("keeps the newest three, newest first, in whatever order they come", async () => {
      for (const sequence of [20, 5, 0, 1_000, 9]) await store.write(snapshotAt(sequence));

      expect(await sequencesOf(store)).toEqual([1_000, 20, 9]);
      expect(await store.read(5)).toMatchObject({ kind: "damage", sequence: 5 });
    });

    it("keeps sequences up to the largest safe integer", async () => {
      await store.write(snapshotAt(Number.MAX_SAFE_INTEGER));

      expect(await sequencesOf(store)).toEqual([Number.MAX_SAFE_INTEGER]);
      expect(await store.read(Number.MAX_SAFE_INTEGER)).toMatchObject({ kind: "snapshot" });
    });

    it("replaces a snapshot of the same sequence", async () => {
      await store.write(snapshotAt(7));
      await store.write({ ...snapshotAt(7, 10), format: "exchange-2" });

      expect(await sequencesOf(store)).toEqual([7]);
      expect(await store.read(7)).toMatchObject({ format: "exchange-2" });
    });

    const bugs: readonly [string, Partial<Snapshot>][] = [
      ["a negative sequence", { sequence: -1 }],
      ["a fractional sequence", { sequence: 0.5 }],
      ["no epoch", { epoch: "" }],
      ["an epoch of two lines", { epoch: "a\nb" }],
      ["a format with a blank", { format: "a b" }],
      ["a format that is too long", { format: "a".repeat(65) }],
    ];

    it.each(bugs)("treats %s as a bug of the caller, and goes on", async (_, changes) => {
      const bad = { ...snapshotAt(7), ...changes };

      await expect(store.write(bad)).rejects.toThrow("invariant violated");

      expect(await store.list()).toEqual([]);
      expect(await store.write(snapshotAt(8))).toBe("stored");
    });

    it("treats a second write while one is under way as a bug of the caller", async () => {
      const first = store.write(snapshotAt(1));

      await expect(store.write(snapshotAt(2))).rejects.toThrow("invariant violated");

      expect(await first).toBe("stored");
      expect(await sequencesOf(store)).toEqual([1]);
    });
  });
}
