/**
 * Writes the golden log anew: `npm run golden`. Only a deliberate change of what the exchange does, or
 * of how commands are written, is a reason; logs of running servers then need the same thought.
 */
import { writeFileSync } from "node:fs";
import { exampleCommands, opening } from "../server/src/sequencer/example-stream.fixture.ts";
import { batchesOf, outcomeOf } from "../test/support/golden-log.ts";

const batches = batchesOf([...opening, ...exampleCommands(2026, 1_000)]);
const lines = [...batches, outcomeOf(batches)].map((line) => JSON.stringify(line));
writeFileSync(
  new URL("../test/golden/exchange-log.jsonl", import.meta.url),
  `${lines.join("\n")}\n`,
);
console.log(lines.at(-1));
