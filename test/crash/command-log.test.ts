/** Kills a process that writes a command log, again and again, and looks at what it left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCommandLog } from "../../server/src/adapters/sqlite/log/log.ts";
import { programFile } from "../support/programs.ts";
import { rounds } from "../support/rounds.ts";
import { batchOfRun } from "./command-log-batches.ts";

const kills = rounds(5, 200);

/** A killed writer has had this many batches acknowledged at most, and then some. */
const acknowledgementsMax = 600;

const writer = await programFile("commandLogWriter");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-crash-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface KilledRun {
  /** Last sequence that the writer said was durable, 0 when it said nothing. */
  readonly acknowledged: number;
  readonly stderr: string;
}

/** Runs the writer, and kills it right after it has acknowledged this many batches. */
async function runAndKill(file: string, run: number, acknowledgements: number): Promise<KilledRun> {
  const child = spawn(process.execPath, [writer, file, String(run)]);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  let acknowledged = 0;
  let lines = 0;
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    const sequence = Number(line);
    expect(sequence).toBeGreaterThan(acknowledged);
    acknowledged = sequence;
    lines += 1;
    if (lines === acknowledgements) child.kill("SIGKILL");
  });
  // What it wrote before it died is still in the pipe, and counts.
  const drained = once(output, "close");
  if (acknowledgements === 0) child.kill("SIGKILL");
  const [, signal] = await once(child, "exit");
  await drained;
  expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
  return { acknowledged, stderr };
}

/** Reads the whole log; each batch must be exactly what the run named in it would have written. */
async function checkedEnd(file: string): Promise<number> {
  const opened = await openCommandLog({ file });
  if (opened.kind === "refused") throw new Error(opened.message);
  const { log } = opened;
  expect(log.damage).toBeUndefined();
  let next = 1;
  for await (const entry of log.read(1)) {
    if (entry.kind === "damage") throw new Error(entry.message);
    const { kind: _, ...batch } = entry;
    const written = batchOfRun(entry.timeUs, next);
    expect(Buffer.compare(batch.payload, written.payload)).toBe(0);
    expect({ ...batch, payload: 0 }).toEqual({ ...written, payload: 0 });
    next += entry.count;
  }
  expect(log.lastSequence).toBe(next - 1);
  await log.close();
  return next - 1;
}

describe("a command log whose process is killed", () => {
  it(`keeps all that was acknowledged, once and in order, over ${kills} kills`, async () => {
    const file = join(folder, "commands.db");
    let end = 0;
    let acknowledgedInAll = 0;

    for (let run = 1; run <= kills; run += 1) {
      const acknowledgements = Math.floor(Math.random() ** 2 * acknowledgementsMax);
      const { acknowledged } = await runAndKill(file, run, acknowledgements);
      const nextEnd = await checkedEnd(file);

      expect(nextEnd).toBeGreaterThanOrEqual(Math.max(end, acknowledged));
      acknowledgedInAll += acknowledged === 0 ? 0 : acknowledged - end;
      end = nextEnd;
    }

    expect(acknowledgedInAll).toBeGreaterThan(0);
  });
});
