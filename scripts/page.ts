/**
 * Builds the page that the server shows at `/`, unless that was done since its sources were changed. `npm start` calls it, so that a
 * checkout needs no step of its own for it; an installed server brings the page with it. A page that cannot be built keeps nobody
 * from starting the server, which says then that it has none.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sourcesMark } from "./sources-mark.ts";

const root = join(import.meta.dirname, "..");
const built = join(root, "server/dist/terminal");
const mark = join(built, ".sources");

/** The builder's command; undefined where it is not installed, as without development dependencies. */
function builder(): string | undefined {
  try {
    const file = createRequire(join(root, "terminal/package.json")).resolve("vite/package.json");
    return join(dirname(file), "bin/vite.js");
  } catch {
    return undefined;
  }
}

const now = sourcesMark({
  root,
  patterns: [
    "terminal/{src,public}/**/*.*",
    "terminal/{index.html,vite.config.ts,package.json}",
    "client/src/**/*.ts",
  ],
  except: /\.(test|prop|fixture)\.ts$/,
});

function isBuilt(): boolean {
  return existsSync(mark) && readFileSync(mark, "utf8") === now;
}

/** Puts a finished page in its place, so that nobody finds half of one; where another process was quicker, its page stays. */
function putInPlace(made: string): void {
  try {
    if (!isBuilt()) {
      rmSync(built, { recursive: true, force: true });
      renameSync(made, built);
    }
  } catch {
    // Another process was quicker in between.
  }
  rmSync(made, { recursive: true, force: true });
}

if (!isBuilt()) {
  const command = builder();
  if (command === undefined) {
    console.log("the page is not built: vite is not installed, which `npm ci` does");
  } else {
    console.log("building the page (once, a few seconds) …");
    const made = `${built}-${process.pid}`;
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [command, "build", join(root, "terminal"), "--logLevel", "warn", "--outDir", made],
      // Whoever builds it, a test included, gets the page that is shipped: libraries choose by this name.
      { encoding: "utf8", env: { ...process.env, NODE_ENV: "production" } },
    );
    if (status === 0) {
      writeFileSync(join(made, ".sources"), now);
      putInPlace(made);
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      console.log(`the page is built (${seconds} s)`);
    } else {
      rmSync(made, { recursive: true, force: true });
      console.log(
        `the page could not be built, and the server starts without it:\n${stdout}${stderr}`,
      );
    }
  }
}
