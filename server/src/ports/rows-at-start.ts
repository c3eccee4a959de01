/** What is read of the history while a venue is being opened. */
import { assert } from "../core/assert.ts";
import { type Answer, isUnanswered } from "./history.ts";
import { StartError } from "./start-error.ts";

/** The rows of an answer; a `StartError` when the history cannot be read. */
export async function rowsAtStart<Row>(answer: Answer<Row>): Promise<readonly Row[]> {
  const rows = await answer;
  if (!isUnanswered(rows)) return rows;
  assert(rows.kind === "failure", "nobody else asks while a venue is being opened");
  throw new StartError(`the exchange's history cannot be read: ${rows.message}`);
}
