/**
 * What feeds have told, shared by all nodes of a cluster: messages of each dataset, in one order. Of each dataset one at
 * a time writes; whoever writes says behind which message, and only one can. It is market data and no money: old messages
 * are forgotten by age and size. What is in a message is its writer's and its readers' own.
 */
import type { StopSignal } from "./feed.ts";
import type { StorageFailure } from "./storage-fault.ts";

/** A message that is stored. */
export interface DatasetMessage {
  /** Its number among those of all datasets, from 1. Numbers only grow, and none is used again in an epoch. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What became of a message: it has this number, or another one is in its place. */
export type Appended = { readonly kind: "appended"; readonly at: number } | "overtaken";

/** A stream that any number of nodes have open. */
export interface DatasetStream {
  /** Identity of the numbers: 32 hex digits. */
  readonly epoch: string;
  /** Number of the newest message of all datasets when it was opened; 0 of none. */
  readonly newestAtOpening: number;
  /** Most bytes of a message. */
  readonly messageBytesMax: number;
  /** The newest message of a dataset; undefined where none is kept. */
  last(dataset: string): Promise<DatasetMessage | undefined | StorageFailure>;
  /** The oldest message of a dataset that is kept and whose number is `from` or more. */
  next(dataset: string, from: number): Promise<DatasetMessage | undefined | StorageFailure>;
  /**
   * Stores a message behind the one of a number, which is the newest of its dataset, or not at all; 0 where none is kept. A
   * failure means that nobody knows: done again with the same number it is stored once, or `overtaken`, perhaps by itself.
   */
  append(dataset: string, bytes: Uint8Array, after: number): Promise<Appended | StorageFailure>;
  /**
   * Yields the messages of a dataset that are kept from a number on, and each that is stored, until `signal` aborts: in
   * order, none twice, and none left out that is kept. It goes on by itself when the broker was away.
   */
  follow(dataset: string, from: number, signal: StopSignal): AsyncIterable<DatasetMessage>;
  /** Ends all that follow. Closing again does nothing. */
  close(): Promise<void>;
}
