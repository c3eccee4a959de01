#!/usr/bin/env node
// Says in plain words which Node.js is needed before anything newer is loaded, then starts the
// command line: the sources in a checkout, the build in an installed package.
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
  const source = new URL("../src/cli/main.ts", import.meta.url);
  const build = new URL("../dist/cli/main.js", import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : build.href);
  process.exitCode = await main(process.argv.slice(2));
}
