/**
 * What `npm run bench` runs: installs the peers that the benchmarks compare with when they are not
 * there yet, then starts the command line. It measures nothing itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const lockFile = join(folder, "package-lock.json");
/** Written by npm at the end of an installation. */
const installedMark = join(folder, "node_modules", ".package-lock.json");

const isInstalled =
  existsSync(installedMark) && statSync(installedMark).mtimeMs >= statSync(lockFile).mtimeMs;
process.exitCode = (isInstalled ? 0 : install()) || bench();

function install(): number {
  console.error("installing the benchmarks' own packages, this once");
  return run("npm", ["ci", "--prefix", folder, "--no-fund", "--no-audit"]);
}

function bench(): number {
  const main = join(folder, "src", "main.ts");
  // Peers that need an older Node are stripped of their types, which Node still calls experimental.
  const flags = ["--disable-warning=ExperimentalWarning"];
  return run(process.execPath, [...flags, main, ...process.argv.slice(2)]);
}

function run(command: string, args: readonly string[]): number {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}
