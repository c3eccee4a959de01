import { beforeEach, describe, expect, it } from "vitest";
import { sequencesOf, snapshotAt } from "../ports/snapshot-store.contract.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { MemorySnapshots } from "../sequencer/memory-snapshots.fixture.ts";
import { SharingSnapshots } from "./sharing-snapshots.ts";

let shared: MemorySnapshots;
let told: string[];
beforeEach(() => {
  shared = new MemorySnapshots();
  told = [];
});

const log = {
  debug: () => {},
  info: () => {},
  warn: (phrase: string, fields?: object) => told.push(`${phrase} ${JSON.stringify(fields)}`),
  error: () => {},
};

/** An engine that makes a snapshot whenever it is asked. */
function engine(leads: boolean, to: SnapshotStore = shared) {
  const local = new MemorySnapshots();
  const maker = {
    async make(sequence: number) {
      await local.write(snapshotAt(sequence));
      return { kind: "stored" as const };
    },
    stop: async () => {},
  };
  return new SharingSnapshots({ maker, local, shared: to, leads: () => leads, log });
}

async function make(sharing: SharingSnapshots, ...sequences: readonly number[]) {
  for (const sequence of sequences) {
    expect(await sharing.make(sequence)).toEqual({ kind: "stored" });
    await sharing.shared;
  }
}

describe("snapshots of an engine", () => {
  it("are there for all nodes when a standby has made them", async () => {
    await make(engine(false), 10, 20);
    expect(await sequencesOf(shared)).toEqual([20, 10]);
    expect(await shared.read(20)).toMatchObject({ kind: "snapshot", sequence: 20 });
  });

  it("are copied by the engine that leads as long as no standby does it", async () => {
    const leader = engine(true);
    await make(leader, 10);
    const standby = engine(false);
    await make(standby, 15);
    await make(leader, 20);
    await make(standby, 25);
    await make(leader, 30);
    expect(await sequencesOf(shared)).toEqual([25, 15, 10]);

    await make(leader, 40);
    expect((await sequencesOf(shared))[0]).toBe(40);
  });

  it("are not copied where others have a newer one", async () => {
    await make(engine(false), 30);
    await make(engine(false), 20);
    expect(await sequencesOf(shared)).toEqual([30]);
  });

  it("stay here, which is told, where they cannot be copied", async () => {
    const failure = { kind: "failure", fault: "failed", message: "the broker is away" } as const;
    const away: SnapshotStore = {
      list: async () => failure,
      write: async () => failure,
      read: (sequence) => shared.read(sequence),
    };
    await make(engine(false, away), 10);
    expect(told).toEqual([
      'a snapshot is not there for other nodes {"sequence":10,"reason":"the broker is away"}',
    ]);
  });
});
