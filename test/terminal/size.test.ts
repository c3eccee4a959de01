import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPage, pageFolder } from "../support/built-page.ts";

/** What the builder notes of a file. */
interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
}

beforeAll(() => buildPage());

function chunksOf(): Record<string, Chunk> {
  return JSON.parse(readFileSync(join(pageFolder, ".vite/manifest.json"), "utf8"));
}

describe("the built page", () => {
  it("needs at most 170 kB, compressed, to show a market", () => {
    const read = (file: string) => readFileSync(join(pageFolder, file));
    const chunks = chunksOf();
    const files = new Set(["index.html"]);
    // The entry asks for what draws the page.
    const waiting = ["index.html", "src/main.tsx", "src/app/beside-chart.ts"];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const { file, css = [], imports = [] } = chunks[name] ?? { file: "index.html" };
      if (files.has(file) && file !== "index.html") continue;
      for (const one of [file, ...css]) files.add(one);
      waiting.push(...imports);
    }
    expect([...files].filter((file) => file.endsWith(".js")).length).toBeGreaterThanOrEqual(2);
    const bytes = [...files].reduce(
      (sum, file) => sum + gzipSync(read(file), { level: 9 }).length,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(170_000);
  });

  it("is the edition for users, whoever builds it", () => {
    const { file = "" } = chunksOf()["src/main.tsx"] ?? {};
    // The chart's library is twice as large with what it tells its own developers.
    expect(readFileSync(join(pageFolder, file)).length).toBeLessThan(300_000);
  });

  it("has no code and no style within its entry", () => {
    const html = readFileSync(join(pageFolder, "index.html"), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    for (const [, address = ""] of html.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(address).toMatch(/^\/(?!\/)/);
  });
});
