/** Batches that look random and can be told from their first sequence and the run that wrote them. */
import type { CommandBatch } from "../../server/src/ports/command-log.ts";

const payloadBytesMax = 20_000;

/** The batch that run `run` of the writer appends at this sequence: 1 to 50 commands, up to 20 kB. */
export function batchOfRun(run: number, firstSequence: number): CommandBatch {
  let state = (firstSequence * 1_000 + run) | 0;
  const random = (): number => {
    // Numerical Recipes' generator; its high bits are the good ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  random();
  const count = 1 + Math.floor(random() * 50);
  // Mostly small, sometimes several pages long.
  const payload = new Uint8Array(Math.floor(random() ** 6 * payloadBytesMax));
  for (let at = 0; at < payload.length; at += 1) payload[at] = random() * 256;
  return { firstSequence, count, timeUs: run, payload };
}
