/**
 * Makes state snapshots beside the exchange that trades, which does not stand still meanwhile. One
 * that is not made costs time at the next start and nothing else: the log has it all.
 */

/** What became of a snapshot that was asked for. */
export type SnapshotOutcome =
  | { readonly kind: "stored" }
  /** It could not be made, or not be stored; the message is for the operator. */
  | { readonly kind: "failed"; readonly message: string }
  /** The log is not what was written, or does not lead to a valid state. */
  | { readonly kind: "damaged"; readonly message: string };

/** Makes one snapshot at a time. */
export interface SnapshotMaker {
  /**
   * Makes and stores the snapshot of the state after a durable command that ends a batch. Asking for
   * another one before this is answered is a bug of the caller.
   */
  make(sequence: number): Promise<SnapshotOutcome>;
  /**
   * Ends what is being made, whose outcome is `failed` then; what was stored before is untouched.
   * Nothing is made afterwards.
   */
  stop(): Promise<void>;
}
