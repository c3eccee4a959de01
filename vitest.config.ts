import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Tests start many threads and processes of the same sources: each finds what the first has compiled.
process.env["NODE_COMPILE_CACHE"] ??= join(
  import.meta.dirname,
  "node_modules/.cache/openbourse-compiled",
);

export default defineConfig({
  // Tests of the page use the sources of the client, as the page does when it is built.
  resolve: {
    alias: { "@openbourse/client": join(import.meta.dirname, "client/src/index.ts") },
  },
  test: {
    include: [
      "server/src/**/*.{test,prop,fuzz}.ts",
      "client/src/**/*.{test,prop}.ts",
      "terminal/src/**/*.test.ts",
      "test/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/src/**/*.test.ts",
    ],
    pool: "threads",
    isolate: false,
    // One for each processor; by itself it would leave one of them free, and half of two is much.
    maxWorkers: "100%",
    // Bounds for what hangs, not measures of speed: eight busy programs may run beside the tests.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
