/** What a stream of the broker holds. */

/** A message of the stream. */
export interface StreamMessage {
  /** Its number in the stream, from 1. */
  readonly at: number;
  readonly bytes: Uint8Array;
}
