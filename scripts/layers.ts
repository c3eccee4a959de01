/**
 * The house as the compiler sees it: which layer may import which, out of the projects' references, and
 * which file imports which. `node scripts/layers.ts` prints the table that stands in ARCHITECTURE.md.
 */
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProjectFile, projectFiles } from "./project-files.ts";

/** A layer: its folder below `server/src`, or a package of its own, and the layers that it may import. */
export interface Layer {
  readonly name: string;
  readonly mayImport: readonly string[];
}

const sources = "server/src/";
/** Packages beside the server, each one layer; their sources are in `src`. */
const packages: readonly string[] = ["client", "terminal"];
const roots: readonly string[] = [sources, ...packages.map((name) => `${name}/src/`)];
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+\.tsx?)"/g;

/** All layers, those that import nothing first; each after all that it may import. */
export function layersOf(files: readonly ProjectFile[]): readonly Layer[] {
  const layers = files.flatMap(({ path, text }) => {
    const name = layerName(path);
    if (name === undefined) return [];
    const { references = [] } = JSON.parse(text) as { references?: readonly { path: string }[] };
    return [{ name, mayImport: references.map((to) => normalize(join(name, to.path))).sort() }];
  });
  return inFloors(layers);
}

function layerName(path: string): string | undefined {
  const [, inServer, beside] = /^(?:server\/src\/(.+)|(\w+))\/tsconfig\.json$/.exec(path) ?? [];
  return inServer ?? packages.find((name) => name === beside);
}

/** Where the sources of a layer begin. */
function rootOf(name: string): string {
  return packages.includes(name) ? `${name}/src/` : `${sources}${name}/`;
}

function inFloors(layers: readonly Layer[]): readonly Layer[] {
  const laid: Layer[] = [];
  let left = layers.toSorted((a, b) => a.name.localeCompare(b.name));
  while (left.length > 0) {
    const isLaid = (name: string) => laid.some((layer) => layer.name === name);
    const floor = left.filter(({ mayImport }) => mayImport.every(isLaid));
    if (floor.length === 0) return [...laid, ...left];
    laid.push(...floor);
    left = left.filter((layer) => !floor.includes(layer));
  }
  return laid;
}

/** The table of {@link layersOf}; layers that may import the same share a row. */
export function layerTable(layers: readonly Layer[]): string {
  const rows = new Map<string, string[]>();
  for (const { name, mayImport } of layers) {
    const cell = importCell(layers, name, mayImport);
    rows.set(cell, [...(rows.get(cell) ?? []), `\`${name}\``]);
  }
  const lines = Array.from(rows, ([cell, names]) => `| ${names.join(", ")} | ${cell} |`);
  return ["| layer | may import |", "|---|---|", ...lines].join("\n");
}

function importCell(layers: readonly Layer[], name: string, mayImport: readonly string[]): string {
  if (mayImport.length === 0) return "nothing";
  const others = layers.map((layer) => layer.name).filter((other) => other !== name);
  if (mayImport.length === others.length) return "everything";
  const not = others.filter((other) => !mayImport.includes(other));
  if (not.length * 4 > mayImport.length) return mayImport.map((other) => `\`${other}\``).join(", ");
  return `all but ${not.map((other) => `\`${other}\``).join(", ")}`;
}

/** What each source file imports of the project, types included; tests are left out. */
export function importsOf(files: readonly ProjectFile[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    files
      .filter(({ path }) => roots.some((root) => path.startsWith(root)))
      .filter(({ path }) => /(?<!\.\w+)\.tsx?$/.test(path))
      .map(({ path, text }) => [
        path,
        [...text.matchAll(importPattern)].map(([, to = ""]) => normalize(join(dirname(path), to))),
      ]),
  );
}

/** Groups of files that import each other in a circle. */
export function circlesIn(
  imports: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const reached = new Map<string, Set<string>>();
  const reachOf = (file: string): Set<string> => {
    const known = reached.get(file);
    if (known !== undefined) return known;
    const reach = new Set<string>();
    const waiting = [...(imports.get(file) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (reach.has(next)) continue;
      reach.add(next);
      waiting.push(...(imports.get(next) ?? []));
    }
    reached.set(file, reach);
    return reach;
  };
  const isInCircleWith = (file: string, other: string) =>
    reachOf(file).has(other) && reachOf(other).has(file);
  const circles: (readonly string[])[] = [];
  for (const file of imports.keys()) {
    if (!reachOf(file).has(file) || circles.some((circle) => circle.includes(file))) continue;
    circles.push([...reachOf(file)].filter((other) => isInCircleWith(file, other)).toSorted());
  }
  return circles;
}

/** What is wrong with the house: imports past a wall, and circles. */
export function layerFaults(files: readonly ProjectFile[]): readonly string[] {
  const layers = layersOf(files);
  const imports = importsOf(files);
  const faults: string[] = [];
  for (const [file, targets] of imports) {
    const from = layerOf(layers, file);
    for (const target of targets) {
      const to = layerOf(layers, target);
      if (from === undefined || to === undefined || from === to) continue;
      if (!from.mayImport.includes(to.name)) {
        faults.push(`${file}: imports ${target}, which ${from.name} may not`);
      }
    }
  }
  for (const circle of circlesIn(imports)) faults.push(`a circle: ${circle.join(", ")}`);
  return faults;
}

function layerOf(layers: readonly Layer[], file: string): Layer | undefined {
  return layers
    .filter(({ name }) => file.startsWith(rootOf(name)))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = projectFiles();
  console.log(layerTable(layersOf(files)));
  const faults = layerFaults(files);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
