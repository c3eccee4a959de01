import { describe, expect, it } from "vitest";
import { bandsOf } from "./bands.ts";

const second = 1_000;
const points = [1, 2, 3, 7, 8].map((at) => ({ startMs: at * second, candle: undefined }));
const bands = (fromS: number, toS: number) =>
  bandsOf([{ fromMs: fromS * second, toMs: toS * second }], points, second);

describe("times that are not known", () => {
  it("cover the places that begin or run in them", () => {
    expect(bands(2, 4)).toEqual([{ fromS: 2, toS: 3 }]);
    expect(bands(2.5, 3)).toEqual([{ fromS: 2, toS: 2 }]);
  });

  it("lie between two places where they have none", () => {
    expect(bands(4, 7)).toEqual([{ fromS: 3, toS: 7 }]);
  });

  it("are not drawn beside what is loaded", () => {
    expect(bands(-5, 1)).toEqual([]);
    expect(bands(9, 12)).toEqual([]);
  });
});
