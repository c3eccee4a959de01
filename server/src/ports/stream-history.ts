/** Messages of streams that are histories, further back than they are kept in memory. */
import type { Position, Sequenced } from "../marketdata/position.ts";
import type { AccountTopic, BalanceTopic, TopicOf, Update } from "../marketdata/topic.ts";

/** A stream of which nothing is lost while its history is kept. */
export type PrivateTopic = AccountTopic | BalanceTopic;

/** A stream whose messages can be made again of what is stored. */
export type StoredTopic = PrivateTopic | TopicOf<"trades">;

/** Which messages of a stream. */
export interface StreamQuery {
  /** The last position that the client had. */
  readonly after: Position;
  /** The last position that has been published. Trades may be cut into other messages, none of which reaches beyond it. */
  readonly until: Position;
  readonly limit: number;
}

/** A part of a stream's history. */
export interface StreamPage {
  /** Oldest first, with the very positions that they were sent with. */
  readonly messages: readonly Sequenced<Update>[];
  /** The stream has nothing else between the position that was asked about and this one. */
  readonly upTo: Position;
}

/** Reads streams of the exchange's log, of its present epoch. */
export interface StreamHistory {
  /**
   * The first messages that are asked for, so that the next read goes on from
   * {@link StreamPage.upTo}. Of private streams they may go beyond what was published. It waits until it knows all that was published when it was asked. Undefined
   * where a message after the position may no longer be kept.
   */
  read(topic: StoredTopic, query: StreamQuery): Promise<StreamPage | undefined>;
}
