/** All files of the project that the house rules look at. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** A file of the project: its path from the root, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Files that git knows or would take; of others than text only pictures, which documents show, and without a text. */
export function projectFiles(): readonly ProjectFile[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
  });
  return listed
    .split("\n")
    .filter(
      (path) =>
        /\.(tsx?|css|png|md|jsonl|json|yaml|proto|js|py|sh|csv)$|\.ci\/run$/.test(path) &&
        basename(path) !== "package-lock.json",
    )
    .flatMap((path) => {
      try {
        return [{ path, text: path.endsWith(".png") ? "" : readFileSync(path, "utf8") }];
      } catch {
        // A file that git still lists may have been deleted in the working tree.
        return [];
      }
    });
}
