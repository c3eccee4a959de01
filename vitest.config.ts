import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { compileCache } from "./test/support/compile-cache.ts";
import { patience } from "./test/support/patience.ts";
import { scratchInMemory } from "./test/support/scratch.ts";
import { WaitingFirst } from "./test/support/waiting-first.ts";

// Tests start many threads and processes of the same sources: each finds what was compiled before.
process.env["NODE_COMPILE_CACHE"] ??= compileCache;

const scratch = scratchInMemory();
if (scratch !== undefined) process.env["TMPDIR"] ??= scratch;

export default defineConfig({
  test: {
    include: [
      "server/src/**/*.{test,prop,fuzz}.ts",
      "client/src/**/*.{test,prop}.ts",
      "terminal/src/**/*.test.ts",
      "test/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/src/**/*.test.ts",
    ],
    setupFiles: ["test/support/seed.ts"],
    // Not threads: starting a program copies the page tables of the process, which takes 250 ms where five workers share 4 GB.
    pool: "forks",
    // Tests of the page use the sources of the client, as the page does when it is built.
    execArgv: ["--conditions=@openbourse/source"],
    // Node reads the sources itself: as modules of its own they take a sixth less of the processor than what vitest would make of them.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    isolate: false,
    sequence: { sequencer: WaitingFirst },
    // More than processors: tests wait for timers, for files, and for what they have started. With many more all take longer, and
    // what goes on meanwhile, as browsers and nodes of clusters do, takes more of the processor: five on two cores took a fifth more.
    maxWorkers: Math.min(16, Math.ceil(availableParallelism() * 1.5)),
    // Of one file that says so: most of them wait.
    maxConcurrency: 20,
    testTimeout: patience.test,
    hookTimeout: patience.hook,
    expect: { poll: { timeout: patience.wait } },
  },
});
