/** The beginning of a log: what a release writes first, and what other releases make of it. */
import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import {
  type ExchangeParameters,
  implicitParameters,
  standardParameters,
} from "../core/parameters.ts";
import { exampleCommands, opening } from "../sequencer/example-stream.fixture.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Engine } from "./engine.ts";
import { noSnapshots } from "./no-snapshots.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Another release: it begins its logs with other figures. */
const otherParameters: ExchangeParameters = {
  limits: { ...standardParameters.limits, openOrdersPerUserMax: 9, usersMax: 6 },
  fees: {
    referenceCurrency: "USDT",
    steps: standardParameters.fees.steps.map((step) => ({ ...step, makerPpm: 0 })),
  },
};

/** An engine of a release on a log that may have been begun by another one. */
async function open(storage: MemoryLogStorage, parameters?: ExchangeParameters): Promise<Engine> {
  const engine = await Engine.open({
    stores: {
      openLog: async () => new MemoryCommandLog(storage),
      openSnapshots: async () => noSnapshots,
      snapshotMaker: () => ({ make: async () => ({ kind: "stored" }), stop: async () => {} }),
      openHistory: async () => new MemoryHistory(),
    },
    clock: new VirtualClock(),
    log,
    snapshotEvery: 1_000_000,
    ...(parameters === undefined ? {} : { parameters }),
  });
  await engine.start("none");
  return engine;
}

async function give(engine: Engine, commands: readonly Command[]): Promise<string> {
  await Promise.all(commands.map((command) => engine.sequencer.submitted(command)));
  const hash = engine.exchange.stateHash();
  await engine.stop();
  return hash;
}

const commands = [...opening, ...exampleCommands(7, 200)];

describe("a new log", () => {
  it("begins with a genesis that holds the limits and fees of the release", async () => {
    const storage = new MemoryLogStorage();
    const engine = await open(storage);

    expect(engine.exchange.sequence).toBe(1);
    expect(engine.sequencer.durableSequence).toBe(1);
    expect(engine.exchange.limits).toEqual(standardParameters.limits);
    expect(engine.exchange.fees).toEqual(standardParameters.fees);
    expect(engine.exchange.snapshot().version).toBe(2);
    await engine.stop();
  });

  it("is begun once: the next start finds it begun", async () => {
    const storage = new MemoryLogStorage();
    await (await open(storage)).stop();
    const again = await open(storage, otherParameters);

    expect(again.exchange.sequence).toBe(1);
    expect(again.exchange.limits).toEqual(standardParameters.limits);
    await again.stop();
  });
});

describe("a log", () => {
  it("means the same to a release whose defaults are others", async () => {
    const storage = new MemoryLogStorage();
    const written = await give(await open(storage, otherParameters), commands);
    const read = await open(storage);

    expect(read.exchange.stateHash()).toBe(written);
    expect(read.exchange.fees).toEqual(otherParameters.fees);
    expect(read.exchange.checkInvariants()).toBeUndefined();
    await read.stop();
    // These commands come to something else under the defaults of this release.
    const here = await give(await open(new MemoryLogStorage()), commands);
    expect(here).not.toBe(written);
  });

  it("of 0.1.0, which begins with something else, is given no genesis and keeps its digest", async () => {
    const storage = new MemoryLogStorage();
    const old = new MemoryCommandLog(storage);
    const sequencer = new Sequencer({
      ...{ exchange: new Exchange(), log: old, clock: new VirtualClock() },
      schedule: (task) => queueMicrotask(task),
      release() {},
    });
    await Promise.all(commands.map((command) => sequencer.submitted(command)));
    await sequencer.close();
    await old.close();

    const engine = await open(storage, otherParameters);

    expect(engine.exchange.sequence).toBe(commands.length);
    expect(engine.exchange.limits).toEqual(implicitParameters.limits);
    expect(engine.exchange.fees).toEqual(implicitParameters.fees);
    expect(engine.exchange.snapshot()).toMatchObject({ version: 1 });
    await engine.stop();
  });
});
