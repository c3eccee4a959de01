/** Whatever fails while a server starts ends its process, with code 1 and the reason, and leaves nothing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { startSteps } from "../../server/src/main/start/start.ts";
import { programFile } from "../support/programs.ts";
import { rounds } from "../support/rounds.ts";
import { refusedStart } from "../support/server-here.ts";
import { runCommand } from "../support/server-process.ts";
import { mountSmallDisk, smallDiskMissing } from "../support/small-disk.ts";

const program = await programFile("failingStarts");

const folder = mkdtempSync(join(tmpdir(), "openbourse-failing-start-"));
afterAll(() => rmSync(folder, { recursive: true }));
let starts = 0;
/** A data folder of its own for a start. */
function newData(): string {
  starts += 1;
  return join(folder, `data-${starts}`);
}

/** Runs a program of this test; the lines that it prints, and how it ends. */
function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const ended = once(child, "close").then(([code]) => ({ code, stderr }));
  return { child, ended, lines: createInterface({ input: child.stdout }) };
}

// Side by side: the one that hangs is given seconds to end.
describe.concurrent("a start", () => {
  it("that fails at any of its steps gives back all that it had made, and nothing keeps the process", async () => {
    const { lines, ended } = run("each", newData());
    const found: unknown[] = [];
    for await (const line of lines) found.push(JSON.parse(line));
    const wanted = startSteps.map((failing) => ({
      failing,
      outcome: `made to fail at ${failing}`,
      left: [],
    }));
    expect(await ended).toEqual({ code: 0, stderr: "" });
    expect(found).toEqual(wanted);
  });

  // The short form stops at one of them.
  it.each(["recovery", "users", "listening"].slice(0, rounds(1, 3)))(
    "that is told to stop at step %j stops as asked",
    async (step) => {
      const { ended } = run("signal", newData(), step);
      expect(await ended).toEqual({ code: 0, stderr: "" });
    },
  );

  it("that hangs is ended when it is told to stop", async () => {
    const { child, lines, ended } = run("hang", newData(), "recovery");
    await once(lines, "line");
    child.kill("SIGTERM");
    const stderr = "openbourse: the start did not end when it was told to stop\n";
    expect(await ended).toEqual({ code: 1, stderr });
  });

  it.each([
    "admin.sock",
    "demo-key",
    "exchange/commands.db.acknowledged",
    "exchange/history.db.open",
  ])("that finds a folder in place of %s ends and names it", async (file) => {
    const data = newData();
    mkdirSync(join(data, file), { recursive: true });
    expect(await refusedStart({ data })).toContain(join(data, file));
    expect(readdirSync(data).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

const disk = mountSmallDisk(256);
describe.runIf(disk !== undefined)(`a start on a disk too small (or ${smallDiskMissing})`, () => {
  it("ends with code 1 and names a file", async () => {
    const data = join(disk?.folder ?? "", "data");
    const args = ["serve", "--data", data, "--port", "0", "--log-level", "error"];
    const { code, stderr } = await runCommand(args);
    disk?.remove();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(data) });
    expect(stderr).toMatch(/^openbourse: [^\n]+\n$/);
  });
});
