/** The example bot trades a recorded day that another example makes up: twice, at different speeds, with the same fills. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServerHere } from "../support/server-here.ts";
import { type CommandResult, commandFile } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-trade-day-"));
const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const bot = join(folder, "bot.mjs");
let command: string;

beforeAll(async () => {
  command = await commandFile();
  // With the client as it is now: the package of it is tested elsewhere.
  const alias = { "@openbourse/client": fromRoot("client/src/index.ts") };
  const input = fromRoot("examples/trade-day.js");
  const bundle = await rolldown({ input, platform: "node", resolve: { alias } });
  await bundle.write({ file: bot, format: "esm" });
  await bundle.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program to its end, with lines on its standard input where it reads that. */
function run(args: readonly string[], lines = ""): Promise<CommandResult> {
  const env = { ...process.env, OPENBOURSE: `${process.execPath} ${command}` };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.end(lines);
  });
}

/** Makes the same day up again; answers the configuration of a server that plays it. */
function dayIn(name: string): string {
  execFileSync(process.execPath, [fromRoot("examples/make-day.js"), join(folder, name)]);
  return join(folder, name, "openbourse.yaml");
}

/** What the bot prints of a day, on a server of its own; `look` sees that server when the day is over. */
async function trade(
  config: string,
  look: (bot: () => Promise<CommandResult>) => Promise<void> = async () => undefined,
): Promise<string> {
  const here = await startServerHere({ data: join(config, "../data"), file: config });
  const { userId, apiKey } = here.server.demoUsers[0]!;
  const play = () => run([bot, here.http, userId, apiKey, config, "AAPL_USD", "20"]);
  const { code, stdout, stderr } = await play();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  await look(play);
  await here.server.stop();
  return stdout;
}

describe("trade-day.js", () => {
  it("trades a day to its end, with the same fills at any speed", async () => {
    const first = await trade(dayIn("first"), async (play) => {
      expect(await play()).toMatchObject({
        ...{ code: 1, stderr: expect.stringContaining("the recording is over") },
      });
    });
    const lines = first.trimEnd().split("\n");
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(/^until 13:[34]\d:\d\d (buy|sell) \d+ at \d+(\.\d+)? as maker$/);
    }
    expect(lines.at(-1)).toMatch(/^\d+ fills, -?\d+(\.\d+)? AAPL and -?\d+(\.\d+)? USD$/);
    expect(lines.length).toBeGreaterThan(5);

    const config = dayIn("again");
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace("paused: true", "$&\n      speed: max"),
    );
    expect(await trade(config)).toBe(first);
  });
});

describe("replay-control -", () => {
  it("does what lines say, and ends with the first that cannot be done", async () => {
    const config = dayIn("script");
    const here = await startServerHere({ data: join(config, "../data"), file: config });
    const script = "pause\n\nseek 2012-06-21T13:31:00Z\nstep second\nfly\nstatus\n";
    const answer = await run([command, "replay-control", "-", "--config", config], script);
    await here.server.stop();
    expect(answer.code).toBe(2);
    expect(answer.stdout.split("\n")).toEqual([
      "AAPL_USD: paused at 2012-06-21T13:29:59.999Z, speed 1",
      "AAPL_USD: paused at 2012-06-21T13:31:00.000Z, speed 1",
      "AAPL_USD: paused at 2012-06-21T13:31:01.000Z, speed 1",
      "",
    ]);
    expect(answer.stderr).toContain("a line is an action and its value");
  });
});
