import { describe, expect, it } from "vitest";
import { readable } from "./readable.ts";

describe("a frame that is opened", () => {
  it("has a line for each part, and every digit as it was sent", () => {
    expect(readable('{"a":[1.50,{"b":[]}],"c":{},"d":12345678901234567890}')).toBe(
      [
        "{",
        '  "a": [',
        "    1.50,",
        "    {",
        '      "b": []',
        "    }",
        "  ],",
        '  "c": {},',
        '  "d": 12345678901234567890',
        "}",
      ].join("\n"),
    );
  });

  it.each(['"a,b:{\\"}"', "no_json", '"open', "", "]]}"])("leaves %j to be read", (text) => {
    expect(readable(text).replace(/\n */g, "")).toBe(text);
  });
});
