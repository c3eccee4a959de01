/** The answering end of an `AskedThread`, for the module that the thread runs: one question after the other. */
import { serveStores } from "./store-owner.ts";

/** What the thread does with one store. */
export interface Answering<Question, Answer> {
  /** Never throws for what its owner can be told: an error ends the thread. */
  answer(question: Question): Answer;
  close(): void;
}

/** What is told first, which nobody has asked for, and the work, if there can be any. */
export interface AnsweringStart<Question, Answer> {
  readonly first: Answer;
  readonly work: Answering<Question, Answer> | undefined;
}

/** Says the first word of each store, and then answers until its owner says that there are no more questions. */
export function answerOwners<Store, Question, Answer>(
  begin: (store: Store) => AnsweringStart<Question, Answer>,
): void {
  serveStores<Store, Question | "close", Answer>((store, owner) => {
    const { first, work } = begin(store);
    owner.post(first);
    if (work === undefined) return undefined;
    return (message) => {
      if (message !== "close") {
        owner.post(work.answer(message));
        return;
      }
      work.close();
      owner.end();
    };
  });
}
