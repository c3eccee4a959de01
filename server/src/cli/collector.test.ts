import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { growth, pretenuring, youngGrowth } from "./collector.ts";

it.each([
  [pretenuring, `--${pretenuring}`],
  [growth, `--${growth}=0`],
  [youngGrowth, `--${youngGrowth}=2`],
])(
  "%s is a choice that this version of the engine makes by itself unless told",
  (name, byItself) => {
    const { stdout } = spawnSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
    const option = stdout.slice(stdout.indexOf(`--${name} `));
    expect(option).toMatch(new RegExp(`^--${name} .*\\n.*default: ${byItself}\\n`));
  },
);
