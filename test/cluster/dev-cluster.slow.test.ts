/** `openbourse dev-cluster` as people run it: a whole cluster of processes, which goes as it came and leaves nothing behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { cleanEnvironment, commandFile, runCommand } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-dev-"));
const args = ["dev-cluster", "--data", folder, "--port", "0"];

/** Every process that has something to do with the folder. */
function processes(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

interface Running {
  readonly child: ChildProcess;
  /** What it has printed. */
  text: string;
}

async function launched(program: string): Promise<Running> {
  const child = spawn(process.execPath, [await commandFile(), ...args, "--nats-server", program], {
    ...{ cwd: folder, env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
  });
  const running: Running = { child, text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (bytes) => {
      running.text += String(bytes);
    });
  }
  return running;
}

const allThere = "stop all with Ctrl-C";

/** Starts it; resolves when everything is there. */
async function start(program: string): Promise<Running> {
  const running = await launched(program);
  const { child } = running;
  await until(() => {
    if (child.exitCode !== null)
      throw new Error(`it ended with ${child.exitCode}: ${running.text}`);
    expect(running.text).toContain(allThere);
  });
  return running;
}

/** Tells it to stop as Ctrl-C does; resolves with its exit code. */
function stopped({ child }: Running): Promise<number> {
  const ended = new Promise<number>((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  return ended;
}

/** The first demo user at each gateway. */
function clientsOf(text: string): readonly [CryptomusClient, CryptomusClient] {
  const [, userId = "", apiKey = ""] = /^demo user: (\S+) key (\S+)/m.exec(text) ?? [];
  const [left, right] = [...text.matchAll(/^gateway (http:\S+)/gm)].map(([, http = ""]) => {
    const server = { http, ws: http.replace("http", "ws") };
    return new CryptomusClient(server, { userId, apiKey });
  });
  if (left === undefined || right === undefined) throw new Error(text);
  return [left, right];
}

withNats("a cluster for trying is", (program) => {
  if (process.platform !== "linux") {
    it.skip("a cluster for trying is not tested: processes are looked for in /proc", () => {});
    return;
  }
  let running: Running;
  beforeAll(async () => {
    running = await start(program);
  });
  afterAll(() => {
    for (const pid of processes()) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("has all its nodes, and an order of one gateway at the other", async () => {
    await until(async () => {
      const data = join(folder, "dev-cluster", "standby");
      const { stdout } = await runHere(["cluster", "status", "--data", data]);
      expect(stdout).toMatch(/^engine +engine +leading/m);
      expect(stdout).toMatch(/^standby +engine +following/m);
      expect(stdout).toMatch(/^feed +feed +feeding/m);
      expect(stdout).toMatch(/^gateway-1 +gateway +following/m);
      expect(stdout).toMatch(/^gateway-2 +gateway +following/m);
    });
    const [left, right] = clientsOf(running.text);
    const order = { market: "BTC_USDT", direction: "buy", quantity: "0.1", price: "100" };
    expect(await left.limitOrder(order)).toMatchObject({ status: 200 });
    await until(async () => expect(await right.activeOrders()).toHaveLength(1));
  });

  it("lets no second one come into its folder", async () => {
    const { code, stderr } = await runCommand(args, folder);
    expect([code, stderr]).toEqual([1, expect.stringContaining("runs in")]);
  });

  it("says how to name the NATS server where it cannot be started", async () => {
    const other = ["--data", join(folder, "other"), "--nats-server", "/nowhere/nats-server"];
    const { code, stderr } = await runCommand(["dev-cluster", "--port", "0", ...other], folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^openbourse: \/nowhere\/nats-server cannot be started: .*--nats-server$/m,
    );
  });

  it("leaves no process behind when it is told to stop, and starts again with what it had", async () => {
    expect(await stopped(running)).toBe(0);
    expect(processes()).toEqual([]);

    // The second time while it starts, with servers that run and no node that is ready.
    running = await launched(program);
    await until(() => expect(processes().length).toBeGreaterThan(4));
    expect(await stopped(running)).toBe(0);
    expect(running.text).not.toContain(allThere);
    expect(processes()).toEqual([]);

    running = await start(program);
    const [left, right] = clientsOf(running.text);
    for (const client of [left, right]) {
      await until(async () => expect(await client.activeOrders()).toHaveLength(1));
    }
  });

  it("leaves no process behind when it is killed", async () => {
    expect(processes().length).toBeGreaterThan(8);
    running.child.kill("SIGKILL");
    await until(() => expect(processes()).toEqual([]));
  });
});
