import { describe, expect, it } from "vitest";
import { findUntidy } from "./tidy.ts";

const header = "/** A module. */\n";
const find = (path: string, text: string) => findUntidy([{ path, text }]);

describe("house rules", () => {
  it.each([
    ["server/src/core/a.ts", `${header}const t = Date.now();\n`, "time comes in as a parameter"],
    ["server/src/hub/a.ts", `${header}Math.random();\n`, "randomness comes in"],
    ["server/src/marketdata/a.ts", `${header}performance.now();\n`, "time comes in through"],
    ["server/src/main/a.ts", `${header}parseFloat("1");\n`, "use parseDecimal"],
    ["server/src/main/a.ts", `${header}(1).toFixed(2);\n`, "use formatDecimal"],
    [
      "test/integration/a.test.ts",
      "await vi.waitFor(() => x());\n",
      "wait with test/support/until",
    ],
    ["test/integration/a.test.ts", 'it("x", () => {\n}, 30_000);\n', "leave time limits"],
    ["server/src/main/a.test.ts", "expect.poll(x, { timeout: 5_000 })\n", "leave time limits"],
    ["test/crash/a.test.ts", "  },\n  (kills + 1) * 30_000,\n);\n", "leave time limits"],
    ["test/e2e/a.test.ts", "vi.setConfig({ testTimeout: 1 });\n", "leave time limits"],
    [
      "test/integration/a.test.ts",
      "describe.concurrent(x);\nawait expect.poll(y);\n",
      "side by side",
    ],
    ["server/src/main/a.ts", "export {};\n", "begins with no sentence"],
    ["server/src/main/a.ts", `${header}// TODO later\n`, "name the issue"],
    ["server/src/main/a.ts", header + "\n".repeat(450), "split it by concern"],
    ["server/src/main/a.test.ts", "\n".repeat(800), "split it by concern"],
    [
      "server/src/hub/a.ts",
      `${header}function f(a: string): string {\n${"  f();\n".repeat(69)}}\n`,
      "71 lines",
    ],
    [
      "server/src/hub/a.ts",
      `${header}export class A {\n  b() {\n${"    f();\n".repeat(69)}  }\n}\n`,
      "71 lines",
    ],
    ["server/src/hub/a.ts", `${header}export const alone = 1;\n`, "no production code uses alone"],
    ["server/src/core/a.ts", `${header}// The wire's deal id.\n`, "a word of one protocol"],
    ["server/src/marketdata/a.ts", `${header}const scaleIndex = 1;\n`, "say fill, depth scale"],
    ["server/src/dialects/x/decode.ts", header, "server/src/dialects/x/: has no session.ts"],
    ["server/src/feeds/x/feed.ts", header, "server/src/feeds/x/: has no README.md"],
    ["server/src/x/tsconfig.json", "{}", "does not build ./src/x"],
    ["docs/a.md", "[gone](../nowhere.md)", "leads nowhere"],
  ])("%s: %j breaks one", (path, text, fault) => {
    expect(find(path, text).some((line) => line.includes(fault))).toBe(true);
  });

  it("let good files pass", () => {
    expect(find("server/src/core/a.ts", `${header}// Date.now() is the caller's.\n`)).toEqual([]);
    expect(
      findUntidy([
        { path: "README.md", text: "[doc](docs/a.md#x) [web](https://x.example)" },
        { path: "docs/a.md", text: "[up](../README.md) [folder](../docs)" },
      ]),
    ).toEqual([]);
  });
});
