import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Released } from "../ports/released.ts";
import type { SnapshotMaker } from "../ports/snapshot-maker.ts";
import type { Snapshot, SnapshotStore } from "../ports/snapshot-store.ts";
import { Random } from "../simulation/random.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { exampleCommands, opening as usualOpening } from "./example-stream.fixture.ts";
import { MemorySnapshots } from "./memory-snapshots.fixture.ts";
import { type Recovered, recover } from "./recovery.ts";
import { Sequencer } from "./sequencer.ts";
import { makeSnapshot } from "./snapshot-follower.ts";
import { Snapshotter } from "./snapshotter.ts";

/** Makes snapshots in this thread. */
function beside(
  log: MemoryCommandLog,
  snapshots: SnapshotStore,
): { readonly maker: SnapshotMaker } {
  return {
    maker: {
      make: (sequence) => makeSnapshot({ log, snapshots, sequence, report: silent }),
      stop: () => Promise.resolve(),
    },
  };
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Hundreds of exchanges are made here, each with room for as many orders as there may be. */
const opening: readonly Command[] = [
  { kind: "set-limits", changes: { openOrdersMax: 4_096 } },
  ...usualOpening,
];

/** Lets everything that is scheduled and promised happen. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Runs commands through a sequencer and returns what outlives it. */
async function run(seed: number, count: number, every = 100) {
  const storage = new MemoryLogStorage();
  const snapshots = new MemorySnapshots();
  const log = new MemoryCommandLog(storage);
  const exchange = new Exchange();
  const snapshotter = new Snapshotter(
    {
      ...beside(log, snapshots),
      exchange,
      store: snapshots,
      epoch: log.epoch,
      every,
      report: silent,
    },
    0,
  );
  const all: Released[] = [];
  const sequencer = new Sequencer({
    exchange,
    log,
    clock: new VirtualClock(),
    schedule: queueMicrotask,
    release: (released) => {
      all.push(...released);
      snapshotter.note(released.at(-1)?.sequence ?? 0);
    },
  });
  for (const [index, command] of [...opening, ...exampleCommands(seed, count)].entries()) {
    sequencer.submit(command, () => {});
    if (index % 7 === 0) await settle();
  }
  await sequencer.close();
  await log.close();
  return { storage, snapshots, exchange, all };
}

function recoverFrom(storage: MemoryLogStorage, snapshots: SnapshotStore, more: object = {}) {
  const log = new MemoryCommandLog(storage);
  return recover({ log, snapshots, report: silent, ...more }).finally(() => log.close());
}

function exchangeOf(recovered: Recovered): Exchange {
  if (recovered.kind === "damaged") throw new Error(recovered.message);
  return recovered.exchange;
}

describe("recovery", () => {
  it("begins with the newest snapshot, replays the rest, and reaches the same state", async () => {
    const { storage, snapshots, exchange } = await run(1, 500);
    expect(snapshots.kept.length).toBeGreaterThan(3);
    const recovered = await recoverFrom(storage, snapshots);
    const newest = snapshots.kept[0]?.sequence ?? 0;
    expect(recovered).toMatchObject({
      fromSequence: newest,
      replayedCount: exchange.sequence - newest,
    });
    expect(exchangeOf(recovered).stateHash()).toBe(exchange.stateHash());
  });

  it("without any snapshot replays everything, with the same events byte for byte", async () => {
    const { storage, exchange, all } = await run(2, 500);
    const again: Released[] = [];
    const recovered = await recoverFrom(storage, new MemorySnapshots(), {
      replayed: (released: readonly Released[]) => void again.push(...released),
    });
    expect(recovered).toMatchObject({ fromSequence: 0, replayedCount: exchange.sequence });
    expect(again).toEqual(all);
  });

  it("of an empty log gives an empty exchange", async () => {
    const recovered = await recoverFrom(new MemoryLogStorage(), new MemorySnapshots());
    expect(exchangeOf(recovered).sequence).toBe(0);
  });

  it("skips snapshots that are damaged, of another log or of an unknown format, and warns", async () => {
    const { storage, snapshots, exchange } = await run(3, 600);
    const [first, second, third, fourth] = snapshots.kept;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("too few");
    snapshots.damaged.add(first.sequence);
    snapshots.kept[1] = { ...second, epoch: "another" };
    snapshots.kept[2] = { ...third, format: "newer" };
    const warnings: unknown[] = [];
    const recovered = await recoverFrom(storage, snapshots, {
      report: {
        ...silent,
        warn: (_phrase: string, fields: { reason: string }) => warnings.push(fields.reason),
      },
    });
    expect(recovered).toMatchObject({ fromSequence: fourth?.sequence });
    expect(warnings).toEqual([
      `snapshot ${first.sequence} is damaged`,
      "it belongs to another log",
      "its format newer is not known",
    ]);
    expect(exchangeOf(recovered).stateHash()).toBe(exchange.stateHash());
  });

  it("does not use a snapshot that is newer than the log, or than what somebody still needs", async () => {
    const { storage, snapshots } = await run(4, 300);
    const [newest, older] = snapshots.kept;
    snapshots.kept.unshift({ ...(newest as Snapshot), sequence: storage.lastSequence + 1 });
    expect(await recoverFrom(storage, snapshots)).toMatchObject({ fromSequence: newest?.sequence });
    const needed = (newest?.sequence ?? 0) - 1;
    expect(await recoverFrom(storage, snapshots, { eventsNeededFrom: needed })).toMatchObject({
      fromSequence: older?.sequence,
    });
  });

  it("refuses a log that is damaged, at its end or before, and says where", async () => {
    const { storage } = await run(5, 100);
    storage.corrupt(50);
    expect(await recoverFrom(storage, new MemorySnapshots())).toMatchObject({
      kind: "damaged",
      message: expect.stringContaining("damaged at sequence"),
    });
    storage.corrupt(storage.lastSequence);
    expect((await recoverFrom(storage, new MemorySnapshots())).kind).toBe("damaged");
  });

  it("refuses commands that it cannot read", async () => {
    const { storage } = await run(6, 20);
    const [first] = storage.batches;
    if (first === undefined) throw new Error("a batch was expected");
    storage.batches[0] = { ...first, payload: Uint8Array.of(9, 9) };
    expect(await recoverFrom(storage, new MemorySnapshots())).toEqual({
      kind: "damaged",
      message: "batch at sequence 1: commands are written in version 9 of the format",
      isNewer: true,
    });
  });
});

/** What outlives crashes, and what clients were told. */
class World {
  readonly storage = new MemoryLogStorage();
  readonly snapshots = new MemorySnapshots();
  readonly acknowledged: number[] = [];

  /** Recovers, submits the rest of the stream for a while, and loses power at a random moment. */
  async live(stream: readonly Command[], draw: (below: number) => number): Promise<void> {
    const exchange = exchangeOf(await recoverFrom(this.storage, this.snapshots));
    exchange.checkInvariants();
    expect(exchange.sequence).toBe(this.storage.lastSequence);
    expect(this.acknowledged.at(-1) ?? 0).toBeLessThanOrEqual(exchange.sequence);

    const log = new MemoryCommandLog(this.storage);
    const { epoch } = log;
    const store = this.snapshots;
    const snapshotter = new Snapshotter(
      { ...beside(log, store), exchange, store, epoch, every: 50, report: silent },
      0,
    );
    const sequencer = new Sequencer({
      exchange,
      log,
      clock: new VirtualClock(),
      schedule: queueMicrotask,
      release: (released) => {
        this.acknowledged.push(...released.map(({ sequence }) => sequence));
        snapshotter.note(released.at(-1)?.sequence ?? 0);
      },
    });
    const from = exchange.sequence;
    for (const command of stream.slice(from, from + 1 + draw(150))) {
      if (draw(10) === 0) log.holdBack();
      if (draw(10) === 0) log.letThrough(1);
      sequencer.submit(command, () => {});
      if (draw(4) === 0) await settle();
    }
    if (draw(2) === 0) log.letThrough();
    await settle();
    log.crash();
  }
}

describe("a crash at any moment", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "loses nothing that was acknowledged, does nothing twice and leaves nothing half done (seed %d)",
    async (seed) => {
      const random = new Random(seed, "lives");
      const draw = (below: number) => random.below(below);
      const stream = [...opening, ...exampleCommands(seed, 400)];
      const world = new World();
      while (world.storage.lastSequence < stream.length) await world.live(stream, draw);

      const ascending = world.acknowledged.every(
        (sequence, at, all) => sequence > (all[at - 1] ?? 0),
      );
      expect(ascending).toBe(true);
      const logged: Command[] = [];
      const recovered = await recoverFrom(world.storage, new MemorySnapshots(), {
        replayed: (released: readonly Released[]) =>
          void logged.push(...released.map(({ command }) => command)),
      });
      expect(logged).toEqual(stream);
      const fromSnapshot = exchangeOf(await recoverFrom(world.storage, world.snapshots));
      expect(fromSnapshot.stateHash()).toBe(exchangeOf(recovered).stateHash());
    },
  );
});
