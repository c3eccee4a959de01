/** The thread that writes the files of datasets. It knows nothing but its folder. */
import { answerOwners } from "../thread/answering-thread.ts";
import type { FromWriter, WriteRequest } from "./messages.ts";
import { DatasetWrites } from "./writes.ts";

answerOwners<{ readonly folder: string }, WriteRequest, FromWriter>(({ folder }) => ({
  first: { kind: "ready" },
  work: new DatasetWrites(folder),
}));
