import { describe, expect, it } from "vitest";
import { unusedExports } from "./unused-exports.ts";

const bound = { path: "server/src/hub/a.ts", text: "export const bound = 1;\n" };
const file = (path: string, text: string) => ({ path, text });

describe("an export", () => {
  it.each([
    ["another file imports it", file("server/src/hub/b.ts", 'import { bound } from "./a.ts";')],
    ["it is handed on", file("server/src/hub/b.ts", 'export { bound } from "./a.ts";')],
    [
      "a benchmark imports it",
      file("bench/b.ts", 'import { bound } from "../server/src/hub/a.ts";'),
    ],
    [
      "a module that is loaded on demand is asked for it",
      file("server/src/cli/b.ts", 'const { bound } = await import("../hub/a.ts");'),
    ],
  ])("is used when %s", (_, user) => {
    expect(unusedExports([bound, user], new Map())).toEqual([]);
  });

  it("is used when its own file uses it", () => {
    const text = "export const bound = 1;\nexport const twice = 2 * bound;\n";
    const user = file("server/src/hub/b.ts", 'import { twice } from "./a.ts";');
    expect(unusedExports([{ ...bound, text }, user], new Map())).toEqual([]);
  });

  it.each([
    ["a test imports it", file("server/src/hub/a.test.ts", 'import { bound } from "./a.ts";')],
    [
      "a fixture imports it",
      file("test/support/b.ts", 'import { bound } from "../../server/src/hub/a.ts";'),
    ],
    ["another export has its name", file("server/src/hub/b.ts", 'import { bound } from "./c.ts";')],
    ["a comment names it", { ...bound, text: `${bound.text}// bound is good\n` }],
  ])("is unused when only %s", (_, other) => {
    expect(unusedExports(other.path === bound.path ? [other] : [bound, other], new Map())).toEqual([
      "server/src/hub/a.ts: no production code uses bound: delete it, or say what it waits for",
    ]);
  });

  it("may wait for work to come, which is named", () => {
    expect(unusedExports([bound], new Map([[bound.path, "issue fifteen: followers"]]))).toEqual([]);
  });
});
