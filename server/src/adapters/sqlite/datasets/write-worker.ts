/** The thread that writes the files of datasets. It knows nothing but its folder. */
import { workerData } from "node:worker_threads";
import { answerOwner } from "../thread/answering-thread.ts";
import type { FromWriter, WriteRequest } from "./messages.ts";
import { DatasetWrites } from "./writes.ts";

// Whoever starts this thread names the folder; nobody else can.
const { folder } = workerData as { readonly folder: string };
answerOwner<WriteRequest, FromWriter>({ kind: "ready" }, new DatasetWrites(folder));
