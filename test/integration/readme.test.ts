/** The README's "A venue of your own", pasted in order and out of order, as a hurried reader does. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandFile } from "../support/server-process.ts";
import { untilTrue } from "../support/until.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
const folder = mkdtempSync(join(tmpdir(), "openbourse-readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Shell lines of a section, without their comments. */
function linesOf(heading: string): readonly string[] {
  const from = readme.indexOf(`\n## ${heading}\n`);
  const section = readme.slice(from + 1, readme.indexOf("\n## ", from + 1));
  const blocks = Array.from(section.matchAll(/```sh\n(.*?)```/gs), ([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => line.replace(/ +#.*$/, ""));
}

/** An environment in which `npx openbourse` is this checkout's. */
const env = {
  ...process.env,
  PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"]}`,
  // It is not measured.
  OPENBOURSE_EXCHANGE_WARM_UP_MS: "0",
};
beforeAll(async () => {
  mkdirSync(join(folder, "bin"));
  const file = await commandFile();
  const npx = join(folder, "bin", "npx");
  writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${file}" "$@"\n`);
  chmodSync(npx, 0o755);
});

interface Pasted {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function paste(line: string): Promise<Pasted> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", line], { cwd: folder, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Pastes the line that starts a server; resolves once it listens. */
async function pasteServe(line: string) {
  const child = spawn("sh", ["-c", `exec ${line}`], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  let faults = "";
  child.stderr.on("data", (chunk) => {
    faults += String(chunk);
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the server ended with ${code}: ${faults}`);
  });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (text) => said.push(text));
  const isListening = () => said.some((text) => text.startsWith("openbourse listening"));
  await Promise.race([untilTrue(isListening), ended]);
  ended.catch(() => {});
  return {
    said,
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

describe('the README\'s "A venue of your own"', () => {
  const [init = "", addMarket = "", createUser = "", serve = "", deposit = "", ...more] =
    linesOf("A venue of your own");
  // Any free port, because that of the README may be taken here.
  const serveHere = serve.replace("--port 8081", "--port 0");

  it("has the lines that are pasted here", () => {
    expect(more).toEqual([]);
    expect([init, addMarket, createUser, serve, deposit].map((line) => line.split(" ")[2])).toEqual(
      ["init", "markets", "users", "serve", "deposit"],
    );
    expect(serveHere).not.toBe(serve);
  });

  it("says what comes first to who begins in the middle, and makes nothing", async () => {
    for (const line of [addMarket, createUser, deposit]) {
      const { code, stderr } = await paste(line);
      expect(code, line).toBe(2);
      expect(stderr).toContain("there is no data folder venue");
      expect(stderr).toContain("openbourse init");
    }
    expect(existsSync(join(folder, "venue"))).toBe(false);
  });

  it("makes a venue without a demo in which a user has money, with the server stopped and running", async () => {
    expect(await paste(init)).toMatchObject({ code: 0, stderr: "" });
    expect(await paste(addMarket)).toMatchObject({ code: 0, stderr: "" });
    const created = await paste(createUser);
    const id = /^user id: (\S+)$/m.exec(created.stdout)?.[1] ?? "";
    expect(id).not.toBe("");

    const server = await pasteServe(serveHere);
    expect(server.said.filter((line) => line.startsWith("demo"))).toEqual([]);
    const second = await paste(serveHere);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("another server runs on the data folder venue");
    const paid = await paste(deposit.replace("ID", id));
    expect(paid.stdout).toContain(`deposit of 1000 EUR for ${id}`);
    const again = await paste(deposit.replace("ID", id));
    expect(again.stdout).toContain("nothing changed");
    await server.stop();
    expect((await paste("npx openbourse users list --data venue")).stdout).toMatch(
      /^\S+ +good.*alice\n$/,
    );
  });
});
