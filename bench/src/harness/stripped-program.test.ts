import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stripProgram } from "./stripped-program.ts";

describe("a program without its types", () => {
  it("is what was written, imports what was stripped with it, and has no types left", async () => {
    const path = stripProgram([
      join(import.meta.dirname, "..", "load", "histogram.ts"),
      join(import.meta.dirname, "statistics.ts"),
    ]);

    expect(readFileSync(path, "utf8")).not.toMatch(/interface|: number|import type/);
    const { mergeBuckets } = await import(path);
    expect(mergeBuckets([[[5, 1]], [[5, 2]]])).toEqual([[5, 3]]);
  });
});
