import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "./exact-json.ts";

describe("exact JSON", () => {
  it("keeps every digit of a number", () => {
    const text = '{"p":12345678901234567890.123456789,"q":[0.10,-3,1E-7,1.5e+3],"r":2.50e1}';
    expect(parseExact(text)).toEqual({
      p: "12345678901234567890.123456789",
      q: ["0.10", "-3", "0.0000001", "1500"],
      r: "25.0",
    });
  });

  it("reads everything else as JSON does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        const numbersAsTexts = (value: unknown) => (typeof value === "number" ? "number" : value);
        const plain = JSON.parse(text, (_, value: unknown) => numbersAsTexts(value)) as unknown;
        const exact = JSON.stringify(parseExact(text));
        expect(exact.length).toBeGreaterThan(0);
        if (!/\d/.test(text)) expect(parseExact(text)).toEqual(plain);
      }),
    );
  });

  it("leaves digits in strings alone, whatever is escaped there", () => {
    const strings = { 'a"1': '\\"2,3\\', "4": "5e6" };
    expect(parseExact(JSON.stringify(strings))).toEqual(strings);
  });

  it("does not take what is no JSON", () => {
    for (const bad of ["", "{", "[1,]", "{1:2}}", "nope"]) expect(() => parseExact(bad)).toThrow();
  });
});
