/**
 * What the command log and its worker thread say to each other. Batches travel packed in two buffers
 * that are handed over, not copied.
 */
import type { MessagePort } from "node:worker_threads";
import type { CommandBatch, LogDamage } from "../../../ports/command-log.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import type { StoreFault } from "../file/store-error.ts";
import type { ReadCursor } from "./rows.ts";

/** Batches in two buffers. */
export interface PackedBatches {
  /** Four numbers a batch: first sequence, count, time in microseconds, length of the payload. */
  readonly heads: Float64Array<ArrayBuffer>;
  /** All payloads, end to end. */
  readonly payloads: Uint8Array<ArrayBuffer>;
}

/** From the log to its worker. */
export type ToWorker =
  | { readonly kind: "append"; readonly packed: PackedBatches }
  /** Answered with one `chunk`, in the order of the questions. A number asks for where it is. */
  | { readonly kind: "read"; readonly from: ReadCursor | number }
  /** Another thread reads through this port: it asks as `read` does, and is answered with a `chunk` there. */
  | { readonly kind: "reader"; readonly port: MessagePort }
  | { readonly kind: "close" };

/** What the worker says first, and once. */
export type WorkerStart =
  | {
      readonly kind: "opened";
      readonly epoch: string;
      readonly lastSequence: number;
      readonly chain: number;
      readonly damage: LogDamage | undefined;
    }
  | { readonly kind: "refused"; readonly fault: StoreFault; readonly message: string };

/** What the worker says once the log is open. */
export type FromWorker =
  /** Everything up to this sequence is durable. */
  | { readonly kind: "durable"; readonly lastSequence: number }
  /** Nothing becomes durable at present, and it is tried again. */
  | { readonly kind: "stalled"; readonly failure: StorageFailure }
  /** The stall is over. */
  | { readonly kind: "resumed" }
  /** What was not reported as durable never will be. */
  | { readonly kind: "failed"; readonly failure: StorageFailure }
  | {
      readonly kind: "chunk";
      readonly packed: PackedBatches;
      readonly next: ReadCursor | undefined;
      readonly damage: LogDamage | undefined;
    };

const numbersPerHead = 4;

/** Copies batches into two buffers that may be handed over. */
export function packBatches(batches: readonly CommandBatch[]): PackedBatches {
  const heads = new Float64Array(batches.length * numbersPerHead);
  const payloads = new Uint8Array(batches.reduce((sum, { payload }) => sum + payload.length, 0));
  let offset = 0;
  batches.forEach(({ firstSequence, count, timeUs, payload }, index) => {
    heads.set([firstSequence, count, timeUs, payload.length], index * numbersPerHead);
    payloads.set(payload, offset);
    offset += payload.length;
  });
  return { heads, payloads };
}

/** The buffers to hand over with a message that carries packed batches. */
export function transferOf({ heads, payloads }: PackedBatches): readonly ArrayBuffer[] {
  return [heads.buffer, payloads.buffer];
}

/** The batches again; their payloads are views on the shared buffer. */
export function unpackBatches({ heads, payloads }: PackedBatches): readonly CommandBatch[] {
  const batches: CommandBatch[] = [];
  let offset = 0;
  for (let at = 0; at < heads.length; at += numbersPerHead) {
    const end = offset + (heads[at + 3] ?? 0);
    batches.push({
      firstSequence: heads[at] ?? 0,
      count: heads[at + 1] ?? 0,
      timeUs: heads[at + 2] ?? 0,
      payload: payloads.subarray(offset, end),
    });
    offset = end;
  }
  return batches;
}
