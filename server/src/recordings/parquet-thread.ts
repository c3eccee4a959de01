/** The thread that reads a Parquet file: it answers each request with the next rows as CSV. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../core/assert.ts";
import type { ParquetAnswer, ParquetOrder } from "./parquet.ts";
import { parquetText } from "./parquet-text.ts";

assert(parentPort !== null, "this runs as a thread");
const port = parentPort;
const rows = parquetText((workerData as ParquetOrder).path);

async function next(): Promise<ParquetAnswer> {
  try {
    const { value } = await rows.next();
    return value === undefined ? { kind: "end" } : { kind: "rows", ...value };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

// One request is answered before the next is made.
port.on("message", () => {
  void next().then((answer) => port.postMessage(answer));
});
