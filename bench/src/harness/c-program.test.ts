import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildCProgram, compilerVersion } from "./c-program.ts";

const hasCompiler = compilerVersion() !== "none";

describe("a program in C", () => {
  it.runIf(hasCompiler)("is built once and then taken as it is", () => {
    const first = buildCProgram("peers/fanout-limit");
    const builtMs = statSync(first!).mtimeMs;
    expect(buildCProgram("peers/fanout-limit")).toBe(first);
    expect(statSync(first!).mtimeMs).toBe(builtMs);
  });

  it("is nothing that a folder without sources could be", () => {
    expect(() => buildCProgram("no-such-folder")).toThrow(/no-such-folder/);
  });
});
