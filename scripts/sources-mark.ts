/** What something is made of, told from what it was made of before. */
import { createHash } from "node:crypto";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";

/** What it is made of. */
export interface Sources {
  /** Folder that `patterns` start from. */
  readonly root: string;
  readonly patterns: readonly string[];
  /** Which of the files that match are none of them. */
  readonly except?: RegExp;
}

/** A text that changes with the place, the size or the time of any of the files. */
export function sourcesMark({ root, patterns, except }: Sources): string {
  const hash = createHash("sha256");
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    if (except?.test(file) === true) continue;
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}
