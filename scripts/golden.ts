/**
 * Writes a golden log again: `npm run golden -- parameters-log`. Only a deliberate change of what the
 * exchange does, or of how commands are written, is a reason; logs of running servers then need the same
 * thought. `exchange-log` is a log of 0.1.0: no reason is good enough for another one.
 */
import { writeFileSync } from "node:fs";
import { batchesOf, goldenLogs, outcomeOf } from "../test/support/golden-log.ts";

const [, , name = ""] = process.argv;
const commands = Object.hasOwn(goldenLogs, name) ? goldenLogs[name] : undefined;
if (commands === undefined) {
  console.error(`golden: name one of ${Object.keys(goldenLogs).join(", ")}`);
  process.exit(2);
}
const batches = batchesOf(commands());
const lines = [...batches, outcomeOf(batches)].map((line) => JSON.stringify(line));
writeFileSync(new URL(`../test/golden/${name}.jsonl`, import.meta.url), `${lines.join("\n")}\n`);
console.log(lines.at(-1));
