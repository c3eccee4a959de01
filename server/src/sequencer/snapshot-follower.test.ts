import { describe, expect, it } from "vitest";
import { Exchange } from "../core/exchange.ts";
import type { Log } from "../ports/log.ts";
import { Random } from "../simulation/random.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { CommandEncoder } from "./command-codec.ts";
import { exampleCommands, opening } from "./example-stream.fixture.ts";
import { MemorySnapshots } from "./memory-snapshots.fixture.ts";
import { makeSnapshot, snapshotOf } from "./snapshot-follower.ts";

const report: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log of random commands in batches of random sizes, and the state after each of its batches. */
async function logged(seed: number, count: number) {
  const random = new Random(seed, "lives");
  const draw = (below: number) => random.below(below);
  const storage = new MemoryLogStorage();
  const log = new MemoryCommandLog(storage);
  const exchange = new Exchange();
  const encoder = new CommandEncoder();
  const states = new Map<number, Uint8Array>();
  const commands = [...opening, ...exampleCommands(seed, count)];
  while (commands.length > 0) {
    const batch = commands.splice(0, 1 + draw(20));
    const timeUs = 1 + exchange.timeUs;
    const firstSequence = exchange.sequence + 1;
    for (const command of batch) {
      encoder.add(command);
      exchange.apply({ sequence: exchange.sequence + 1, timeUs, command });
    }
    const payload = encoder.payload();
    encoder.clear();
    await log.append({ firstSequence, count: batch.length, timeUs, payload });
    states.set(exchange.sequence, snapshotOf(exchange, log.epoch).state);
  }
  return { storage, log, states };
}

describe("a snapshot made from the log", () => {
  it.each([1, 2])(
    "is byte for byte what the exchange gave there, from the beginning and from older snapshots (seed %d)",
    async (seed) => {
      const { log, states } = await logged(seed, 600);
      const snapshots = new MemorySnapshots();
      const some = [...states].filter((_, index) => index % 12 === 5);
      for (const [sequence, state] of some) {
        expect(await makeSnapshot({ log, snapshots, sequence, report })).toEqual({
          kind: "stored",
        });
        const { kept } = snapshots;
        expect(kept[0]).toMatchObject({ sequence, epoch: log.epoch });
        expect(Buffer.from(kept[0]!.state).equals(state)).toBe(true);
      }
    },
  );

  it("is not made from a log that is not what was written", async () => {
    const { log, storage, states } = await logged(6, 200);
    storage.corruptSequence = storage.batches[3]!.firstSequence;
    const sequence = [...states.keys()].at(-1)!;
    const snapshots = new MemorySnapshots();

    const outcome = await makeSnapshot({ log, snapshots, sequence, report });

    expect(outcome).toMatchObject({ kind: "damaged" });
    expect(snapshots.kept).toEqual([]);
  });

  it("fails in words where it cannot be stored", async () => {
    const { log, states } = await logged(7, 50);
    const snapshots = new MemorySnapshots();
    snapshots.write = async () => ({ kind: "failure", fault: "disk-full", message: "no room" });
    const sequence = [...states.keys()].at(-1)!;

    const outcome = await makeSnapshot({ log, snapshots, sequence, report });

    expect(outcome).toEqual({ kind: "failed", message: "no room" });
  });
});
