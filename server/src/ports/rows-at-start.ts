/** What is read of the history while a venue is being opened. */
import { type Answer, isUnanswered, type Unanswered } from "./history.ts";
import { StartError } from "./start-error.ts";

/** The rows of an answer; a `StartError` when the history cannot be read. */
export async function rowsAtStart<Row>(answer: Answer<Row>): Promise<readonly Row[]> {
  const rows = await answer;
  return isUnanswered(rows) ? unreadAtStart(rows) : rows;
}

/** Ends a start that cannot go on without an answer of the history. */
export function unreadAtStart(unanswered: Unanswered): never {
  const reason = unanswered.kind === "busy" ? "it is asked too much" : unanswered.message;
  throw new StartError(`the exchange's history cannot be read: ${reason}`);
}
