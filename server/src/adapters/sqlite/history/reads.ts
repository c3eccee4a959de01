/**
 * The reading end of the history: queries wait in a bounded queue, askers take turns, and a thread of
 * its own answers one at a time, so that no read holds up the exchange or another user's read for long.
 */
import type { Answer } from "../../../ports/history.ts";
import { AskedThread, failureOf } from "../thread/asked-thread.ts";
import type { FromReader, HistoryRead, ReadKind, ReadRequest } from "./messages.ts";

/** Most queries of one asker that wait; more are answered `busy`. */
export const readsPerAskerMax = 16;

/** Most queries of all askers together that wait. */
const readsMax = 1_024;

/** The thread that reads a file, and who waits for it. */
export class HistoryReads {
  readonly #thread: AskedThread<ReadRequest, FromReader>;

  /** Its writer has to have opened the file before the first question. */
  constructor(file: string) {
    this.#thread = new AskedThread({
      module: new URL("./read-worker", import.meta.url),
      name: "history-read",
      store: { file },
      subject: file,
      bounds: { perAskerMax: readsPerAskerMax, totalMax: readsMax },
      refusalOf: (first) => (first.kind === "failed" ? first.message : undefined),
    });
  }

  /** Asks for rows on behalf of an asker. */
  async read<Kind extends ReadKind>(
    asker: string,
    kind: Kind,
    query: HistoryRead[Kind]["query"],
  ): Answer<HistoryRead[Kind]["row"]> {
    const question = { kind, query } as ReadRequest;
    const answer = await this.#thread.ask(asker, () => ({ question }));
    if (answer.kind === "failed") return failureOf(answer.message);
    return answer.kind === "rows" ? (answer.rows as readonly HistoryRead[Kind]["row"][]) : answer;
  }

  /** Answers what is being read, nothing else, and lets the file go. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
