/** The thread that reads the files of datasets. It knows nothing but its folder. */
import { workerData } from "node:worker_threads";
import { answerOwner } from "../thread/answering-thread.ts";
import type { FromReader, ReadRequest } from "./messages.ts";
import { DatasetReads } from "./reads.ts";

// Whoever starts this thread names the folder; nobody else can.
const { folder } = workerData as { readonly folder: string };
answerOwner<ReadRequest, FromReader>({ kind: "ready" }, new DatasetReads(folder));
