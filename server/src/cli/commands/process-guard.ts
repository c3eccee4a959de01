/**
 * Ends processes whose parent is gone, however it went. The guard is a process of its own, which is told over its input
 * which there are; where that input ends, it ends those that are left, the last stage first, and then itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** How long a process may take to end when it is told to, in milliseconds. */
const endWithinMs = 10_000;
const lookMs = 50;

/** The guard of this process. */
export class ProcessGuard {
  readonly #guard: ChildProcess;

  /** Starts it; `socket` is answered as long as anything that it guards may run. */
  constructor(socket: string) {
    const [, program = ""] = process.argv;
    this.#guard = spawn(process.execPath, [program, "dev-cluster", "--guard", socket], {
      stdio: ["pipe", "ignore", "ignore"],
      // It outlives what ends its parent.
      detached: true,
    });
    // Without a guard things go on, and are ended by their parent alone.
    this.#guard.on("error", () => {});
    this.#guard.stdin?.on("error", () => {});
  }

  /** See {@link endInStages}. */
  add(pid: number, stage: number): void {
    this.#guard.stdin?.write(`+${pid} ${stage}\n`);
  }

  /** It has ended. */
  forget(pid: number): void {
    this.#guard.stdin?.write(`-${pid}\n`);
  }

  /** Has it end what is left, and itself. */
  async close(): Promise<void> {
    if (this.#guard.exitCode !== null || this.#guard.pid === undefined) return;
    const gone = new Promise((done) => this.#guard.once("exit", done));
    this.#guard.stdin?.end();
    await gone;
  }
}

/** Ends what is of the last stage side by side, then what is of the one before it, which that may need to end in peace. */
export async function endInStages<Part extends { readonly stage: number }>(
  parts: readonly Part[],
  end: (part: Part) => Promise<void>,
): Promise<void> {
  const stages = new Set(parts.map(({ stage }) => stage).toSorted((one, other) => other - one));
  for (const stage of stages) {
    await Promise.all(parts.filter((part) => part.stage === stage).map(end));
  }
}

/** Whether a guard is there, and so processes that it may have to end. */
export function isGuarded(socket: string): Promise<boolean> {
  return new Promise((answered) => {
    const asking = connect(socket);
    asking.once("connect", () => {
      asking.destroy();
      answered(true);
    });
    asking.once("error", () => answered(false));
  });
}

/** Is the guard: until `input` ends, and what is left then has ended. */
export async function guardProcesses(input: Readable, socket: string): Promise<void> {
  // Nobody was there when its parent looked.
  rmSync(socket, { force: true });
  const server = createServer((asking) => asking.destroy()).listen(socket);
  server.on("error", () => {});
  const guarded = new Map<number, { readonly pid: number; readonly stage: number }>();
  for await (const line of createInterface({ input })) {
    const [pid = 0, stage = 0] = line.slice(1).split(" ").map(Number);
    if (line.startsWith("+")) guarded.set(pid, { pid, stage });
    else guarded.delete(pid);
  }
  await endInStages([...guarded.values()], ({ pid }) => end(pid));
  server.close();
  rmSync(socket, { force: true });
}

async function end(pid: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < endWithinMs; waitedMs += lookMs) {
    if (!isSent(pid, waitedMs === 0 ? "SIGTERM" : 0)) return;
    await pause(lookMs);
  }
  isSent(pid, "SIGKILL");
}

/** False where there is no such process any more. */
function isSent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
