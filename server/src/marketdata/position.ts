/**
 * Where a message is in its stream. It is given once, where the update is made, and so is the same for
 * everybody who is sent it.
 */

/**
 * What caused a message: a command of the exchange's log, or a batch of a dataset's trades; with a
 * `tick` other than 0, a tick that came after it.
 */
export interface Cause {
  /** Sequence of the command or the batch. */
  readonly sequence: number;
  /** Number of the tick, which only grows; 0 for what the command or the batch itself caused. */
  readonly tick: number;
}

/** A place in a stream. Positions of one epoch and stream only grow. */
export interface Position extends Cause {
  /** Tells apart what one cause has in one stream; counted from 0. */
  readonly ordinal: number;
}

/** A position, and the sequence of positions that it belongs to. */
export interface Place {
  /** Identity of the source. While it is the same, no position is ever used again. */
  readonly epoch: string;
  readonly position: Position;
}

/** An update with its place in its stream. */
export interface Sequenced<Update> {
  readonly position: Position;
  /**
   * That of the message before it in its stream; where that is not known, one that is no earlier and
   * that no client can hold a later one of. Who holds an earlier one has missed something.
   */
  readonly previous: Position;
  readonly update: Update;
}

/** An update that moves its stream nowhere: for those alone who are told no positions. */
export interface Unplaced<Update> {
  readonly update: Update;
}

/** Whether a position comes after another one of the same epoch and stream. */
export function isAfter(one: Position, other: Position): boolean {
  if (one.sequence !== other.sequence) return one.sequence > other.sequence;
  if (one.tick !== other.tick) return one.tick > other.tick;
  return one.ordinal > other.ordinal;
}
