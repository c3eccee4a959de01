/**
 * The engine's process is killed with SIGKILL at random moments under load and started again: nothing
 * that was acknowledged may be missing, nothing may have happened twice or by half.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { openSnapshotStore } from "../../server/src/adapters/files/snapshot-store.ts";
import { openCommandLog } from "../../server/src/adapters/sqlite/log/log.ts";
import { noSnapshots } from "../../server/src/engine/no-snapshots.ts";
import { engineFiles } from "../../server/src/main/stores/engine-files.ts";
import type { Released } from "../../server/src/ports/released.ts";
import { recover } from "../../server/src/sequencer/recovery.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { programFile } from "../support/programs.ts";
import { rounds } from "../support/rounds.ts";
import { runCommand } from "../support/server-process.ts";

const killCount = rounds(4, 500);
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const program = await programFile("engineUnderLoad");
const data = mkdtempSync(join(tmpdir(), "openbourse-crash-"));
const folder = join(data, "exchange");
mkdirSync(folder);
afterAll(() => rmSync(data, { recursive: true }));

/** What one life of the process said before it was killed. */
interface Life {
  readonly recoveredDeposits: number;
  readonly recoveredSequence: number;
  /** Deposit number and sequence of each acknowledgement. */
  readonly acknowledged: readonly (readonly [number, number])[];
  readonly notes: readonly string[];
}

/** How often a life lasts until a thread has made a state snapshot beside it. */
const snapshotEveryLives = 5;

const isFinished = (name: string) => name.endsWith(".snapshot");

/** The state snapshots that are finished. */
function snapshotNames(): string {
  const { snapshots } = engineFiles(folder);
  return existsSync(snapshots) ? readdirSync(snapshots).filter(isFinished).toSorted().join() : "";
}

/**
 * Runs the process until it has acknowledged `acks` deposits, and perhaps until there is another state
 * snapshot, and kills it in the middle of its work.
 */
async function liveAndDie(acks: number, untilSnapshot: boolean): Promise<Life> {
  const before = snapshotNames();
  const child = spawn(process.execPath, [program, folder, String(seed)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  let recovered: readonly [number, number] | undefined;
  const acknowledged: [number, number][] = [];
  const notes: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, second] = line.split(" ");
    if (word === "recovered") recovered = [Number(first), Number(second)];
    // The last line may have been cut short by the kill.
    else if (word === "ack" && second !== undefined && second !== "")
      acknowledged.push([Number(first), Number(second)]);
    else notes.push(line);
    if (acknowledged.length < acks) continue;
    if (!untilSnapshot || snapshotNames() !== before) child.kill("SIGKILL");
  }
  if (recovered === undefined) throw new Error(`the process did not start: ${stderr}`);
  return { recoveredDeposits: recovered[0], recoveredSequence: recovered[1], acknowledged, notes };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Everything that the log holds in the end, replayed from its beginning, and the state by two ways. */
async function autopsy() {
  const files = engineFiles(folder);
  const opened = await openCommandLog({ file: files.log });
  if (opened.kind === "refused") throw new Error(opened.message);
  const log = opened.log;
  const deposits: [number, number][] = [];
  const collect = (released: readonly Released[]) => {
    for (const { sequence, command } of released) {
      if (command.kind === "deposit" && command.user === "load")
        deposits.push([Number(command.key.slice(1)), sequence]);
    }
    return undefined;
  };
  const fromZero = await recover({
    log,
    snapshots: noSnapshots,
    report: silent,
    replayed: collect,
  });
  const store = await openSnapshotStore({ folder: files.snapshots });
  if (store.kind === "failure") throw new Error(store.message);
  const fromSnapshot = await recover({ log, snapshots: store.store, report: silent });
  await log.close();
  if (fromZero.kind === "damaged" || fromSnapshot.kind === "damaged")
    throw new Error("the log is damaged");
  fromZero.exchange.checkInvariants();
  return { deposits, fromZero, fromSnapshot };
}

describe(`an engine that is killed ${killCount} times under load (seed ${seed})`, () => {
  it("has everything that it acknowledged, once, and money that adds up", async () => {
    const random = new Random(seed, "kills");
    const sequenceOf = new Map<number, number>();
    let highest = 0;
    for (let kill = 0; kill < killCount; kill += 1) {
      const life = await liveAndDie(1 + random.below(600), kill % snapshotEveryLives === 1);
      expect(life.notes.filter((note) => note.startsWith("# the exchange"))).toEqual([]);
      // Deposits are numbered and applied in order, so the balance is the number of the last one.
      expect(life.recoveredDeposits).toBeGreaterThanOrEqual(highest);
      const known: number[] = [];
      for (const [number, sequence] of life.acknowledged) {
        if (sequenceOf.has(number) || sequence <= life.recoveredSequence) known.push(number);
        sequenceOf.set(number, sequence);
        highest = Math.max(highest, number);
      }
      expect(known, "what is acknowledged is new").toEqual([]);
    }
    const { deposits, fromZero, fromSnapshot } = await autopsy();
    const logged = new Map(deposits);
    expect(deposits.map(([number]) => number)).toEqual(deposits.map((_, index) => index + 1));
    expect([...sequenceOf].filter(([number, sequence]) => logged.get(number) !== sequence)).toEqual(
      [],
    );
    expect(fromSnapshot.fromSequence).toBeGreaterThan(0);
    expect(fromSnapshot.exchange.stateHash()).toBe(fromZero.exchange.stateHash());
    const verdict = await runCommand(["verify", "--data", data, "--log-level", "silent"]);
    expect(verdict).toMatchObject({ code: 0, stdout: expect.not.stringContaining("WRONG") });
  });
});
