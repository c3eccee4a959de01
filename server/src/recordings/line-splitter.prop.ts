import fc from "fast-check";
import { expect, it } from "vitest";
import { anyCharacter } from "../../../test/support/any-character.ts";
import { openTable } from "./formats.ts";
import { type Line, LineSplitter, lineLengthMax } from "./line-splitter.ts";

/** Texts that meet every rule of the splitter, among them lines just below and above the bound. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("\n", "\r\n", "\r", "\uFEFF", "é€😀", "1,2,3"),
      fc.string({ unit: anyCharacter, maxLength: 12 }),
      fc.constantFrom("x".repeat(lineLengthMax), "€".repeat(lineLengthMax), "y".repeat(9)),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function split(bytes: Buffer, shares: readonly number[]): Line[] {
  const ends = shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  const splitter = new LineSplitter();
  const lines: Line[] = [];
  let from = 0;
  for (const to of [...ends, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(from, to)));
    from = to;
  }
  return [...lines, ...splitter.end()];
}

it("a line as long as one may be is read wherever its bytes are divided", () => {
  const line = "€".repeat(lineLengthMax);
  const bytes = Buffer.from(`\uFEFF${line}\r\n`);

  for (let cut = bytes.length - 4; cut <= bytes.length; cut += 1)
    expect(split(bytes, [cut / bytes.length])).toEqual([line]);
});

it("any division of the bytes into chunks gives the same lines", () => {
  fc.assert(
    fc.property(text, cuts, (written, shares) => {
      const bytes = Buffer.from(written);

      expect(split(bytes, shares)).toEqual(split(bytes, []));
    }),
    { numRuns: 300 },
  );
});

it("any division of the bytes into chunks gives the same trades", () => {
  const row = fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 10 ** 9 }), fc.nat({ max: 10 ** 9 }), fc.boolean())
    .map(([id, price, ms, isMaker]) => `${id},${price}.50,0.1,5,${1.7e12 + ms},${isMaker}`);
  const line = fc.oneof({ weight: 5, arbitrary: row }, fc.string());
  const end = fc.constantFrom("\n", "\r\n");
  const readRows = (lines: readonly Line[]) => {
    const table = openTable({ kind: "binance-trades" }, "1,1,1,1,1,true");
    if (typeof table === "string") throw new Error(table);
    return lines.map((found) => (found === undefined ? found : table.readRow(found)));
  };

  fc.assert(
    fc.property(fc.array(fc.tuple(line, end)), cuts, (rows, shares) => {
      const bytes = Buffer.from(rows.flat().join(""));

      expect(readRows(split(bytes, shares))).toEqual(readRows(split(bytes, [])));
    }),
    { numRuns: 300 },
  );
});
