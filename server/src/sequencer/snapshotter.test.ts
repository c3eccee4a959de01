import { beforeEach, describe, expect, it } from "vitest";
import { Exchange } from "../core/exchange.ts";
import type { SnapshotMaker, SnapshotOutcome } from "../ports/snapshot-maker.ts";
import { exampleCommands, opening } from "./example-stream.fixture.ts";
import { MemorySnapshots } from "./memory-snapshots.fixture.ts";
import { Snapshotter } from "./snapshotter.ts";

/** Makes nothing; the test says what becomes of what was asked for. */
class AskedMaker implements SnapshotMaker {
  readonly asked: number[] = [];
  #answer: (outcome: SnapshotOutcome) => void = () => {};

  make(sequence: number): Promise<SnapshotOutcome> {
    this.asked.push(sequence);
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  async stop(): Promise<void> {
    await this.answer({ kind: "failed", message: "its thread was ended" });
  }

  async answer(outcome: SnapshotOutcome): Promise<void> {
    this.#answer(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let maker: AskedMaker;
let store: MemorySnapshots;
let warnings: unknown[];
let damage: string[];
let exchange: Exchange;
let snapshotter: Snapshotter;
beforeEach(() => {
  maker = new AskedMaker();
  store = new MemorySnapshots();
  warnings = [];
  damage = [];
  exchange = new Exchange();
  for (const command of [...opening, ...exampleCommands(1, 30)]) {
    exchange.apply({ sequence: exchange.sequence + 1, timeUs: 1, command });
  }
  snapshotter = new Snapshotter(
    {
      ...{ exchange, maker, store, epoch: "e", every: 100 },
      report: { debug() {}, info() {}, warn: (_, fields) => warnings.push(fields), error() {} },
      damaged: (reason) => damage.push(reason),
    },
    0,
  );
});

describe("state snapshots", () => {
  it("are asked for when so many commands are durable, of what is durable, and one at a time", async () => {
    snapshotter.note(99);
    snapshotter.note(103);
    snapshotter.note(450);
    expect(maker.asked).toEqual([103]);

    await maker.answer({ kind: "stored" });
    expect(snapshotter.lastSequence).toBe(103);
    snapshotter.note(451);
    expect(maker.asked).toEqual([103, 451]);
  });

  it("are asked for at once where somebody wants one, also of what there is one of here", async () => {
    snapshotter.makeNow(5);
    await maker.answer({ kind: "stored" });
    snapshotter.makeNow(5);
    await maker.answer({ kind: "stored" });
    snapshotter.note(104);
    expect(maker.asked).toEqual([5, 5]);
  });

  it("that fail are told, harm nothing, and are tried again when the next one is due", async () => {
    snapshotter.note(100);
    await maker.answer({ kind: "failed", message: "no room" });
    expect(warnings).toEqual([{ sequence: 100, reason: "no room" }]);
    expect([snapshotter.lastSequence, snapshotter.failures]).toEqual([0, 1]);

    snapshotter.note(199);
    snapshotter.note(200);
    expect(maker.asked).toEqual([100, 200]);
    expect(damage).toEqual([]);
  });

  it("say so when they find the log damaged", async () => {
    snapshotter.note(100);
    await maker.answer({ kind: "damaged", message: "commands.db is damaged" });
    expect(damage).toEqual(["commands.db is damaged"]);
  });

  it("end with the present state; what was being made is ended and is no failure", async () => {
    snapshotter.note(100);
    await snapshotter.finish();
    snapshotter.note(500);

    expect(store.kept.map(({ sequence }) => sequence)).toEqual([exchange.sequence]);
    expect(snapshotter.lastSequence).toBe(exchange.sequence);
    expect([warnings, snapshotter.failures, maker.asked]).toEqual([[], 0, [100]]);
  });

  it("are not stored twice for one state", async () => {
    await snapshotter.finish();
    await snapshotter.finish();
    expect(store.kept.length).toBe(1);
  });
});
