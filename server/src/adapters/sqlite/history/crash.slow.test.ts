import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rounds } from "../../../../../test/support/rounds.ts";
import type { History } from "../../../ports/history.ts";
import { busyStory } from "../../../ports/history-story.fixture.ts";
import { openHistory } from "./history.ts";

const epoch = "a";
const commands = rounds(4_500, 9_000);
const story = busyStory(commands);
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-history-crash-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function open(name: string, discard = false): Promise<History> {
  const opened = await openHistory({ file: join(root, name), epoch, discard });
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.history;
}

/** Goes on with the history in small steps and gives a sign whenever more has been stored. */
const script = `
  import { openHistory } from ${JSON.stringify(import.meta.resolve("./history.ts"))};
  import { busyStory } from ${JSON.stringify(import.meta.resolve("../../../ports/history-story.fixture.ts"))};
  const [file, epoch, commands] = process.argv.slice(2);
  const { history } = await openHistory({ file, epoch });
  const { released } = busyStory(Number(commands));
  let told = history.lastSequence;
  for (let at = told, step = 1; at < released.length; at += 9, step += 1) {
    history.record(released.slice(at, at + 9));
    await (step % 2 === 0 ? history.flushed() : new Promise((resolve) => setImmediate(resolve)));
    if (history.lastSequence > told) process.stdout.write(".");
    told = history.lastSequence;
  }
  await history.flushed();
  process.stdout.write("done");
`;

function startChild(): ChildProcess {
  const file = join(root, "killed.db");
  // In a file, because the flags of a script on the command line do not suit a worker thread.
  const scriptFile = join(root, "child.mjs");
  writeFileSync(scriptFile, script);
  const parameters = [scriptFile, file, epoch, String(commands)];
  return spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Kills the child after this many signs; tells whether it was still at work. */
async function killAfter(signs: number): Promise<boolean> {
  const child = startChild();
  const exited = once(child, "exit");
  let heard = 0;
  let isDone = false;
  child.stdout?.on("data", (data: Buffer) => {
    heard += data.length;
    isDone ||= data.includes("done");
    if (heard >= signs) child.kill("SIGKILL");
  });
  await exited;
  return !isDone;
}

/** The digest of a history of the first commands, made in one go. */
async function digestOf(count: number): Promise<unknown> {
  const history = await open("whole.db", true);
  history.record(story.released.slice(0, count));
  const digest = await history.digest();
  await history.close();
  return digest;
}

describe("a history whose process is killed", () => {
  it("holds exactly the commands that it says, each time, and ends as without a kill", async () => {
    const ends: number[] = [];
    for (const signs of [1, 3, 6, 12]) {
      const wasAtWork = await killAfter(signs);
      const history = await open("killed.db");
      const digest = await history.digest();
      ends.push(history.lastSequence);
      await history.close();

      expect(wasAtWork).toBe(true);
      expect(digest).toEqual(await digestOf(ends.at(-1) ?? 0));
      expect(ends.at(-1)).toBeGreaterThan(ends.at(-2) ?? 0);
    }

    const history = await open("killed.db");
    history.record(story.after(history.lastSequence));

    expect(await history.flushed()).toBe(story.released.length);
    expect(await history.digest()).toEqual(await digestOf(story.released.length));
    await history.close();
  });
});
