/**
 * A package of Debian's newest suite, unpacked into a folder beside the system and without a trace in it: for
 * programs whose version in the system's own Debian is too old. It takes the mirror that the system takes.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Run by itself: `node scripts/newer-debian.ts PACKAGE FOLDER`. */
if (import.meta.main) {
  const [name = "", folder = ""] = process.argv.slice(2);
  const why = unpackNewer(name, folder);
  if (why !== undefined) console.log(`\n== ${name} of a newer Debian is not unpacked: ${why}`);
}

/** Unpacks a package that needs nothing but what the system has; a text says why it cannot be had. */
function unpackNewer(name: string, folder: string): string | undefined {
  const mirror = mirrorOf(output("apt-get", ["indextargets", "--format", "$(REPO_URI)"]));
  if (mirror === undefined) return "this system names no mirror of Debian";
  const state = mkdtempSync(join(tmpdir(), "openbourse-debian-"));
  try {
    const options = optionsOf(state, mirror);
    const apt = (...args: readonly string[]) =>
      spawnSync("apt-get", ["-qq", "-o", "Acquire::Retries=3", ...options, ...args], { cwd: state })
        .status === 0;
    if (!apt("update")) return "the list of Debian's newest packages cannot be had";
    if (!apt("download", name)) return `${name} cannot be had`;
    const file = readdirSync(state).find((each) => each.endsWith(".deb"));
    if (file === undefined) return `${name} was not stored`;
    mkdirSync(folder, { recursive: true });
    const { status } = spawnSync("dpkg-deb", ["-x", join(state, file), folder]);
    return status === 0 ? undefined : `${name} cannot be unpacked`;
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

function mirrorOf(targets: string): string | undefined {
  return targets.split("\n").find((address) => /\/debian\/?$/.test(address));
}

/** Has the package manager keep everything that it notes in a folder of its own. */
function optionsOf(state: string, mirror: string): readonly string[] {
  for (const each of ["lists/partial", "archives/partial", "parts"]) {
    mkdirSync(join(state, each), { recursive: true });
  }
  copyFileSync("/var/lib/dpkg/status", join(state, "status"));
  writeFileSync(join(state, "sources.list"), `deb [signed-by=${keys}] ${mirror} sid main\n`);
  const places = {
    "Dir::State": state,
    "Dir::State::Lists": join(state, "lists"),
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": state,
    "Dir::Cache::archives": join(state, "archives"),
    "Dir::Etc::sourcelist": join(state, "sources.list"),
    "Dir::Etc::sourceparts": join(state, "parts"),
    "Dir::Etc::preferencesparts": join(state, "parts"),
    "APT::Sandbox::User": "root",
  };
  return Object.entries(places).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

function output(command: string, args: readonly string[]): string {
  return spawnSync(command, [...args], { encoding: "utf8" }).stdout ?? "";
}
