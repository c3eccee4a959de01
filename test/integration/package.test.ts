/** What the package consists of can be started without the sources. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { commandFile } from "../support/server-process.ts";

const server = fileURLToPath(new URL("../../server", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "openbourse-package-"));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = JSON.parse(readFileSync(join(server, "package.json"), "utf8")) as {
  version: string;
  files: readonly string[];
};

describe("the package", () => {
  it("is started by its command, keeps what was compiled, and has the licence of what is bundled", async () => {
    const bundle = dirname(dirname(await commandFile()));
    for (const file of ["bin", "package.json"]) {
      cpSync(join(server, file), join(folder, file), { recursive: true });
    }
    symlinkSync(bundle, join(folder, "bundle"));
    const { NODE_COMPILE_CACHE: _, ...others } = process.env;
    const env = { ...others, XDG_CACHE_HOME: join(folder, "cache") };
    const command = [join(folder, "bin/openbourse.js"), "--version"];
    expect(execFileSync(process.execPath, command, { env, encoding: "utf8" })).toBe(
      `${manifest.version}\n`,
    );
    expect(manifest.files).toEqual(expect.arrayContaining(["bin", "bundle"]));
    expect(existsSync(join(folder, "cache/openbourse"))).toBe(true);
    expect(readFileSync(join(bundle, "LICENSE.typebox"), "utf8")).toContain("MIT");
  });
});
