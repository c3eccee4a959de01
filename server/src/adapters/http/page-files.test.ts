import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import Fastify from "fastify";
import { afterAll, describe, expect, it } from "vitest";
import { addPage, readPageFiles } from "./page-files.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

const entry = "<!doctype html><title>page</title>";
const script = "console.log('page');\n".repeat(100);
mkdirSync(join(folder, "assets"));
mkdirSync(join(folder, ".vite"));
writeFileSync(join(folder, "index.html"), entry);
writeFileSync(join(folder, "assets/index-1a2b.js"), script);
writeFileSync(join(folder, "assets/notes.txt"), "of no kind that a page needs");
writeFileSync(join(folder, ".vite/manifest.json"), "{}");

async function served() {
  const files = readPageFiles(folder);
  if (files === undefined) throw new Error("the page is there");
  const app = Fastify();
  addPage(app, files, ["/", "/data"]);
  return (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
}

describe("the page", () => {
  it("is the same entry at each of its paths, under a policy that allows nothing but its own", async () => {
    const ask = await served();
    for (const path of ["/", "/data"]) {
      const { statusCode, headers, body } = await ask(path);
      expect({ statusCode, body }).toEqual({ statusCode: 200, body: entry });
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
      expect(headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
    }
  });

  it("has files that browsers keep for good, since another one has another name", async () => {
    const { headers, body } = await (await served())("/terminal/assets/index-1a2b.js");
    expect(body).toBe(script);
    expect(headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "text/javascript; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
  });

  it("is sent as small as who asks can take it", async () => {
    const ask = await served();
    const asked = async (accepted: string) => {
      const { headers, rawPayload } = await ask("/terminal/assets/index-1a2b.js", {
        "accept-encoding": accepted,
      });
      return { coding: headers["content-encoding"], body: rawPayload };
    };
    const brotli = await asked("gzip, deflate, br, zstd");
    expect([brotli.coding, String(brotliDecompressSync(brotli.body))]).toEqual(["br", script]);
    const gzip = await asked("gzip;q=0.5, br;q=0");
    expect([gzip.coding, String(gunzipSync(gzip.body))]).toEqual(["gzip", script]);
    for (const none of ["", "identity", "br;q=0, gzip;q=0.0", "brotli"])
      expect((await asked(none)).coding, none).toBeUndefined();
  });

  it("is not sent again to who has it", async () => {
    const ask = await served();
    const etag = String((await ask("/")).headers["etag"]);
    const again = await ask("/", { "if-none-match": etag });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it("shows nothing else of its folder, and nothing beside it", async () => {
    const ask = await served();
    for (const path of [
      "/terminal/",
      "/terminal/index.html",
      "/terminal/.vite/manifest.json",
      "/terminal/assets/notes.txt",
      "/terminal/assets/",
      "/terminal/../index.html",
      "/terminal/..%2findex.html",
      "/terminal/assets/../../package.json",
      "/terminal/constructor",
      "/console",
    ])
      expect((await ask(path)).statusCode, path).toBe(404);
  });

  it("is none where its folder or its entry is missing", () => {
    expect(readPageFiles(join(folder, "nowhere"))).toBeUndefined();
    expect(readPageFiles(join(folder, "assets"))).toBeUndefined();
  });
});
