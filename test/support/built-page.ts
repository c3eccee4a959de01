/** The page as it is built from the sources that are here now. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Where the built page lies. */
export const pageFolder: string = join(root, "server/dist/terminal");

/** Builds it, unless it is what the sources say. */
export async function buildPage(): Promise<void> {
  const script = join(root, "scripts/page.ts");
  const building = spawn(process.execPath, [script], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(building, "exit");
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}
