#!/usr/bin/env node
// Says in plain words which Node.js is needed before anything newer is loaded, then starts the
// command line: the sources in a checkout, the bundle in an installed package.
const { existsSync } = await import("node:fs");

const nodeMajorMin = 24;
const nodeMajor = Number(process.versions.node.split(".")[0]);

if (nodeMajor < nodeMajorMin) {
  process.stderr.write(
    `openbourse needs Node.js ${nodeMajorMin} or newer, but this is ${process.version}.\n` +
      "In a checkout, `npm ci` installs the right one: start with `npm start` or `npx openbourse`.\n",
  );
  process.exitCode = 2;
} else {
  const { enableCompileCache } = await import("node:module");
  const { homedir } = await import("node:os");
  const { join } = await import("node:path");
  // What was compiled is kept for the next start; where that cannot be, nothing is kept.
  enableCompileCache(
    process.env["NODE_COMPILE_CACHE"] ??
      join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "openbourse"),
  );
  const source = new URL("../src/cli/start.ts", import.meta.url);
  const build = new URL("../bundle/cli/start.js", import.meta.url);
  await import(existsSync(source) ? source.href : build.href);
}
