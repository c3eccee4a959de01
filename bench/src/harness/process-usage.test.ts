import { spawn } from "node:child_process";
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

  it.runIf(process.platform === "linux")("is that of this process, as it says itself", () => {
    const before = cpuNsOf([process.pid]);
    const own = process.cpuUsage();
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    const { user, system } = process.cpuUsage(own);
    const used = cpuNsOf([process.pid]) - before;
    expect(used / 1_000).toBeGreaterThan((user + system) * 0.5);
    expect(used / 1_000).toBeLessThan((user + system) * 1.5 + 50_000);
    expect(residentBytesOf(process.pid)).toBeGreaterThan(10_000_000);
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
