import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pages } from "./docs.ts";

describe("generated pages", () => {
  it.each(pages)("%s is what `npm run docs` writes", (path, write) => {
    expect(readFileSync(path, "utf8")).toBe(write());
  });
});
