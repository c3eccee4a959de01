/** Snapshots that a process of its own makes from a real log, while the exchange goes on. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { untilTrue } from "../../../../test/support/until.ts";
import { systemClock } from "../../adapters/clock/system-clock.ts";
import type { SqliteCommandLog } from "../../adapters/sqlite/log/log.ts";
import { Engine } from "../../engine/engine.ts";
import { noSnapshots } from "../../engine/no-snapshots.ts";
import type { Snapshot } from "../../ports/snapshot-store.ts";
import { CommandEncoder } from "../../sequencer/command-codec.ts";
import { exampleCommands, opening } from "../../sequencer/example-stream.fixture.ts";
import { recover } from "../../sequencer/recovery.ts";
import { snapshotOf } from "../../sequencer/snapshot-follower.ts";
import { engineFiles } from "./engine-files.ts";
import { engineStores, openLog, openSnapshots } from "./engine-stores.ts";
import { SnapshotProcessMaker } from "./snapshot-process-maker.ts";

const warnings: string[] = [];
const log = { debug() {}, info() {}, warn: (phrase: string) => warnings.push(phrase), error() {} };

const makers: SnapshotProcessMaker[] = [];
function makerOf(opened: SqliteCommandLog, heapMax?: number): SnapshotProcessMaker {
  const maker = new SnapshotProcessMaker({
    ...{ files: engineFiles(folder), log: opened, report: log },
    ...(heapMax === undefined ? {} : { heapMax }),
  });
  makers.push(maker);
  return maker;
}

let folder: string;
beforeEach(() => {
  warnings.length = 0;
  folder = mkdtempSync(join(tmpdir(), "openbourse-snapshots-"));
});
afterEach(async () => {
  for (const maker of makers.splice(0)) await maker.stop();
  rmSync(folder, { recursive: true });
});

const sequencesIn = () =>
  readdirSync(engineFiles(folder).snapshots)
    .filter((name) => name.endsWith(".snapshot"))
    .map((name) => Number(/\d+/.exec(name)?.[0]))
    .sort((left, right) => left - right);

async function storedState(sequence: number): Promise<Uint8Array> {
  const snapshots = await openSnapshots(engineFiles(folder).snapshots);
  const found = await snapshots.read(sequence);
  if (found.kind === "damage") throw new Error(found.message);
  return found.state;
}

/** A log of `count` commands in batches of ten; returns the sequences at which batches end. */
async function writtenLog(count: number) {
  const opened = await openLog(engineFiles(folder));
  const commands = [...opening, ...exampleCommands(1, count)];
  const encoder = new CommandEncoder();
  const ends: number[] = [];
  for (let at = 0; at < commands.length; at += 10) {
    const batch = commands.slice(at, at + 10);
    for (const command of batch) encoder.add(command);
    const payload = encoder.payload();
    encoder.clear();
    const place = { firstSequence: at + 1, count: batch.length, timeUs: at + 1 };
    await opened.append({ ...place, payload });
    ends.push(at + batch.length);
  }
  return { opened, ends };
}

