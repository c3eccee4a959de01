/** Real NATS servers with JetStream, for tests of what is kept by them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

/** Where the test script unpacks a newer Debian's server, where the system's is too old. */
export const unpackedNats: string = join(
  import.meta.dirname,
  "../../node_modules/.cache/openbourse-nats",
);

/** What can be run, or why nothing can. */
export function natsProgram(): { readonly path: string } | { readonly missing: string } {
  const named = process.env["OPENBOURSE_TEST_NATS"];
  const places =
    named === undefined
      ? [join(unpackedNats, "usr/sbin/nats-server"), "/usr/sbin/nats-server"]
      : [named];
  const found = places.filter((place) => existsSync(place));
  const path = found.find((place) => isRecent(place));
  if (path !== undefined) return { path };
  const why =
    found.length === 0
      ? "is not installed"
      : `at ${found.join(" and ")} is too old or cannot be run`;
  return {
    missing: `nats-server ${why}: 2.15 or newer is needed, as OPENBOURSE_TEST_NATS names it`,
  };
}

function isRecent(path: string): boolean {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const [, major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 15);
}

/** Kills a process; resolves when it has ended, also where it had by itself. */
export async function killed(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return;
  const ended = new Promise((resolve) => running.once("exit", resolve));
  running.kill("SIGKILL");
  await ended;
}

/** A server that can be killed and started again with what it has stored. */
export class NatsServer {
  readonly #path: string;
  readonly #args: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), "openbourse-nats-"));
  #process: ChildProcess | undefined;
  #port = 0;

  /** More arguments may say who is let in. */
  constructor(path: string, args: readonly string[] = []) {
    this.#path = path;
    this.#args = args;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Resolves when it takes connections, the second time at the same port. */
  async start(): Promise<void> {
    const ports = join(this.#folder, "ports");
    rmSync(ports, { recursive: true, force: true });
    if (this.#port === 0) [this.#port = 0] = await freePorts(1);
    const port = String(this.#port);
    const store = ["--jetstream", "--store_dir", join(this.#folder, "store")];
    const place = ["--addr", "127.0.0.1", "--port", port, "--ports_file_dir", this.#folder];
    const started = spawn(this.#path, [...store, ...place, ...this.#args], { stdio: "ignore" });
    this.#process = started;
    const file = join(this.#folder, `nats-server_${started.pid}.ports`);
    await until(() => {
      if (!existsSync(file)) throw new Error("the server has not said its port");
      const { nats } = JSON.parse(readFileSync(file, "utf8")) as { nats: readonly string[] };
      this.#port = Number(new URL(nats[0] ?? "").port);
    });
  }

  /** Lets it stand still: connections stay, and nothing is answered. */
  suspend(): void {
    this.#process?.kill("SIGSTOP");
  }

  /** Kills it; what it has acknowledged stays. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    await killed(running);
  }

  /** Kills it and deletes what it has stored. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
