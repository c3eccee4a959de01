import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordedTrade } from "./map.ts";
import { packRows, pieceRowsMax, unpackRows } from "./row-piece.ts";

const figure = fc.oneof(
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.bigInt({ min: 2n ** 53n, max: 10n ** 60n }),
);
const time = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
const text = fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" });
const row: fc.Arbitrary<RecordedTrade> = fc
  .record({
    id: fc.option(fc.oneof(fc.nat({ max: Number.MAX_SAFE_INTEGER }), text), { nil: undefined }),
    price: figure,
    priceScale: fc.nat({ max: 64 }),
    quantity: figure,
    quantityScale: fc.nat({ max: 64 }),
    eventTimeUs: time,
    receiveTimeUs: time,
    aggressor: fc.constantFrom("buy", "sell", "unknown"),
    symbol: fc.option(text, { nil: undefined }),
    line: fc.nat({ max: 2 ** 40 }),
    venue: fc.option(text, { nil: undefined }),
  })
  .map(({ venue, ...rest }) => (venue === undefined ? rest : { ...rest, venue }));

describe("a piece of rows", () => {
  it("gives every row back as it was", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const piece = packRows(rows);
        expect(unpackRows(piece)).toEqual(rows);
        // Also where it lies at an odd place of a larger memory, as what is read from a file does.
        const moved = Buffer.concat([Buffer.alloc(3), piece]).subarray(3);
        expect(unpackRows(moved)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it("holds as many rows as there may be in one", () => {
    const one = fc.sample(row, { numRuns: 1, seed: 1 })[0]!;
    const rows = Array.from({ length: pieceRowsMax }, (_, line) => ({ ...one, line }));
    expect(unpackRows(packRows(rows))).toEqual(rows);
  });
});
