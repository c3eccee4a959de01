/** The thread that reads the files of datasets. It knows nothing but its folder. */
import { answerOwners } from "../thread/answering-thread.ts";
import type { FromReader, ReadRequest } from "./messages.ts";
import { DatasetReads } from "./reads.ts";

answerOwners<{ readonly folder: string }, ReadRequest, FromReader>(({ folder }) => ({
  first: { kind: "ready" },
  work: new DatasetReads(folder),
}));
