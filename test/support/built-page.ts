/** The page as it is built from the sources that are here now. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Where the built page lies. */
export const pageFolder: string = join(root, "server/dist/terminal");

let built: Promise<void> | undefined;

/** Builds it, unless it is what the sources say; looks at them once in a thread, which lives no longer than a run. */
export function buildPage(): Promise<void> {
  built ??= build();
  return built;
}

async function build(): Promise<void> {
  const script = join(root, "scripts/page.ts");
  const building = spawn(process.execPath, [script], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(building, "exit");
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}
