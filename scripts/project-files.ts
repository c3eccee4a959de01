/** All files of the project that the house rules look at. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Wherever the program is started: npm starts it in the folder of the package that it packs. */
const root = fileURLToPath(new URL("..", import.meta.url));

/** A file of the project: its path from the root, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Files that git knows or would take; of others than text only pictures, which documents show, and without a text. */
export function projectFiles(): readonly ProjectFile[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    ...{ cwd: root, encoding: "utf8" },
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
        return [
          { path, text: path.endsWith(".png") ? "" : readFileSync(join(root, path), "utf8") },
        ];
      } catch {
        // A file that git still lists may have been deleted in the working tree.
        return [];
      }
    });
}
