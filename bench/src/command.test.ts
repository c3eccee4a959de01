import { describe, expect, it } from "vitest";
import { type BenchCommand, parseBenchCommand } from "./command.ts";

const run = { kind: "run", runs: undefined, minutes: undefined, isQuick: false } as const;

describe("the benchmarks' command line", () => {
  it.each<[string, BenchCommand]>([
    ["", { kind: "usage" }],
    ["--help", { kind: "usage" }],
    ["replay --help", { kind: "usage" }],
    ["list", { kind: "list" }],
    ["replay", { ...run, names: ["replay"] }],
    ["replay encode", { ...run, names: ["replay", "encode"] }],
    ["replay --quick", { ...run, names: ["replay"], isQuick: true }],
    ["--runs 5 replay", { ...run, names: ["replay"], runs: 5 }],
    ["soak --minutes 60", { ...run, names: ["soak"], minutes: 60 }],
    ["replay --runs=1000", { ...run, names: ["replay"], runs: 1000 }],
  ])("understands: %s", (line, command) => {
    expect(parseBenchCommand(line.split(" ").filter((word) => word !== ""))).toEqual(command);
  });

  it.each([
    ["replay --runs 0", /whole number from 1 to 1000, not 0/],
    ["replay --runs 1001", /not 1001/],
    ["replay --runs 2.5", /not 2.5/],
    ["replay --runs many", /not many/],
    ["replay --runs", /--runs/],
    ["soak --minutes 10081", /--minutes is a whole number from 1 to 10080, not 10081/],
    ["replay --fast", /--fast/],
  ])("refuses with a sentence: %s", (line, fault) => {
    const command = parseBenchCommand(line.split(" "));
    expect(command).toEqual({ kind: "wrong", fault: expect.stringMatching(fault) });
  });
});
