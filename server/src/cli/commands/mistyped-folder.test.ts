/** A mistyped `--data`: every command but those that begin a folder says so, and makes nothing. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { main } from "../main.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-mistyped-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs a command line in this process. */
async function run(...args: readonly string[]) {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const code = await main(args);
  return { code, stdout, stderr };
}

const transfer = ["--user", "u", "--currency", "USDT", "--amount", "1"];
const market = ["BTC_EUR", "--tick", "0.01", "--lot", "0.00001"];

/** Everything that works on the data folder and may be told a wrong one. */
const commands: readonly (readonly string[])[] = [
  ["verify"],
  ["rebuild"],
  ["keys", "create", "--workspace", "desk"],
  ["keys", "list"],
  ["keys", "revoke", "01234567"],
  ["workspaces", "list"],
  ["workspaces", "limit", "desk", "--connections", "2"],
  ["users", "create"],
  ["users", "list"],
  ["users", "disable", "u"],
  ["deposit", ...transfer],
  ["withdraw", ...transfer],
  ["markets", "list"],
  ["markets", "add", ...market],
  ["markets", "halt", "BTC_EUR"],
  ["markets", "resume", "BTC_EUR"],
];

describe("a data folder that is not there", () => {
  const data = join(folder, "dta");

  it.each(commands.map((args) => [args.join(" "), args] as const))(
    "%s names it with the remedy, and makes nothing",
    async (_name, args) => {
      expect(await run(...args, "--data", data)).toEqual({
        code: 2,
        stdout: "",
        stderr: `openbourse: there is no data folder ${data}: name the right one with --data, or begin one with \`openbourse serve\` or \`openbourse init\`\n`,
      });
      expect(existsSync(data)).toBe(false);
    },
  );

  it("is no place to list connections of, either", async () => {
    const { code, stderr } = await run("sessions", "--data", data);
    expect({ code, made: existsSync(data) }).toEqual({ code: 1, made: false });
    expect(stderr).toContain(`no server runs on the data folder ${data}`);
  });
});

describe("a folder of something else", () => {
  it("is told from a data folder, and left as it is", async () => {
    const other = join(folder, "other");
    mkdirSync(join(other, "src"), { recursive: true });
    for (const args of commands) {
      expect((await run(...args, "--data", other)).code, args.join(" ")).toBe(2);
    }
    expect(readdirSync(other, { recursive: true })).toEqual(["src"]);
  });
});

describe("init", () => {
  const data = join(folder, "venue");

  it("begins an empty folder on purpose, on which every command works", async () => {
    const begun = await run("init", "--data", data);
    expect(begun).toMatchObject({ code: 0, stderr: "" });
    expect(begun.stdout).toContain(`openbourse serve --data ${data}`);
    expect(await run("markets", "add", ...market, "--data", data)).toMatchObject({ code: 0 });
    const made = await run("users", "create", "--json", "--data", data);
    const { userId } = JSON.parse(made.stdout) as { userId: string };
    const money = ["--user", userId, "--currency", "EUR", "--amount", "1000"];
    expect(await run("deposit", ...money, "--data", data)).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await run("verify", "--data", data, "--log-level", "silent");
    expect({ code, wrong: stdout.includes("WRONG") }).toEqual({ code: 0, wrong: false });
  });

  it("leaves a folder that has been begun as it is", async () => {
    expect(await run("init", "--data", data)).toEqual({
      code: 2,
      stdout: "",
      stderr: `openbourse: ${data} is a data folder already: it was left as it is\n`,
    });
  });
});
