import { describe, expect, it } from "vitest";
import { fieldTexts } from "./field-texts.ts";

function textOfId(json: string): string | undefined {
  return fieldTexts(json, (name) => name === "id").get("id");
}

describe("the text of a field", () => {
  it.each([
    ["a number", '{"id":1.50}', "1.50"],
    ["a text with quotes in it", String.raw`{"id":"a\"\\"}`, String.raw`"a\"\\"`],
    ["a word", '{"id":null}', "null"],
    ["named with an escape", String.raw`{"\u0069d":3.0}`, "3.0"],
    ["behind a text that looks like one", '{"a":"\\"id\\":1","id":2}', "2"],
    ["behind a value that is its name", '{"a":"id","id":2}', "2"],
    ["of the outermost object only", '{"a":{"id":1}}', undefined],
    ["that comes twice is the last one", '{"id":1,"id":2}', "2"],
    ["that comes again as an object is none", '{"id":1,"id":{}}', undefined],
    ["that comes again after an object", '{"id":[1],"id":2}', "2"],
    ["beside nesting of any depth", `{"a":${"[".repeat(60_000)}${"]".repeat(60_000)},"id":7}`, "7"],
  ])("%s is what was written", (_name, json, text) => {
    expect(textOfId(json)).toBe(text);
  });
});
