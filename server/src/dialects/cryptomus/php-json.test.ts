import { describe, expect, it } from "vitest";
import { isReencodable, phpReencoding, phpStyleCount, reencodedLengthMax } from "./php-json.ts";

/** All texts that PHP may make of one, none of what cannot be written again. */
function phpReencodings(json: string): readonly string[] {
  if (!isReencodable(json)) return [];
  return Array.from({ length: phpStyleCount }, (_, style) => phpReencoding(json, style));
}

/** What PHP writes with its default flags after reading into arrays. */
function asPhp(json: string): string | undefined {
  return phpReencodings(json)[0];
}

describe("a body as PHP would write it", () => {
  it.each([
    ["white space", ' { "a" : [ 1 ,\n\t2 ] }\r\n', '{"a":[1,2]}'],
    ["slashes", '{"url":"https://x/y"}', '{"url":"https:\\/\\/x\\/y"}'],
    ["slashes that were escaped", '{"url":"\\/"}', '{"url":"\\/"}'],
    ["slashes in a key", '{"a/b":1}', '{"a\\/b":1}'],
    ["letters beyond ASCII", '{"tag":"Grüße ъ 日"}', '{"tag":"Gr\\u00fc\\u00dfe \\u044a \\u65e5"}'],
    ["characters of two UTF-16 units", '"🤖"', '"\\ud83e\\udd16"'],
    ["escapes in upper case", '"\\u00FC\\uD83E\\uDD16"', '"\\u00fc\\ud83e\\udd16"'],
    ["needless escapes", '"\\u0041\\u002f\\u003c"', '"A\\/<"'],
    [
      "control characters",
      '"\\u0008\\u000C\\u000a\\u000D\\u0009\\u001F"',
      '"\\b\\f\\n\\r\\t\\u001f"',
    ],
    ["quotes and backslashes", '"\\"\\\\\\u0022\\u005c"', '"\\"\\\\\\"\\\\"'],
    ["the last ASCII and the first beyond", '"\u007f\u0080"', '"\u007f\\u0080"'],
    ["line separators", '"\u2028"', '"\\u2028"'],
    ["what looks like other parts", '" { } 1.0 \\" : "', '" { } 1.0 \\" : "'],
    ["literals", "[true, false, null]", "[true,false,null]"],
    ["an empty object", '{"a": { }, "b": []}', '{"a":[],"b":[]}'],
    [
      "an order of an exchange client",
      '{"price":2000,"tag":"ccxt"}',
      '{"price":2000,"tag":"ccxt"}',
    ],
  ])("has %s written in PHP's way", (_, json, expected) => {
    expect(asPhp(json)).toBe(expected);
  });

  it.each([
    ["0", "0"],
    ["-1", "-1"],
    ["-0", "0"],
    ["2000", "2000"],
    ["9223372036854775807", "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["9223372036854775808", "9.223372036854776e+18"],
    ["-9223372036854775809", "-9.223372036854776e+18"],
    ["12345678901234567890", "1.2345678901234567e+19"],
    ["1.5", "1.5"],
    ["2.50", "2.5"],
    ["0.1", "0.1"],
    ["0.30000000000000004", "0.30000000000000004"],
    ["0.1000000000000000055511151231257827", "0.1"],
    ["1.0", "1"],
    ["-0.0", "-0"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["123e-2", "1.23"],
    ["0.0001", "0.0001"],
    ["0.00012", "0.00012"],
    ["0.00001", "1.0e-5"],
    ["1.25e-7", "1.25e-7"],
    ["1e16", "10000000000000000"],
    ["1e17", "1.0e+17"],
    ["123456789012345678.0", "1.2345678901234568e+17"],
    ["1.7976931348623157e308", "1.7976931348623157e+308"],
    ["5e-324", "5.0e-324"],
  ])("has the number %s written as %s", (number, expected) => {
    expect(asPhp(`[${number}]`)).toBe(`[${expected}]`);
  });

  it.each([
    ["1.0", "1.0"],
    ["1e3", "1000.0"],
    ["-0.0", "-0.0"],
    ["1", "1"],
    ["1.5", "1.5"],
    ["1e25", "1.0e+25"],
  ])("may keep the fraction of %s as %s", (number, expected) => {
    expect(phpReencodings(`[${number}]`)[1]).toBe(`[${expected}]`);
  });

  it("may keep empty objects, when PHP had read them as objects", () => {
    expect(phpReencodings('{"a":{ },"b":1.0}')).toEqual([
      '{"a":[],"b":1}',
      '{"a":[],"b":1.0}',
      '{"a":{},"b":1}',
      '{"a":{},"b":1.0}',
    ]);
  });

  it.each([
    ["nothing", ""],
    ["a word", "hello"],
    ["a form", "a=1&b=2"],
    ["half an object", '{"a":1'],
    ["a number with leading zeros", "[01]"],
    ["a comma too many", "[1,]"],
    ["deep but open brackets", "[".repeat(reencodedLengthMax)],
    ["a text that is too long", JSON.stringify("x".repeat(reencodedLengthMax - 1))],
  ])("is not to be had of %s", (_, json) => {
    expect(phpReencodings(json)).toEqual([]);
  });

  it("is to be had of the longest and the deepest text that is looked at", () => {
    const longest = JSON.stringify("é".repeat(reencodedLengthMax - 2));
    const deepest = "[".repeat(reencodedLengthMax / 2) + "]".repeat(reencodedLengthMax / 2);

    expect(asPhp(longest)).toHaveLength(2 + 6 * (reencodedLengthMax - 2));
    expect(asPhp(deepest)).toBe(deepest);
  });
});
