/** Programs that the console makes, run as they are copied: against a real server, with what the reader has in the environment. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene, SnippetAccess } from "../../terminal/src/console/scene.ts";
import { snippetOf } from "../../terminal/src/console/snippets.ts";
import { debianPython, ensurePythonModule } from "../support/debian.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const noPython = ensurePythonModule("websockets", "python3-websockets");
const folder = mkdtempSync(join(tmpdir(), "openbourse-programs-"));
let server: ServerHere;
beforeAll(async () => {
  server = await startServerHere({ data: join(folder, "data") });
  // Where the programs find what they ask their reader to install.
  mkdirSync(join(folder, "programs"));
  symlinkSync(
    join(import.meta.dirname, "../../node_modules"),
    join(folder, "programs/node_modules"),
  );
});
afterAll(async () => {
  await server.server.stop();
  rmSync(folder, { recursive: true });
});

const bars = (access: SnippetAccess, messages: readonly string[]): Scene => ({
  ...{ server: server.http, path: "/v1", parameter: "apikey", protocol: "finazon" },
  ...{ access, messages },
});
const exchange = (access: SnippetAccess, messages: readonly string[]): Scene => ({
  ...{ server: server.http, path: "/ws", parameter: "token", protocol: "cryptomus" },
  ...{ access, messages },
});

// Whatever may mean something to a shell or in a program.
const heartbeat = JSON.stringify({
  event: "heartbeat",
  request_id: 'it\'s "$HOME" `ls` $x \\n é',
});
const ping = '{"id":7,"method":"ping","params":[]}';

/** What the reader has in their environment. */
function environment(): Record<string, string> {
  const [user] = server.server.demoUsers;
  return { OPENBOURSE_USER: user?.userId ?? "", OPENBOURSE_KEY: user?.apiKey ?? "" };
}

/** Runs a program until it has written `wanted`, or has ended; gives what it has written. */
async function run(
  command: readonly [string, ...string[]],
  wanted: string,
  env: Record<string, string>,
): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: join(folder, "programs"),
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  child.stderr.on("data", (data) => lines.push(String(data)));
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes(wanted)) child.kill();
  }
  return lines.join("\n");
}

function runNode(
  scene: Scene,
  wanted: string,
  env: Record<string, string>,
  language: "node" | "ccxt" = "node",
) {
  const file = join(folder, "programs", `program-${Math.abs(hashOf(wanted + language))}.mjs`);
  writeFileSync(file, snippetOf(language, scene) ?? "");
  return run([process.execPath, file], wanted, env);
}

function hashOf(text: string): number {
  return [...text].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) | 0, 7);
}

describe("a program for Node", () => {
  it("says on the stream of bars what was said in the console, whatever stands in it", async () => {
    const key = server.server.demoKey ?? "";
    const { request_id: id } = JSON.parse(heartbeat) as { request_id: string };
    const wanted = `"request_id":${JSON.stringify(id)}`;
    const scene = bars({ is: "key" }, [heartbeat]);
    expect(await runNode(scene, wanted, { OPENBOURSE_KEY: key })).toContain(wanted);
  });

  it("asks for a token of the exchange's stream with the reader's own key", async () => {
    const wanted = '"method":"pong"';
    expect(await runNode(exchange({ is: "user" }, [ping]), wanted, environment())).toContain(
      wanted,
    );
  });

  it("has the key in it when its reader asks for that, and then needs nothing else", async () => {
    const [user] = server.server.demoUsers;
    const secrets = { userId: user?.userId ?? "", apiKey: user?.apiKey ?? "" };
    const wanted = '"id":7,"method":"pong"';
    const scene = exchange({ is: "user", secrets }, [ping]);
    expect(await runNode(scene, wanted, {})).toContain(wanted);
  });
});

describe.skipIf(noPython !== undefined)(`a program for Python ${noPython ?? ""}`, () => {
  it.each(["finazon", "cryptomus"])("does the same on the stream of %s", async (protocol) => {
    const isBars = protocol === "finazon";
    const scene = isBars ? bars({ is: "key" }, [heartbeat]) : exchange({ is: "user" }, [ping]);
    const env = isBars ? { OPENBOURSE_KEY: server.server.demoKey ?? "" } : environment();
    const wanted = isBars ? '"event":"heartbeat","status":"success"' : '"method":"pong"';
    const text = snippetOf("python", scene) ?? "";
    expect(await run([debianPython, "-u", "-c", text], wanted, env)).toContain(wanted);
  });
});

describe("a program for ccxt", () => {
  it("asks over REST for what the messages are about", async () => {
    const messages = ["depth", "lastprice", "trade", "balance", "order"].map((channel) =>
      JSON.stringify({ id: 1, method: `${channel}_subscribe`, params: ["BTC_USDT"] }),
    );
    // A market has no ticker until it has its first trade, and the program ends where there is none.
    await until(async () => {
      const tickers = await fetch(`${server.http}/v1/exchange/market/tickers`);
      expect(await tickers.text()).toContain("BTC_USDT");
    });
    const text = await runNode(
      exchange({ is: "user" }, messages),
      "no line",
      environment(),
      "ccxt",
    );
    expect(text).toMatch(/bids: \[/);
    expect(text).toMatch(/USDT: \{/);
    expect(text).not.toMatch(/Error/);
  });

  it("is not offered where ccxt has nothing like the messages", () => {
    expect(snippetOf("ccxt", exchange({ is: "user" }, [ping]))).toBeUndefined();
    expect(snippetOf("ccxt", bars({ is: "key" }, [heartbeat]))).toBeUndefined();
  });
});

describe("commands for a shell", () => {
  it("are words of a shell, whatever stands in the messages", async () => {
    const text = snippetOf("shell", bars({ is: "key" }, [heartbeat])) ?? "";
    // In the place of websocat: what it would be sent, and where.
    const commands = `websocat() { echo "at $1"; head -n 1; }\n${text}`;
    const written = await run(["bash", "-c", commands], heartbeat, { OPENBOURSE_KEY: "KEY" });
    expect(written.split("\n")).toEqual([`at ${server.ws}/v1?apikey=KEY`, heartbeat]);
  });
});

describe("no program", () => {
  it("has a secret in it that was not asked for", () => {
    for (const access of [{ is: "key" }, { is: "user" }, { is: "visitor" }] as const) {
      for (const language of ["node", "python", "shell", "ccxt"] as const) {
        const text = snippetOf(language, exchange(access, [ping])) ?? "";
        for (const { apiKey } of server.server.demoUsers) expect(text).not.toContain(apiKey);
      }
    }
  });
});
