/**
 * Fills a shared log from the log of one node: batches as they are, so that chain and sequences are the same. What the
 * shared log has already must be the beginning of that log.
 */
import type { CommandBatch, CommandLog, LogEntry } from "../../ports/command-log.ts";
import type { LogEnd, NotRefilled, SharedLog } from "../../ports/shared-log.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { chainStart } from "../chain/batch-chain.ts";
import { chainAfter } from "./message.ts";

/** Who begins a term in order to fill a log. */
const node = "refill";

/** Batches that wait for the broker at the same time. */
const underWayMax = 8;

/** Fills a log, and says where it ends then. */
export async function refilled(
  log: SharedLog,
  entries: AsyncIterable<LogEntry>,
): Promise<LogEnd | NotRefilled | StorageFailure> {
  const end = await log.end();
  if ("kind" in end) return end;
  const filling = new Filling(log, end);
  try {
    for await (const entry of entries) {
      const fault = entry.kind === "damage" ? refused(entry.message) : await filling.take(entry);
      if (fault !== undefined) return fault;
    }
    return (await filling.settled()) ?? (await log.end());
  } finally {
    await filling.close();
  }
}

/** A log that is being filled. */
class Filling {
  readonly #log: SharedLog;
  readonly #end: LogEnd;
  #writer: CommandLog | undefined;
  #chain: number;
  #outcomes: ReturnType<CommandLog["append"]>[] = [];

  constructor(log: SharedLog, end: LogEnd) {
    this.#log = log;
    this.#end = end;
    this.#chain = chainStart(log.epoch);
  }

  async take(batch: CommandBatch): Promise<NotRefilled | StorageFailure | undefined> {
    const { lastSequence, chain } = this.#end;
    const { bytes } = this.#log.largestBatch;
    this.#chain = chainAfter(this.#chain, batch);
    const last = batch.firstSequence + batch.count - 1;
    if (last === lastSequence && this.#chain !== chain) {
      return refused(`the stream has other commands up to ${last} than the log`);
    }
    if (last <= lastSequence) return undefined;
    if (batch.firstSequence <= lastSequence) {
      return refused(`the stream ends at command ${lastSequence}, within a batch of the log`);
    }
    if (batch.payload.length > bytes) {
      return refused(
        `the batch at command ${batch.firstSequence} has ${batch.payload.length} bytes, and a message of the broker takes ${bytes}: raise max_payload at its servers`,
      );
    }
    if (this.#writer === undefined) {
      const writer = await this.#log.takeOver(this.#end, node);
      if (writer === "overtaken") return refused("a node writes into the stream: stop its engines");
      if ("kind" in writer) return writer;
      this.#writer = writer;
    }
    const { firstSequence, count, timeUs, payload } = batch;
    // What was read is a view, and is gone with the next batch.
    const copy = { firstSequence, count, timeUs, payload: payload.slice() };
    this.#outcomes.push(this.#writer.append(copy));
    return this.#outcomes.length >= underWayMax ? await this.settled() : undefined;
  }

  /** Waits for what is under way. */
  async settled(): Promise<NotRefilled | undefined> {
    for (const outcome of await Promise.all(this.#outcomes.splice(0))) {
      if (outcome === "durable") continue;
      return refused(
        outcome === "no-room" ? "the broker takes too little at once" : outcome.message,
      );
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}

function refused(message: string): NotRefilled {
  return { kind: "not-refilled", message };
}
