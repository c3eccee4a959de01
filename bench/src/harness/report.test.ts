import { describe, expect, it } from "vitest";
import type { BenchmarkResult } from "./benchmark.ts";
import { formatResult, round, table } from "./report.ts";

const flat = (value: number) => ({ min: value, median: value, max: value });

const result: BenchmarkResult = {
  benchmark: "sample",
  summary: "a sample",
  effort: { warmUps: 1, runs: 3, isQuick: true },
  machine: {
    cores: 2,
    cpu: "Some CPU",
    memoryGiB: 8,
    kernel: "Linux 6",
    node: "24.0.0",
    loadAtStart: 0.5,
  },
  method: ["It is measured so."],
  parameters: { tickers: 5_000 },
  packages: { peer: "1.2.3" },
  comparisons: [
    {
      title: "folding",
      unit: "trades",
      contenders: [
        {
          name: "ours",
          cpuNsPerUnit: { min: 400, median: 500, max: 600 },
          unitsPerCpuSecond: flat(2_000_000),
          unitsPerWallSecond: flat(1_000_000),
          cpuRatio: flat(1),
          samples: [],
        },
      ],
    },
  ],
  latencies: [
    {
      what: "a batch",
      unit: "µs",
      percentiles: { count: 100, p50: 1, p90: 2, p99: 3, p999: 4, worst: 999 },
    },
  ],
  figures: [{ what: "memory", value: 130.4, unit: "MiB" }],
  aims: [
    {
      what: "speed",
      unit: "trades/s",
      atLeast: 4_000_000,
      measured: 2e6,
      isMet: false,
      ratio: 0.5,
    },
    { what: "memory", unit: "MiB", atMost: 200, measured: 130, isMet: true, ratio: 0.65 },
  ],
  leavesOut: ["Sockets."],
};

describe("a printed result", () => {
  const lines = formatResult(result).split("\n");

  it.each([
    "machine   2 cores, Some CPU, 8 GiB, Linux 6; load 0.5 at the start",
    "software  node 24.0.0, peer 1.2.3",
    "runs      3 counted after 1 to warm up; quick: not for quoting",
    "time      speeds are judged by CPU time, user and system, of the process; wall time is beside it",
    "tickers   5000",
    "memory  130 MiB",
    "- It is measured so.",
    "- Sockets.",
    "- MISSED: speed: 2,000,000 trades/s, aim at least 4,000,000: 0.5 times the aim",
    "- met: memory: 130 MiB, aim at most 200: 0.65 times the aim",
  ])("says: %s", (line) => {
    expect(lines).toContain(line);
  });

  it("shows medians with their range, and percentiles to the worst", () => {
    expect(lines.find((line) => line.startsWith("ours"))).toContain("500 (400 … 600)");
    const row = lines.find((line) => line.startsWith("a batch, µs"));
    expect(row?.split(/\s+/).slice(-6)).toEqual(["1", "2", "3", "4", "999", "100"]);
  });
});

describe("rounding for the eye", () => {
  it.each([
    [0, "0"],
    [1, "1"],
    [0.012_345, "0.0123"],
    [9.876, "9.88"],
    [1_234.5, "1,230"],
    [3_183_456, "3,180,000"],
    [-42.42, "-42.4"],
  ])("%d becomes %s", (value, text) => {
    expect(round(value)).toBe(text);
  });
});

describe("a table", () => {
  it("has the first column on the left and the others on the right", () => {
    const rows = [
      ["", "n", "share"],
      ["long name", "1", "0.5"],
      ["x", "1000", "1"],
    ];
    expect(table(rows)).toBe(
      ["              n  share", "long name     1    0.5", "x          1000      1"].join("\n"),
    );
  });

  it("of two columns has both on the left, and no blanks at the end of a line", () => {
    expect(
      table([
        ["a", "1"],
        ["bcd", "22"],
      ]),
    ).toBe("a    1\nbcd  22");
  });
});
