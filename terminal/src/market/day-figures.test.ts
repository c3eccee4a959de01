import { describe, expect, it } from "vitest";
import { figuresOf } from "./day-figures.ts";

const half = 1_800_000;
const candle = (at: number, low: string, high: string) => ({
  ...{ startMs: at * half, open: low, high, low, close: high, volume: "0.1" },
});

describe("figures of a day", () => {
  it("are exact, and of the 24 hours before the end of the newest candle", () => {
    const candles = [candle(0, "1", "99"), candle(1, "9", "10"), candle(48, "8.5", "11.25")];
    expect(figuresOf(candles)).toEqual({
      ...{ price: "11.25", open: "9", high: "11.25", low: "8.5", volume: "0.2" },
      change: "25",
    });
  });

  it("are none without a candle", () => {
    expect(figuresOf([])).toBeUndefined();
  });
});
