import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { pretenuring } from "./young-generation.ts";

it("names a guess that this version of the engine makes unless told otherwise", () => {
  const { stdout } = spawnSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const option = stdout.slice(stdout.indexOf(`--${pretenuring} `));
  expect(option).toMatch(new RegExp(`^--${pretenuring} .*\\n.*default: --${pretenuring}\\n`));
});
