import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldTexts } from "./field-texts.ts";

/** White space that may stand anywhere between the tokens of a JSON text. */
const gap = fc.stringMatching(/^[ \t\r\n]{0,2}$/);

/** A field's name, and value, as JSON texts. */
const field = fc.tuple(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }));

describe("the texts of fields", () => {
  it("are those that JSON.parse reads its values from, whatever surrounds them", () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), gap, (fields, space) => {
        const parts = fields.map(
          ([name, value]) =>
            `${space}${JSON.stringify(name)}${space}:${space}${JSON.stringify(value, undefined, space)}`,
        );
        const json = `${space}{${parts.join(`${space},`)}${space}}${space}`;
        const parsed = JSON.parse(json) as Readonly<Record<string, unknown>>;

        const texts = fieldTexts(json, () => true);

        const scalars = Object.entries(parsed).filter(([, value]) => !isContainer(value));
        expect(new Set(texts.keys())).toEqual(new Set(scalars.map(([name]) => name)));
        for (const [name, value] of scalars) {
          expect(JSON.parse(texts.get(name) ?? "")).toStrictEqual(value);
        }
      }),
    );
  });

  it("keep the digits that a number was written with", () => {
    const number = fc.stringMatching(
      /^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?$/,
    );
    fc.assert(
      fc.property(number, gap, (digits, space) => {
        const json = `{"a":${space}${digits}${space},"b":[${digits}]}`;

        expect([...fieldTexts(json, () => true)]).toEqual([["a", digits]]);
      }),
    );
  });
});

function isContainer(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
