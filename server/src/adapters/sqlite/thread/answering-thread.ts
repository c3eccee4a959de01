/**
 * The answering end of an `AskedThread`, for the module that the thread runs: one question after the other,
 * until its owner says that there are no more.
 */
import { parentPort } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";

/** What the thread does. */
export interface Answering<Question, Answer> {
  /** Never throws for what its owner can be told: an error ends the thread. */
  answer(question: Question): Answer;
  close(): void;
}

/** Says the first word, which nobody has asked for, and then answers. Without work that is all, and the thread ends. */
export function answerOwner<Question, Answer>(
  first: Answer,
  work: Answering<Question, Answer> | undefined,
): void {
  assert(parentPort !== null, "this module runs in a thread that its owner starts");
  const port = parentPort;
  if (work !== undefined) {
    port.on("message", (message: Question | "close") => {
      if (message !== "close") {
        port.postMessage(work.answer(message));
        return;
      }
      work.close();
      port.close();
    });
  }
  port.postMessage(first);
}
