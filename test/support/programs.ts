/**
 * Programs that tests start as processes of their own, put together as the package is, and its libraries with it: of 1,600
 * modules and 500 of libraries that a server is made of otherwise, each process would have to find and link every one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, bundledFile, startFile } from "../../scripts/bundle.ts";
import { sourcesMark } from "../../scripts/sources-mark.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "server/bundle-of-tests");
const stamp = join(folder, "made-of.txt");

const programs = {
  openbourse: startFile,
  failingStarts: join(root, "test/support/failing-starts.ts"),
  engineUnderLoad: join(root, "test/support/engine-under-load.ts"),
  commandLogWriter: join(root, "test/crash/command-log-writer.ts"),
  datasetRecorderLife: join(root, "test/crash/dataset-recorder-life.ts"),
} as const;

let making: Promise<void> = Promise.resolve();

/** The file to start for a program, made of the sources as they are now. */
export async function programFile(name: keyof typeof programs): Promise<string> {
  making = making.then(makeUnlessMade);
  await making;
  return bundledFile(folder, programs[name]);
}

/**
 * Two workers that find the same sources write the same files, whose names say what is in them; none is
 * taken away, since running servers may still load from them.
 */
async function makeUnlessMade(): Promise<void> {
  const patterns = ["server/src/**/*.ts", "test/**/*.ts", "scripts/bundle.ts", "package-lock.json"];
  const made = sourcesMark({ root, patterns });
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === made) return;
  await bundle(folder, Object.values(programs), { isWhole: true });
  writeFileSync(`${stamp}.${process.pid}`, made);
  renameSync(`${stamp}.${process.pid}`, stamp);
}

if (import.meta.main) await makeUnlessMade();
