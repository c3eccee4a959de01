import { describe, expect, it } from "vitest";
import { formatDecimal, parseDecimal } from "../core/num/decimal.ts";
import { depthScalesMax, depthScalesOf } from "./depth-scales.ts";

describe("depthScalesOf", () => {
  it.each([
    ["0.01", ["0.01", "0.1", "1", "10", "100", "1000"]],
    ["1", ["1", "10", "100", "1000", "10000", "100000"]],
    ["0.00000001", ["0.00000001", "0.0000001", "0.000001", "0.00001", "0.0001", "0.001"]],
    ["0.25", ["0.25", "2.5", "25", "250", "2500", "25000"]],
  ])("of a tick of %s", (tick, expected) => {
    const tickSize = parseDecimal(tick);
    if (typeof tickSize === "string") throw new Error(tickSize);
    const scales = depthScalesOf({ tickSize }, depthScalesMax);

    expect(scales.map(({ coefficient, scale }) => formatDecimal(coefficient, scale))).toEqual(
      expected,
    );
  });
});
