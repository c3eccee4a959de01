import fc from "fast-check";
import { expect, it } from "vitest";
import { isReencodable, phpReencoding, phpStyleCount } from "./php-json.ts";

/** All texts that PHP may make of one, none of what cannot be written again. */
function phpReencodings(json: string): readonly string[] {
  if (!isReencodable(json)) return [];
  return Array.from({ length: phpStyleCount }, (_, style) => phpReencoding(json, style));
}

const values = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
/** Texts of any UTF-16 units, halves of pairs among them. */
const anyText = fc.string({
  unit: fc.nat({ max: 0xff_ff }).map((unit) => String.fromCharCode(unit)),
  maxLength: 20,
});
const spaces = fc.constantFrom(0, 2, 7);

it("means the same as the text that it was made of, save that empty objects become lists", () => {
  fc.assert(
    fc.property(values, spaces, (json, space) => {
      const spread = JSON.stringify(JSON.parse(json), null, space);

      for (const [index, text] of phpReencodings(spread).entries()) {
        const withObjects: unknown = JSON.parse(text);
        const expected: unknown = JSON.parse(index < 2 ? withLists(json) : json);
        expect(withObjects).toEqual(expected);
      }
    }),
  );
});

it("is the same however the text was spaced, and when it is made again", () => {
  fc.assert(
    fc.property(values, spaces, (json, space) => {
      const [first] = phpReencodings(json);

      expect(phpReencodings(JSON.stringify(JSON.parse(json), null, space))[0]).toBe(first);
      expect(phpReencodings(first ?? "")[0]).toBe(first);
    }),
  );
});

it("is ASCII, whatever the text was", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const form of phpReencodings(JSON.stringify({ [text]: text }))) {
        expect(form).toMatch(/^[\0-\x7f]*$/);
        expect(JSON.parse(form)).toEqual({ [text]: text });
      }
    }),
  );
});

it("never throws, whatever the text is", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.json()), (text) => {
      expect(phpReencodings(text).length).toBeLessThanOrEqual(4);
    }),
  );
});

function withLists(json: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) => {
    const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return isEmpty ? [] : value;
  });
}
