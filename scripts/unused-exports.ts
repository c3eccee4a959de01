/**
 * Finds what no production code uses: exports that nothing imports and their own file does not mention
 * again. Tests do not count, or they would keep alive what only they need.
 */
import { dirname, normalize } from "node:path";
import type { ProjectFile } from "./project-files.ts";

/** What is laid for work to come, by file: which issue takes it up, and what for. */
export const laidForLater: ReadonlyMap<string, string> = new Map([]);

const testPath = /\.(test|prop|fuzz|contract|fixture|suite)\.ts$|^test\/|^server\/src\/testing\//;
const listPattern = /(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"(\.[^"]+)"/g;
const laterPattern = /import\("(\.[^"]+)"\)/g;
const exportPattern =
  /^export (?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

/** Each unused export of server, client and terminal, with what to do about it. */
export function unusedExports(
  files: readonly ProjectFile[],
  kept: ReadonlyMap<string, string> = laidForLater,
): readonly string[] {
  const sources = files.filter(({ path }) => /\.tsx?$/.test(path) && !testPath.test(path));
  const isUsed = usesOf(sources);
  return sources
    .filter(({ path }) => /^(server|client|terminal)\/src\//.test(path) && !kept.has(path))
    .flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return [...code.matchAll(exportPattern)]
        .map((match) => match[1] ?? "")
        .filter((name) => timesIn(code, name) === 1 && !isUsed(path, name))
        .map(
          (name) => `${path}: no production code uses ${name}: delete it, or say what it waits for`,
        );
    });
}

function usesOf(sources: readonly ProjectFile[]): (path: string, name: string) => boolean {
  const named = new Set<string>();
  const whole = new Map<string, string[]>();
  for (const { path, text } of sources) {
    const resolve = (to: string) => normalize(`${dirname(path)}/${to}`);
    for (const [, names = "", to = ""] of text.matchAll(listPattern)) {
      for (const entry of names.split(",")) {
        const name = /^\s*(?:type\s+)?(\w+)/.exec(entry)?.[1];
        if (name !== undefined) named.add(`${resolve(to)} ${name}`);
      }
    }
    // A module that is loaded on demand: what the loading file mentions of it is used.
    for (const [, to = ""] of text.matchAll(laterPattern)) {
      whole.set(resolve(to), [...(whole.get(resolve(to)) ?? []), text]);
    }
  }
  return (path, name) =>
    named.has(`${path} ${name}`) ||
    (whole.get(path)?.some((text) => timesIn(text, name) > 0) ?? false);
}

function timesIn(text: string, name: string): number {
  return text.match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/[^\n]*/g, "");
}
