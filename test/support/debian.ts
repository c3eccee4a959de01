/** Debian packages that some conformance tests need: installed when that is possible, else said aloud. */
import { spawnSync } from "node:child_process";

/** Makes sure that a Python module of a Debian package is there; a text says why it is not. */
export function ensurePythonModule(module: string, debianPackage: string): string | undefined {
  if (hasModule(module)) return undefined;
  if (spawnSync("apt-get", ["--version"]).status !== 0) {
    return `needs ${debianPackage}, and this is no Debian machine`;
  }
  if (process.getuid?.() !== 0) return `needs ${debianPackage}: install it or run as root`;
  const install = () =>
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", debianPackage]);
  if (install().status !== 0) {
    spawnSync("apt-get", ["update"]);
    install();
  }
  return hasModule(module) ? undefined : `needs ${debianPackage}, and it could not be installed`;
}

/** Debian's own Python: another one on the path does not see Debian's modules. */
export const debianPython = "/usr/bin/python3";

function hasModule(module: string): boolean {
  return spawnSync(debianPython, ["-c", `import ${module}`]).status === 0;
}
