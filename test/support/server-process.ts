/** A real server in a process of its own, on a free port and with a data folder of its own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Listener, plainListener } from "./listeners.ts";
import { programFile } from "./programs.ts";

/** The command line's entry point in a checkout. */
const binFile = fileURLToPath(new URL("../../server/bin/openbourse.js", import.meta.url));

/** What tests start as `openbourse`; benchmarks take what people start. */
export function commandFile(): Promise<string> {
  return process.env["VITEST"] === undefined ? Promise.resolve(binFile) : programFile("openbourse");
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the command line to its end. */
export async function runCommand(args: readonly string[], cwd = tmpdir()): Promise<CommandResult> {
  const file = await commandFile();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [file, ...args],
      { cwd, env: cleanEnvironment() },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/** Where a server is, and where its data are. */
export interface ServerAddress {
  readonly port: number;
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  readonly http: string;
  readonly ws: string;
  readonly data: string;
}

/** A server that has said that it is ready. */
export interface ServerProcess extends ServerAddress {
  readonly process: ChildProcess;
  readonly demoKey: string;
  /** One of the funded demo users, counted from 0; waits for its line. */
  demoUser(index: number): Promise<{ readonly userId: string; readonly apiKey: string }>;
  /** Everything on standard output and standard error so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Sends a signal and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What to start a server with. */
export interface ServerSetup {
  readonly args?: readonly string[];
  /** Text of a configuration file. */
  readonly yaml?: string;
  /** A data folder that is kept; without it a new one is made and removed. */
  readonly data?: string;
  /** How it listens; without it as it does by default. */
  readonly listener?: Listener;
  /** Whether it says a demo key, which is waited for; nodes of a cluster have none. True if left out. */
  readonly hasDemoKey?: boolean;
}

/** Demo users that a server makes at its first start. */
const demoUsersMax = 2;

const readyPattern = /^openbourse listening on https?:\/\/127\.0\.0\.1:(\d+)$/;

/** Starts a server and waits for its ready line and demo key. */
export async function startServerProcess(setup: ServerSetup = {}): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-server-"));
  const data = setup.data ?? join(folder, "data");
  const config = join(folder, "openbourse.yaml");
  writeFileSync(config, setup.yaml ?? "");
  const { listener = plainListener } = setup;
  const args = [
    await commandFile(),
    "serve",
    "--config",
    config,
    "--port",
    "0",
    "--data",
    data,
    ...Object.entries(listener.settings(folder)).flatMap(([key, value]) => [
      "--set",
      `${key}=${value}`,
    ]),
    ...(setup.args ?? []),
  ];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const demoUsers = Array.from({ length: demoUsersMax }, () =>
    Promise.withResolvers<{ userId: string; apiKey: string }>(),
  );
  let demoUserCount = 0;
  const ready = new Promise<[number, string]>((resolve, reject) => {
    let port = 0;
    lines.on("line", (line) => {
      stdout += `${line}\n`;
      const found = readyPattern.exec(line)?.[1];
      if (found !== undefined) port = Number(found);
      if (found !== undefined && setup.hasDemoKey === false) resolve([port, ""]);
      const user = /^demo user: (\S+) key (\S+)$/.exec(line);
      if (user !== null) {
        const [, userId = "", apiKey = ""] = user;
        demoUsers[demoUserCount]?.resolve({ userId, apiKey });
        demoUserCount += 1;
      }
      const key = /^demo API key: (\w+)$/.exec(line)?.[1];
      if (key !== undefined) resolve([port, key]);
    });
    void exited.then(([code]) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
  });
  const [port, demoKey] = await ready;
  const secure = listener.isSecure ? "s" : "";
  return {
    process: child,
    port,
    isSecure: listener.isSecure,
    http: `http${secure}://127.0.0.1:${port}`,
    ws: `ws${secure}://127.0.0.1:${port}`,
    data,
    demoKey,
    async demoUser(index) {
      const user = await demoUsers[index]?.promise;
      if (user === undefined) throw new Error(`there are ${demoUsersMax} demo users`);
      return user;
    },
    output: () => ({ stdout, stderr }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await exited;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** Tests start many servers and measure none of them; benchmarks have theirs prepare as usual. */
const unprepared =
  process.env["VITEST"] === undefined
    ? {}
    : { OPENBOURSE_EXCHANGE_WARM_UP_MS: "0", OPENBOURSE_DEMO_PAST_HOURS: "0" };

/** What they are started with: nothing of the settings of whoever runs the tests. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("OPENBOURSE_"));
  return { ...Object.fromEntries(others), ...unprepared };
}
