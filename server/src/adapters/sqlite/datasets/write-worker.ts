/** The thread that writes the files of datasets. It knows nothing but its folder. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";
import type { FromWriter, WriteRequest } from "./messages.ts";
import { DatasetWrites } from "./writes.ts";

assert(parentPort !== null, "datasets are written by a worker thread");
const port = parentPort;
// Whoever starts this thread names the folder; nobody else can.
const { folder } = workerData as { readonly folder: string };
const work = new DatasetWrites(folder);
port.on("message", (message: WriteRequest | "close") => {
  if (message === "close") {
    work.close();
    port.close();
  } else {
    port.postMessage(work.answer(message));
  }
});
port.postMessage({ kind: "ready" } satisfies FromWriter);
