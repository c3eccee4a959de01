import { expect, it } from "vitest";
import { roundStep } from "./depth-drawing.ts";

it.each([
  [0.0013, 0.002],
  [0.2, 0.2],
  [1, 1],
  [3, 5],
  [7, 10],
  [1_268, 2_000],
])("marks an axis at round figures: %d becomes %d", (step, round) => {
  expect(roundStep(step)).toBeCloseTo(round, 12);
});
