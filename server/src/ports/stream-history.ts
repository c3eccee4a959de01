/** Messages of private streams, further back than they are kept in memory. */
import type { Position, Sequenced } from "../marketdata/position.ts";
import type { AccountTopic, BalanceTopic, Update } from "../marketdata/topic.ts";

/** A stream of which nothing is lost while its history is kept. */
export type PrivateTopic = AccountTopic | BalanceTopic;

/** A part of a stream's history. */
export interface StreamPage {
  /** Oldest first, with the very positions that they were sent with. */
  readonly messages: readonly Sequenced<Update>[];
  /** The stream has nothing else between the position that was asked about and this one. */
  readonly upTo: Position;
}

/** Reads private streams of the exchange's log, of its present epoch. */
export interface StreamHistory {
  /**
   * At most `limit` messages after a position: the first of them, so that the next read goes on from
   * {@link StreamPage.upTo}. It waits until it knows all that was published when it was asked. Undefined
   * where a message after the position may no longer be kept.
   */
  read(topic: PrivateTopic, after: Position, limit: number): Promise<StreamPage | undefined>;
}
