/** Does the work of a store in the thread of the test, which spares it the start of two others. */
import type { AskedThread } from "../thread/asked-thread.ts";
import type { FromReader, FromWriter, ReadRequest, WriteRequest } from "./messages.ts";
import { DatasetReads } from "./reads.ts";
import type { StoreWork } from "./store.ts";
import { DatasetWrites } from "./writes.ts";

/** The work of a store in a folder. */
export function directWork(
  folder: string,
  { busyTimeoutMs }: { readonly busyTimeoutMs?: number } = {},
): StoreWork {
  return {
    hasFile: () => Promise.resolve(true),
    writes: asked<WriteRequest, FromWriter>(new DatasetWrites(folder, busyTimeoutMs)),
    reads: asked<ReadRequest, FromReader>(new DatasetReads(folder)),
  };
}

function asked<Question, Answer>(work: {
  answer(question: Question): Answer;
  close(): void;
}): Pick<AskedThread<Question, Answer>, "ask" | "close"> {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: (_, prepare) => {
      const answer = last.then(async () => work.answer((await prepare()).question));
      last = answer.catch(() => {});
      return answer;
    },
    close: async () => {
      await last;
      work.close();
    },
  };
}
