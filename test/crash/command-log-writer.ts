/**
 * A program that fills a command log as fast as it can until it is killed. It prints the last sequence
 * of each batch once that batch is durable, a line each.
 */
import { openCommandLog } from "../../server/src/adapters/sqlite/log/log.ts";
import { batchOfRun } from "./command-log-batches.ts";

/** More than one transaction's worth, so that appends, transactions and acknowledgements overlap. */
const underWayMax = 200;

const [file = "", run = "0"] = process.argv.slice(2);
const opened = await openCommandLog({ file });
if (opened.kind === "refused") throw new Error(opened.message);
const { log } = opened;
if (log.damage !== undefined) throw new Error(log.damage.message);

let nextSequence = log.lastSequence + 1;
let underWay = 0;
for (;;) {
  const batch = batchOfRun(Number(run), nextSequence);
  const taken = log.append(batch);
  if (taken === "no-room") throw new Error("200 small batches find room");
  nextSequence += batch.count;
  underWay += 1;
  const acknowledged = taken.then((outcome) => {
    if (outcome !== "durable") throw new Error(outcome.message);
    underWay -= 1;
    process.stdout.write(`${batch.firstSequence + batch.count - 1}\n`);
  });
  if (underWay >= underWayMax || batch.count === 1) await acknowledged;
}
