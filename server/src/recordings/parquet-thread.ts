/** The thread that reads Parquet files: it answers each request with the next rows of one of them as CSV. */
import { parentPort } from "node:worker_threads";
import { assert } from "../core/assert.ts";
import { wordsOf } from "../core/words-of.ts";
import type { ParquetAnswer, ParquetOrder, ParquetReply } from "./parquet.ts";
import { parquetText } from "./parquet-text.ts";

assert(parentPort !== null, "this runs as a thread");
const port = parentPort;
const files = new Map<number, ReturnType<typeof parquetText>>();

async function next(file: number): Promise<ParquetAnswer> {
  try {
    const { value } = (await files.get(file)?.next()) ?? {};
    return value === undefined ? { kind: "end" } : { kind: "rows", ...value };
  } catch (error) {
    return { kind: "failed", reason: wordsOf(error) };
  }
}

// Of one file a request is answered before the next is made.
port.on("message", (order: ParquetOrder) => {
  const { file } = order;
  switch (order.kind) {
    case "open":
      files.set(file, parquetText(order.path));
      return;
    case "more":
      void next(file).then((answer) => port.postMessage({ file, answer } satisfies ParquetReply));
      return;
    default:
      void files.get(file)?.return();
      files.delete(file);
  }
});
