import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { programFile } from "../../../test/support/programs.ts";
import { growth, pretenuring, youngGrowth } from "./collector.ts";

const module = new URL("./collector.ts", import.meta.url).href;

/** Which compiled code the engine takes in a process of its own, before and after each of these calls of the module. */
function tagsAround(calls: readonly string[]): readonly string[] {
  const steps = calls.map((call) => `collector.${call}(); tag();`).join(" ");
  const script = `
    import { cachedDataVersionTag } from "node:v8";
    const collector = await import(${JSON.stringify(module)});
    const tag = () => console.log(cachedDataVersionTag());
    tag(); ${steps}`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  return stdout.trim().split("\n");
}

it("is left as it is in a process that is not the program's own", () => {
  const [before, after] = tagsAround(["tuneCollector"]);
  expect(after).toBe(before);
});

it("is told once, and nothing that was compiled before is taken afterwards", () => {
  const [before, owned, tuned, again] = tagsAround([
    "ownProcess",
    "tuneCollector",
    "tuneCollector",
  ]);
  expect(owned).toBe(before);
  expect(tuned).not.toBe(before);
  expect(again).toBe(tuned);
});

it.each([
  [["print-config"], true],
  [["verify", "--data", "/nowhere"], false],
])(
  "of a process that does %j, what was compiled can be taken until it ends: %s",
  async (args, isSame) => {
    const say = `import { cachedDataVersionTag } from "node:v8";
    process.on("exit", () => console.error(cachedDataVersionTag()));`;
    const preload = `data:text/javascript,${encodeURIComponent(say)}`;
    const tagAfter = (rest: readonly string[]) =>
      spawnSync(process.execPath, ["--import", preload, ...rest], { encoding: "utf8" })
        .stderr.trim()
        .split("\n")
        .at(-1);
    expect(tagAfter([await programFile("openbourse"), ...args]) === tagAfter(["-e", "0"])).toBe(
      isSame,
    );
  },
);

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
