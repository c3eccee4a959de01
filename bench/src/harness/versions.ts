/** Tells which version of an installed package takes part, so that a result can be repeated. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The version in the package's own package.json, as seen from the benchmarks. */
export function packageVersion(name: string): string {
  const path = findPackageJSON(name, import.meta.url);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
