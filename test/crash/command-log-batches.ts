/** Batches that look random and can be told from their first sequence and the run that wrote them. */
import type { CommandBatch } from "../../server/src/ports/command-log.ts";
import { Random } from "../../server/src/simulation/random.ts";

const payloadBytesMax = 20_000;

/** The batch that run `run` of the writer appends at this sequence: 1 to 50 commands, up to 20 kB. */
export function batchOfRun(run: number, firstSequence: number): CommandBatch {
  const drawn = new Random(firstSequence * 1_000 + run, "batch");
  const random = () => drawn.between(0, 1);
  const count = 1 + Math.floor(random() * 50);
  // Mostly small, sometimes several pages long.
  const payload = new Uint8Array(Math.floor(random() ** 6 * payloadBytesMax));
  for (let at = 0; at < payload.length; at += 1) payload[at] = random() * 256;
  return { firstSequence, count, timeUs: run, payload };
}
