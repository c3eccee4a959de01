/**
 * Finds the files that are meant by paths, folders and patterns, each once, by name. It opens none of them.
 */
import { glob, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

/** Most files that are read together. */
export const filesMax = 10_000;

/** Standard input, in the place of a file. */
export const standardInput = "-";

/** The files that were found. */
export interface FoundFiles {
  readonly files: readonly string[];
  /** What was found and is not read, and why. */
  readonly leftOut: readonly string[];
}

const patternSigns = /[*?[\]{}]/;
const readable = /\.(csv|tsv|txt|ndjson|jsonl|json|zip|gz|zst|zstd|parquet|pq)$/i;

/** Whether a path is a pattern, where there is no file of that very name. */
export function isPattern(path: string): boolean {
  return patternSigns.test(path);
}

/** All files that are meant; a text says which path leads to none. */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles | string> {
  const seen = new Set<string>();
  const files: string[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const found = await filesOf(path);
    if (typeof found === "string") return found;
    leftOut.push(...found.leftOut);
    for (const file of found.files) {
      const place = file === standardInput ? file : await realpath(file).catch(() => file);
      if (seen.has(place)) leftOut.push(`${file} is named twice: it is read once`);
      else files.push(file);
      seen.add(place);
    }
    if (files.length > filesMax) return `more than ${filesMax} files are named: name fewer at once`;
  }
  return { files, leftOut };
}

async function filesOf(path: string): Promise<FoundFiles | string> {
  if (path === standardInput) return { files: [path], leftOut: [] };
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) return await filesIn(path);
  if (stats === undefined && isPattern(path)) return await filesLike(path);
  // A file that is not there is said to be so when it is opened, with the reason of the system.
  return { files: [path], leftOut: [] };
}

async function filesLike(pattern: string): Promise<FoundFiles | string> {
  const files: string[] = [];
  for await (const entry of glob(pattern)) {
    if ((await stat(entry).catch(() => undefined))?.isFile() === true) files.push(entry);
    if (files.length > filesMax) break;
  }
  if (files.length === 0) return `no file matches ${pattern}`;
  return { files: files.toSorted(), leftOut: [] };
}

async function filesIn(folder: string): Promise<FoundFiles | string> {
  const all = await everyFileIn(folder);
  const [files, others] = [all.filter(isReadable), all.filter((path) => !isReadable(path))];
  if (files.length === 0) {
    return `there is no file in ${folder} that ends in .csv, .ndjson, .zip, .gz, .zst, .parquet or the like: name files one by one, or by a pattern`;
  }
  const leftOut =
    others.length === 0
      ? []
      : [`other files in ${folder} are left out: ${others.length}, such as ${others[0]}`];
  return { files, leftOut };
}

function isReadable(path: string): boolean {
  return readable.test(path);
}

/** Files in a folder and in those below it, by name; hidden ones are not meant. */
async function everyFileIn(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const entries = await readdir(next, { withFileTypes: true });
    for (const entry of entries.filter(({ name }) => !name.startsWith("."))) {
      (entry.isDirectory() ? folders : files).push(join(next, entry.name));
    }
    if (files.length > filesMax || folders.length > filesMax) break;
  }
  return files.toSorted();
}
