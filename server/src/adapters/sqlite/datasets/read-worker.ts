/** The thread that reads the files of datasets. It knows nothing but its folder. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";
import type { FromReader, ReadRequest } from "./messages.ts";
import { DatasetReads } from "./reads.ts";

assert(parentPort !== null, "datasets are read by a worker thread");
const port = parentPort;
// Whoever starts this thread names the folder; nobody else can.
const { folder } = workerData as { readonly folder: string };
const work = new DatasetReads(folder);
port.on("message", (message: ReadRequest | "close") => {
  if (message === "close") {
    work.close();
    port.close();
  } else {
    port.postMessage(work.answer(message));
  }
});
port.postMessage({ kind: "ready" } satisfies FromReader);
