import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { yamlText } from "./yaml.ts";

describe("a JSON value as YAML", () => {
  it("is one key or item a line", () => {
    const value = { a: [], "b c": { d: [1, { e: null, f: ["x"] }] }, no: "yes", g: {} };
    expect(yamlText(value)).toBe(
      [
        "a: []",
        '"b c":',
        "  d:",
        "    - 1",
        "    - e: null",
        "      f:",
        '        - "x"',
        '"no": "yes"',
        "g: {}",
        "",
      ].join("\n"),
    );
  });

  it("is read as the same value, whatever its texts are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        // Minus zero is no JSON.
        const json = JSON.parse(JSON.stringify(value));
        expect(parse(yamlText(json), { maxAliasCount: 0 })).toEqual(json);
      }),
    );
  });
});
