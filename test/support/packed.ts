/** The packages as npm packs them, installed into a folder of their own. Nothing is fetched. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleFolder } from "../../scripts/bundle.ts";
import { buildPage, pageFolder } from "./built-page.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** A package that was packed. */
export interface Packed {
  /** The file that npm made. */
  readonly file: string;
  /** What is in it. */
  readonly files: readonly string[];
}

async function pack(folder: string, target: string): Promise<Packed> {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", target];
  const { stdout } = await run("npm", args, { cwd: folder });
  const answer: unknown = JSON.parse(stdout);
  // A list, or an object by name, as npm is older or newer.
  const [packed] = Object.values(answer as object) as readonly {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (packed === undefined) throw new Error(`npm has packed nothing: ${stdout}`);
  return {
    file: join(target, packed.filename.replace("@", "").replace("/", "-")),
    files: packed.files.map(({ path }) => path),
  };
}

/** Packs the client, built of its sources as they are now. */
export async function packClient(target: string): Promise<Packed> {
  const client = join(root, "client");
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", client]);
  const copy = join(target, "client");
  for (const part of ["package.json", "README.md", "dist", "examples", "src"]) {
    cpSync(join(client, part), join(copy, part), { recursive: true });
  }
  cpSync(join(root, "LICENSE"), join(copy, "LICENSE"));
  return await pack(copy, target);
}

/** Packs the server, bundled of its sources as they are now, with its page. */
export async function packServer(target: string): Promise<Packed> {
  const server = join(root, "server");
  const copy = join(target, "server");
  for (const part of ["package.json", "assets", "bin"]) {
    cpSync(join(server, part), join(copy, part), { recursive: true });
  }
  for (const part of ["LICENSE", "README.md"]) cpSync(join(root, part), join(copy, part));
  // In the package's own folder, as npm does before it packs.
  const bundling = run(process.execPath, ["../scripts/bundle.ts"], { cwd: server });
  await Promise.all([bundling, buildPage()]);
  cpSync(bundleFolder, join(copy, "bundle"), { recursive: true });
  cpSync(pageFolder, join(copy, "dist/terminal"), { recursive: true });
  return await pack(copy, target);
}

/** Installs a package without dependencies as a program's author does. */
export async function install(folder: string, packed: Packed): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
  const quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  await run("npm", ["install", ...quiet, packed.file], { cwd: folder });
}

/**
 * Unpacks a package with dependencies. Those that its manifest names, and no others, are found beside it: they are the ones
 * that are installed here, since nothing is fetched.
 */
export async function unpack(folder: string, name: string, packed: Packed): Promise<string> {
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  await run("tar", ["-xzf", packed.file, "-C", place, "--strip-components=1"]);
  const manifest = JSON.parse(readFileSync(join(place, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const dependency of Object.keys(manifest.dependencies)) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", dependency), link);
  }
  return place;
}
