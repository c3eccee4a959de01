import { describe, expect, it } from "vitest";
import { jsonKey, pickJson, splitCsv } from "./rows.ts";

describe("fields of a CSV line", () => {
  it.each<[string, string[]]>([
    ["a,b,c", ["a", "b", "c"]],
    ["a,,", ["a", "", ""]],
    ["", [""]],
    ['"a","b,c",d', ["a", "b,c", "d"]],
    ['"say ""hi""",2', ['say "hi"', "2"]],
    ['"",""', ["", ""]],
    ['1,"2"', ["1", "2"]],
    ['"2",', ["2", ""]],
  ])("%j is cut as RFC 4180 says", (line, fields) => {
    expect(splitCsv(line, ",")).toEqual(fields);
  });

  it("can be separated by another character", () => {
    expect(splitCsv('1,5;"a;b"', ";")).toEqual(["1,5", "a;b"]);
  });

  it.each(['"a', 'a"b,c', '"a"b,c', 'a,"', '"a""'])("%j has no sound quotes", (line) => {
    expect(splitCsv(line, ",")).toBeUndefined();
  });
});

describe("values picked from a JSON line", () => {
  it("keeps numbers as they were written, beyond what a double holds", () => {
    const line = '{"p":61500.10,"q":0.000000012345678901,"i":9007199254740993,"e":1e-7}';

    expect(pickJson(line, ["i", "p", "q", "e"].map(jsonKey))).toEqual([
      "9007199254740993",
      "61500.10",
      "0.000000012345678901",
      "1e-7",
    ]);
  });

  it("takes top-level keys only, whatever a nested object is called", () => {
    expect(pickJson('{"x":{"p":1},"p":2,"y":[{"p":3}]}', ["p"].map(jsonKey))).toEqual(["2"]);
  });

  it("makes absent and null values empty and booleans words", () => {
    expect(pickJson('{"a":null,"b":true,"c":"text"}', ["a", "b", "c", "d"].map(jsonKey))).toEqual([
      "",
      "true",
      "text",
      "",
    ]);
  });

  it("does not see what an object inherits", () => {
    expect(pickJson("{}", ["constructor", "__proto__"].map(jsonKey))).toEqual(["", ""]);
  });

  it.each([
    ["no JSON", "1,2,3"],
    ["cut short", '{"p":1'],
    ["an array", '[{"p":1}]'],
    ["a scalar", "5"],
    ["null", "null"],
    ["an object where a value is wanted", '{"p":{"v":1}}'],
    ["an array where a value is wanted", '{"p":[1]}'],
    ["nested too deep to parse", `${"[".repeat(60_000)}${"]".repeat(60_000)}`],
  ])("refuses %s", (_what, line) => {
    expect(pickJson(line, ["p"].map(jsonKey))).toBeUndefined();
  });
});
