/** Checks the types of everything, each project after those whose output it reads: `npm run types`. */
import { spawnSync } from "node:child_process";

/** Several checkers share nothing: on two processors each does most of the work again. */
const sparing = ["--checkers", "1"];

/** Projects, and how `tsc` is called for each. */
export const typeChecks = [
  { name: "types and layer walls", args: ["-b", ...sparing, "server", "client"] },
  { name: "types of the page", args: ["-p", "terminal", ...sparing] },
  { name: "types of tests", args: ["-p", "tsconfig.test.json", ...sparing] },
  { name: "types of browser tests", args: ["-p", "test/e2e", ...sparing] },
  { name: "types of benchmarks", args: ["-p", "bench", ...sparing] },
] as const;

if (import.meta.main) {
  const isGood = typeChecks.every(({ args }) => {
    const { status, error } = spawnSync("tsc", args, { stdio: "inherit" });
    if (error !== undefined) console.error(`tsc: ${error.message}`);
    return status === 0;
  });
  process.exitCode = isGood ? 0 : 1;
}
