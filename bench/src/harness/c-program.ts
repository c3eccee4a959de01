/**
 * Builds the small C programs of the benchmarks with the system's compiler. Where there is none they
 * are not there, and whoever wanted one says what it does without.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** Where what is built lies; nothing of it is kept in the repository. */
export const buildFolder: string = join(import.meta.dirname, "..", "..", ".build");
const sourceFolder = join(import.meta.dirname, "..");
const compiler = process.env["CC"] ?? "cc";
const flags = ["-std=c11", "-Wall", "-Wextra", "-O2"];

/**
 * The path of the program of the folder `source`, which is below `bench/src` and has nothing but the
 * program's sources in it; undefined when there is no compiler.
 */
export function buildCProgram(source: string): string | undefined {
  const folder = join(sourceFolder, source);
  const files = readdirSync(folder).map((name) => join(folder, name));
  const program = join(buildFolder, basename(source));
  const newestMs = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newestMs) return program;
  // Two who build at once must not run what the other one has half written.
  const unfinished = `${program}.${process.pid}`;
  mkdirSync(buildFolder, { recursive: true });
  const sources = files.filter((file) => file.endsWith(".c"));
  const { error, status } = spawnSync(compiler, [...flags, "-o", unfinished, ...sources], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`${source} does not compile`);
  renameSync(unfinished, program);
  return program;
}

/** What the compiler calls itself. */
export function compilerVersion(): string {
  const { stdout } = spawnSync(compiler, ["--version"], { encoding: "utf8" });
  return stdout?.split("\n")[0] ?? "none";
}