describe("a snapshot made in a process of its own", () => {
  it("is byte for byte the state at its sequence, and orders go on while it is made", async () => {
    const engine = await Engine.open({
      ...{ stores: engineStores(folder, { log }), clock: systemClock(), log },
      snapshotEvery: 100,
    });
    await engine.start("none");
    const stream = [...opening, ...exampleCommands(2, 20_000)][Symbol.iterator]();
    const submitNext = async () => {
      const { value } = stream.next();
      if (value !== undefined) await engine.sequencer.submitted(value);
    };
    /** No faster than a timer: the process that makes the snapshot needs the processor as well. */
    const submitLater = async () => {
      await new Promise((resolve) => setTimeout(resolve));
      await submitNext();
    };
    const { snapshotter, sequencer } = engine;
    const releasedMeanwhile: number[] = [];
    for (let made = 0; made < 2; ) {
      const before = snapshotter.lastSequence;
      while (sequencer.durableSequence < before + 100) await submitNext();
      const dueAt = sequencer.durableSequence;
      while (snapshotter.lastSequence === before) await submitLater();
      releasedMeanwhile.push(sequencer.durableSequence - dueAt);
      made += 1;
    }
    await engine.stop();

    expect(Math.min(...releasedMeanwhile)).toBeGreaterThan(0);
    expect(snapshotter.failures).toBe(0);
    const taken = sequencesIn();
    expect(taken.length).toBe(3);
    const reopened = await openLog(engineFiles(folder));
    const states: Snapshot[] = [];
    const compared: boolean[] = [];
    await recover({
      ...{ log: reopened, snapshots: noSnapshots, report: log },
      visit: {
        sequences: new Set(taken),
        at: (exchange) => states.push(snapshotOf(exchange, reopened.epoch)),
      },
    });
    await reopened.close();
    for (const { sequence, state } of states) {
      compared.push(Buffer.from(await storedState(sequence)).equals(state));
    }
    expect(compared).toEqual([true, true, true]);
  });

  it("that is ended in the middle leaves the older ones as they were", async () => {
    const { opened, ends } = await writtenLog(1_000);
    const maker = makerOf(opened);
    const [older, newer] = [ends.at(-100)!, ends.at(-1)!];
    expect(await maker.make(older)).toEqual({ kind: "stored" });
    const before = await storedState(older);

    const making = maker.make(newer);
    // Its reading of the log has begun; nothing of the new one is there.
    await opened.read(1)[Symbol.asyncIterator]().next();
    await maker.stop();

    expect(await making).toEqual({ kind: "failed", message: "its process was ended by SIGKILL" });
    expect(sequencesIn()).toEqual([older]);
    expect(Buffer.from(await storedState(older)).equals(before)).toBe(true);
    expect(await maker.make(newer)).toMatchObject({ kind: "failed" });
    await opened.close();
  });

  it("harms nobody else where its process has hardly the memory for it", async () => {
    const { opened, ends } = await writtenLog(5_000);
    const files = engineFiles(folder);
    const maker = makerOf(opened, 8);

    const outcome = await maker.make(ends.at(-1)!);

    // Whether so little is enough is the collector's to say: it is stored whole, or it fails alone.
    const isStored = outcome.kind === "stored";
    if (!isStored) {
      const message = expect.stringContaining("memory");
      expect(outcome).toMatchObject({ kind: "failed", message });
    }
    const stored = existsSync(files.snapshots) ? sequencesIn() : [];
    expect(stored).toEqual(isStored ? [ends.at(-1)] : []);
    expect(opened.failure).toBeUndefined();
    await opened.close();
  });

  it("ends with the log that it reads", async () => {
    const { opened, ends } = await writtenLog(1_000);
    const maker = makerOf(opened);

    const making = maker.make(ends.at(-1)!);
    await opened.close();

    expect(await making).toMatchObject({
      kind: "damaged",
      message: expect.stringContaining("it was closed while it was read"),
    });
  });

  it("is told as failed where the process is killed, and the next one is made by a new process", async () => {
    const { opened, ends } = await writtenLog(1_000);
    const maker = makerOf(opened);
    const [older, newer] = [ends.at(-100)!, ends.at(-1)!];

    const making = maker.make(older);
    process.kill(maker.processId!, "SIGKILL");
    expect(await making).toEqual({ kind: "failed", message: "its process was ended by SIGKILL" });
    expect(existsSync(engineFiles(folder).snapshots)).toBe(false);

    expect(await maker.make(newer)).toEqual({ kind: "stored" });
    process.kill(maker.processId!, "SIGKILL");
    await untilTrue(() => maker.processId === undefined);
    expect(warnings).toEqual([
      "the process that makes snapshots ended; the next one starts it again",
    ]);
    expect(await maker.make(newer)).toEqual({ kind: "stored" });
    expect(opened.failure).toBeUndefined();
    await opened.close();
  });

  it("ends with its server, however that ends", async () => {
    const server = fork(new URL("./snapshot-server.fixture.ts", import.meta.url), [folder], {
      execArgv: [],
    });
    const [processId] = (await once(server, "message")) as [number];
    server.kill("SIGKILL");
    await untilTrue(() => !isRunning(processId));
  });
});

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
