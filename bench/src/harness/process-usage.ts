/**
 * What another process has used, read from /proc: the only way to measure a server, ours or a peer's,
 * without asking it. It knows Linux and nothing else.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Length of a clock tick in `/proc/PID/stat`: 100 a second on every Linux that Node runs on. */
const tickNs = 10_000_000;
/** Most samples of a watch. */
const samplesMax = 1_000_000;

/**
 * CPU time, user and system, of the threads that processes have now, in nanoseconds. Where the kernel
 * keeps no statistics of its scheduler it is rounded to clock ticks.
 */
export function cpuNsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuNsOfOne(pid), 0);
}

/** A process and those that it started, which are read only once. */
export function processTree(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = children.split(" ").filter((text) => text !== "");
  return [pid, ...pids.flatMap((child) => processTree(Number(child)))];
}

/** Resident memory of a process in bytes. */
export function residentBytesOf(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Looks at the resident memory of a process again and again, until told to stop. */
export function watchResident(pid: number, everyMs: number): { stop(): readonly number[] } {
  const samples: number[] = [residentBytesOf(pid)];
  const timer = setInterval(() => {
    if (samples.length < samplesMax) samples.push(residentBytesOf(pid));
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

/** How many files this process and those it starts may open at most. */
export function openFilesMax(): number {
  return parseOpenFilesMax(readFileSync("/proc/self/limits", "utf8"));
}

function cpuNsOfOne(pid: number): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.reduce(
      (sum, task) =>
        sum + parseSchedulerNs(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8")),
      0,
    );
  } catch {
    return parseCpuTicks(readFileSync(`/proc/${pid}/stat`, "utf8")) * tickNs;
  }
}

/** Time on a processor, the first field of a `schedstat` file (Documentation/scheduler/sched-stats). */
export function parseSchedulerNs(text: string): number {
  const ns = Number(text.split(" ")[0]);
  if (!Number.isSafeInteger(ns) || text === "") throw new Error(`not a schedstat: ${text}`);
  return ns;
}

/** Fields 14 and 15 of a `stat` file, utime and stime (proc(5)); the name before may hold anything. */
export function parseCpuTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isSafeInteger(ticks)) throw new Error(`not a stat: ${text}`);
  return ticks;
}

/** `VmRSS` of a `status` file (proc(5)), in bytes. */
export function parseResidentBytes(text: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new Error("the status has no VmRSS");
  return Number(kibibytes) * 1_024;
}

/** The hard limit of `Max open files` in a `limits` file (proc(5)). */
export function parseOpenFilesMax(text: string): number {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(text)?.[1];
  if (hard === undefined) throw new Error("the limits have no open files");
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}
