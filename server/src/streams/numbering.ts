/** Gives the messages of one source's streams their positions. */
import {
  type Cause,
  isAfter,
  type Place,
  type Position,
  type Sequenced,
} from "../marketdata/position.ts";
import { type Topic, topicKey } from "../marketdata/topic.ts";

/** Most streams of which the last position is remembered. */
export const rememberedStreamsMax = 1_000_000;

/** What a numbering is for. */
export interface NumberingOptions {
  /** Identity of the source; see {@link Place}. */
  readonly epoch: string;
  /** Sequence of the last cause before the first that is numbered here. */
  readonly sequence: number;
  /** Number of the last tick that may have come before; 0 for none. Default: 0. */
  readonly tick?: number;
  /** By default {@link rememberedStreamsMax}. */
  readonly streamsMax?: number;
}

/** Positions of all streams of a source, which is an exchange or a dataset. */
export class Numbering {
  readonly epoch: string;
  readonly #streamsMax: number;
  /** Of each stream its last position, the stream that began first at the front. */
  readonly #last = new Map<string, Position>();
  /** No stream that is not remembered has a message after this position. */
  #floor: Position;
  /** The last position of all streams together. */
  #highest: Position;
  #reached: Position;

  constructor({ epoch, sequence, tick = 0, streamsMax = rememberedStreamsMax }: NumberingOptions) {
    this.epoch = epoch;
    this.#streamsMax = streamsMax;
    this.#floor = { sequence, tick, ordinal: 0 };
    this.#highest = this.#floor;
    this.#reached = this.#floor;
  }

  /** No stream has a message up to here that is still to be published. */
  get reached(): Position {
    return this.#reached;
  }

  /** Everything that has been numbered has been published. */
  settle(): void {
    if (isAfter(this.#highest, this.#reached)) this.#reached = this.#highest;
  }

  /** Everything of a cause, and of all before it, has been published. */
  reach({ sequence, tick }: Cause): void {
    const { sequence: highest, tick: tickOfHighest, ordinal } = this.#highest;
    const isSame = highest === sequence && tickOfHighest === tick;
    const reached = { sequence, tick, ordinal: isSame ? ordinal : 0 };
    if (isAfter(reached, this.#reached)) this.#reached = reached;
  }

  /**
   * The next message of a stream. Causes never go back, and neither do positions: this one follows the
   * last one of its stream, with `ordinal` where that is given.
   */
  number<Update>(
    topic: Topic,
    { sequence, tick }: Cause,
    update: Update,
    ordinal?: number,
  ): Sequenced<Update> {
    const key = topicKey(topic);
    const previous = this.#last.get(key);
    // A tick may be the one with which everything began; a command is not.
    const before = previous ?? (tick > 0 ? this.#floor : undefined);
    const isSameCause = before?.sequence === sequence && before.tick === tick;
    const next = isSameCause ? before.ordinal + 1 : 0;
    const position = { sequence, tick, ordinal: ordinal ?? next };
    this.#last.set(key, position);
    if (isAfter(position, this.#highest)) this.#highest = position;
    if (previous === undefined) this.#bound();
    return { position, previous: previous ?? this.#floor, update };
  }

  /**
   * Something happened that is in the stream of a topic, but nobody follows that here: whoever comes
   * later is told a state that holds it.
   */
  pass(topic: Topic, cause: Cause): void {
    this.number(topic, cause, undefined);
  }

  /** Where a stream is. */
  head(topic: Topic): Place {
    return { epoch: this.epoch, position: this.#last.get(topicKey(topic)) ?? this.#floor };
  }

  #bound(): void {
    if (this.#last.size <= this.#streamsMax) return;
    for (const [key, position] of this.#last) {
      this.#last.delete(key);
      if (isAfter(position, this.#floor)) this.#floor = position;
      break;
    }
  }
}
