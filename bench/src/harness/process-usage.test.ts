import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import {
  cpuNsOf,
  openFilesMax,
  parseCpuTicks,
  parseOpenFilesMax,
  parseResidentBytes,
  parseSchedulerNs,
  processTree,
  residentBytesOf,
} from "./process-usage.ts";

describe("what a process has used", () => {
  it("is found behind a name with spaces and brackets in it", () => {
    const stat = "42 (a) b) (c) R 1 42 42 0 -1 4194304 99 0 0 0 700 31 5 6 20 0 1 0 1500 313 372";
    expect(parseCpuTicks(stat)).toBe(731);
  });

  it.each([
    ["a stat that is cut", () => parseCpuTicks("42 (name) R 1 42")],
    ["an empty schedstat", () => parseSchedulerNs("")],
    ["a schedstat of words", () => parseSchedulerNs("none 1 2")],
    [
      "a status without VmRSS, as the kernel's own threads have",
      () => parseResidentBytes("Name:\tx\n"),
    ],
    ["limits without open files", () => parseOpenFilesMax("Limit Soft Hard\n")],
  ])("is not read from %s", (_, read) => {
    expect(read).toThrow();
  });

  it("is time on a processor in nanoseconds and memory in bytes", () => {
    expect(parseSchedulerNs("1404388 17 1\n")).toBe(1_404_388);
    expect(parseResidentBytes("VmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\n")).toBe(1_048_576);
  });

  it("has the hard limit of open files", () => {
    const line = (hard: string) =>
      `Max open files            1024                 ${hard}  files\n`;
    expect(parseOpenFilesMax(line("20000"))).toBe(20_000);
    expect(parseOpenFilesMax(line("unlimited"))).toBe(Number.POSITIVE_INFINITY);
  });

  // One of its own: within a run of tests, threads end whose time only the process as a whole remembers.
  it.runIf(process.platform === "linux")("is what a process says of itself", async () => {
    const busy = `
      const untilMs = performance.now() + 200;
      while (performance.now() < untilMs);
      const { user, system } = process.cpuUsage();
      process.stdout.write(String(user + system));
      setInterval(() => {}, 1_000);`;
    const child = spawn(process.execPath, ["-e", busy]);
    try {
      const [said] = await once(child.stdout, "data");
      const saidUs = Number(said);
      const usedUs = cpuNsOf([child.pid ?? 0]) / 1_000;
      expect(usedUs).toBeGreaterThan(saidUs * 0.5);
      expect(usedUs).toBeLessThan(saidUs * 1.5 + 50_000);
      expect(residentBytesOf(child.pid ?? 0)).toBeGreaterThan(10_000_000);
    } finally {
      child.kill("SIGKILL");
    }
    expect(openFilesMax()).toBeGreaterThan(100);
  });

  it.runIf(process.platform === "linux")("includes the processes that it started", async () => {
    const shell = spawn("sh", ["-c", "sleep 30 & echo; wait"]);
    await new Promise((resolve) => shell.stdout.once("data", resolve));
    const [, child] = processTree(shell.pid!);
    expect(processTree(shell.pid!)).toEqual([shell.pid, child]);
    process.kill(child!);
    shell.kill();
  });
});
