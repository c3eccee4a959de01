/** How the stream of a bucket is set up. */
import type { StreamConfig } from "@nats-io/jetstream";
import { sharedValueBytesMax } from "../../ports/shared-bucket.ts";

/** Which bucket, and how it is kept where it has to be made. */
export interface BucketOptions {
  /** Letters, digits, `-` and `_`. */
  readonly name: string;
  /** On how many servers each record is: 1, 3 or 5. */
  readonly replicas: number;
  /** Where it is kept; what is in memory is gone when the servers have all been stopped. */
  readonly storage: "file" | "memory";
  /** When a record ends by its age, in milliseconds; never when left out. */
  readonly ageMsMax?: number | undefined;
  /** Most records. */
  readonly recordsMax: number;
  /** What goes for one record more: the oldest one, or nothing, and there is no more. */
  readonly whenFull: "old" | "new";
}

/** Bytes of a message's headers. */
const headerBytesMax = 1_024;

const nsPerMs = 1_000_000;

/** The stream of a bucket. */
export function bucketStream(name: string): string {
  return `KV_${name}`;
}

/** The subject of a record. */
export function bucketSubject(name: string, key: string): string {
  return `$KV.${name}.${key}`;
}

/** The stream as it is made. */
export function bucketConfig(options: BucketOptions): Partial<StreamConfig> & { name: string } {
  const { name, replicas, storage, ageMsMax, recordsMax, whenFull } = options;
  return {
    name: bucketStream(name),
    subjects: [bucketSubject(name, ">")],
    storage,
    retention: "limits",
    discard: whenFull,
    num_replicas: replicas,
    max_msgs: recordsMax,
    max_msgs_per_subject: 1,
    max_msg_size: sharedValueBytesMax + headerBytesMax,
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
    // A record is known again by its revision, and not by an id.
    duplicate_window: 100 * nsPerMs,
    ...(ageMsMax === undefined ? {} : { max_age: ageMsMax * nsPerMs, allow_msg_ttl: true }),
  };
}
