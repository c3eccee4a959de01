import { describe, expect, it } from "vitest";
import { Pieces } from "./pieces.ts";

describe("work done in pieces", () => {
  it("takes as long as its pieces together, without what came between them", () => {
    const now = { wall: 10, cpu: 3 };
    const pass = (wall: number, cpu: number) => {
      now.wall += wall;
      now.cpu += cpu;
    };
    const pieces = new Pieces({ wallMs: () => now.wall, cpuMs: () => now.cpu });

    for (const units of [2, 3]) {
      pass(1_000, 900);
      pieces.time(() => {
        pass(7, 5);
        return units;
      });
    }

    expect(pieces.sample).toEqual({ units: 5, wallMs: 14, cpuMs: 10 });
  });

  it("is timed by the clocks of the process unless told otherwise", () => {
    const pieces = new Pieces();
    let spentMs = 0;
    pieces.time(() => {
      const startMs = performance.now();
      while (spentMs < 5) spentMs = performance.now() - startMs;
      return 1;
    });

    expect(pieces.sample.wallMs).toBeGreaterThanOrEqual(spentMs);
    expect(pieces.sample.cpuMs).toBeGreaterThan(0);
  });
});
