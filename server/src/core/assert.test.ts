import { describe, expect, it } from "vitest";
import { AssertionError, assert, ensureNever } from "./assert.ts";

describe("an assertion", () => {
  it("passes when it holds, and names the invariant when it does not", () => {
    expect(() => assert(true, "money is conserved")).not.toThrow();
    expect(() => assert(false, "money is conserved")).toThrow(
      new AssertionError("invariant violated: money is conserved"),
    );
  });
});

describe("a case that cannot be", () => {
  const circular: Record<string, unknown> = {};
  circular["itself"] = circular;

  it.each<[string, unknown, string]>([
    ["a text", "x", '"x"'],
    ["an object", { kind: "x" }, '{"kind":"x"}'],
    ["a bigint", 5n, '"5n"'],
    ["an object with a bigint", { kind: "x", amount: 5n }, '{"kind":"x","amount":"5n"}'],
    ["nothing", undefined, "undefined"],
    ["an object that holds itself", circular, "[object Object]"],
  ])("is an assertion that names it: %s", (_what, value, words) => {
    expect(() => ensureNever(value as never)).toThrow(
      new AssertionError(`unexpected case: ${words}`),
    );
  });
});
