/** Kills a recorder again and again: its files read to the last whole block, and the next one goes on behind it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { inspectRecording } from "../../server/src/recordings/recording.ts";
import { recordedFiles } from "../../server/src/recordings/rotating-files.ts";
import { readTrades } from "../../server/src/recordings/trade-file.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { rounds } from "../support/rounds.ts";
import { recordedTrades, recordName } from "./record-source.ts";

const kills = rounds(3, 60);
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const program = fileURLToPath(new URL("./record-life.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "openbourse-record-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lets a recorder write so many blocks, and then for up to two milliseconds more, and kills it. */
async function recordAndKill(blocks: number, pauseMs: number): Promise<void> {
  const child = spawn(process.execPath, [program, folder]);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  let seen = -1;
  createInterface({ input: child.stdout }).on("line", () => {
    seen += 1;
    if (seen === blocks) setTimeout(() => child.kill("SIGKILL"), pauseMs);
  });
  await once(child, "exit");
  expect(stderr).toBe("");
}

/** Numbers of the trades that can be read, in the order of the files. */
async function recorded(): Promise<readonly unknown[]> {
  const ids: unknown[] = [];
  for (const path of await recordedFiles({ folder, name: recordName.dataset })) {
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    const context = { count: () => undefined, warn: () => undefined };
    const options = { recording, format: { kind: "auto" }, context, isQuiet: false } as const;
    for await (const block of readTrades(options)) {
      if (block.kind === "failed") throw new Error(block.reason);
      ids.push(...block.trades.map(({ id }) => id));
    }
  }
  return ids;
}

describe(`a recorder that is killed ${kills} times (seed ${seed})`, () => {
  it("leaves whole blocks, from which the next goes on: nothing is lost and nothing doubled", async () => {
    const random = new Random(seed, "kills");
    const all = recordedTrades().map(({ id }) => id);
    let before = 0;
    for (let life = 0; life < kills; life += 1) {
      const blocks = random.below(Math.max(2, Math.floor(260 / kills)));
      await recordAndKill(blocks, random.below(3));

      const ids = await recorded();
      expect(ids).toEqual(all.slice(0, ids.length));
      expect(ids.length).toBeGreaterThanOrEqual(before);
      before = ids.length;
    }
    await recordAndKill(Number.POSITIVE_INFINITY, 0);
    expect(await recorded()).toEqual(all);
  });
});
