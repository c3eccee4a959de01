/**
 * Puts the sources of the server, and the schemas' library, together in few files: what the package has
 * in place of its 500 modules and the library's 700, each of which a start would have to find and link.
 * A module goes on believing that it lies where it lies in `src`, and so finds its threads and processes beside it.
 * Other libraries stay packages of their own, which can be kept up to date without a new release.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { projectFiles } from "./project-files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "server/src");
/** What becomes a part of the bundle; its licence is handed on beside it. */
const bundledLibrary = "typebox";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const { dependencies, peerDependencies } = JSON.parse(
  readFileSync(join(root, "server/package.json"), "utf8"),
) as Manifest;

/** Packages that stay by themselves. */
const libraries = Object.keys({ ...dependencies, ...peerDependencies }).filter(
  (name) => name !== bundledLibrary,
);

/** Those that may be missing. */
const optionalLibraries = Object.keys(peerDependencies);

/** The program that the package's command starts. */
export const startFile: string = join(sources, "cli/start.ts");

/** Where the package's bundle lies. */
export const bundleFolder: string = join(root, "server/bundle");

/** Programs of the threads and processes that the server starts: they speak with it. */
function helperFiles(): readonly string[] {
  return projectFiles()
    .filter(
      ({ path }) => path.startsWith("server/src/") && !/\.(test|prop|fixture)\.ts$/.test(path),
    )
    .filter(({ text }) =>
      /^import \{[^}]*\b(parentPort|workerData)\b|^(serveStores|answerOwners)<|\bprocess\.send\(/m.test(
        text,
      ),
    )
    .map(({ path }) => join(root, path));
}

/**
 * Bundles programs, each of which is then started as its path in `src`, with `.js` at its end. With `isWhole` other
 * libraries become a part of it too, for programs that start often and are handed on to nobody.
 */
export async function bundle(
  folder: string,
  programs: readonly string[],
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): Promise<void> {
  const apart = isWhole ? optionalLibraries : libraries;
  const inputs = [...programs, ...helperFiles()];
  const bundled = await rolldown({
    input: Object.fromEntries(inputs.map((file) => [flatName(file), file])),
    platform: "node",
    transform: { target: "node24" },
    external: (id) => apart.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [{ name: "place", transform: (code, file) => placed(code, file) }],
  });
  const { output } = await bundled.write({
    dir: folder,
    entryFileNames: "[name]-[hash].js",
    // One letter outside ASCII makes an engine keep a whole file as UTF-16: two bytes for each letter of megabytes.
    charset: "ascii",
    comments: { legal: !isWhole, annotation: false, jsdoc: false },
  });
  for (const file of output) {
    if (file.type === "chunk" && file.isEntry) writeStart(folder, file.name, file.fileName);
  }
  const licence = readFileSync(join(root, "node_modules", bundledLibrary, "license"), "utf8");
  writeFileSync(join(folder, `LICENSE.${bundledLibrary}`), licence);
}

/** Where a program lies in a bundle. */
export function bundledFile(folder: string, program: string): string {
  return join(folder, inBundle(program));
}

function inBundle(file: string): string {
  return relative(sources, file).replaceAll("../", "").replace(/\.ts$/, ".js");
}

/** All code lies in one folder, so that its modules know where that is. */
function flatName(file: string): string {
  return inBundle(file).replace(/\.js$/, "").replaceAll("/", ".");
}

function writeStart(folder: string, name: string, target: string): void {
  const place = `${name.replaceAll(".", "/")}.js`;
  const file = join(folder, place);
  mkdirSync(dirname(file), { recursive: true });
  const up = "../".repeat(place.split("/").length - 1) || "./";
  writeFileSync(file, `export * from "${up}${target}";\n`);
}

function placed(code: string, file: string): string | undefined {
  if (!code.includes("import.meta.url")) return undefined;
  if (!file.startsWith(root) || file.includes("node_modules")) return undefined;
  const place = file.startsWith(sources)
    ? `new URL("./${inBundle(file)}", import.meta.url).href`
    : JSON.stringify(pathToFileURL(file).href);
  return code.replaceAll("import.meta.url", place);
}

if (import.meta.main) {
  rmSync(bundleFolder, { recursive: true, force: true });
  await bundle(bundleFolder, [startFile]);
}
