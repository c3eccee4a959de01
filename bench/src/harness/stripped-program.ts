/**
 * Writes programs without their types into the build folder, for a Node that does not take them as
 * they are. It changes nothing else; what they import from packages is found as before.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";
import { buildFolder } from "./c-program.ts";

/** Strips the given files, which may import each other; the path of the first one. */
export function stripProgram(files: readonly [string, ...string[]]): string {
  mkdirSync(buildFolder, { recursive: true });
  const paths = files.map((file) => {
    const path = join(buildFolder, basename(file, ".ts").concat(".mjs"));
    const text = stripTypeScriptTypes(readFileSync(file, "utf8"));
    writeFileSync(path, text.replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.mjs"'));
    return path;
  });
  return paths[0]!;
}
