/** Gives the messages of one source's streams their positions. */
import { assert } from "../core/assert.ts";
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
  /** Whether others have numbered before, and all of the last cause. Default: no. */
  readonly isReplica?: boolean;
  /** By default {@link rememberedStreamsMax}. */
  readonly streamsMax?: number;
}

/** Streams whose messages are cut by ticks. */
const cutKinds: ReadonlySet<string> = new Set<Topic["kind"]>([
  ...(["depth", "candles", "last-price", "ticker"] as const),
]);

/** Positions of all streams of a source, which is an exchange or a dataset. */
export class Numbering {
  readonly epoch: string;
  readonly #streamsMax: number;
  /** Of each stream its last position, the stream that began first at the front. */
  readonly #last = new Map<string, Position>();
  /** No stream that is not remembered has a message after this position. */
  #floor: Position;
  /** The same of streams that are cut by ticks. */
  #cutFloor: Position;
  /** The last position of all streams together. */
  #highest: Position;
  #reached: Position;

  constructor(options: NumberingOptions) {
    const { epoch, sequence, tick = 0, streamsMax = rememberedStreamsMax } = options;
    this.epoch = epoch;
    this.#streamsMax = streamsMax;
    const ordinal = options.isReplica === true ? Number.MAX_SAFE_INTEGER : 0;
    this.#floor = { sequence, tick, ordinal };
    this.#cutFloor = this.#floor;
    this.#highest = this.#floor;
    this.#reached = this.#floor;
  }

  /** No stream has a message up to here that is still to be published. */
  get reached(): Position {
    return this.#reached;
  }

  /** The last message of a stream from before the first that is numbered here. */
  remember(topic: Topic, position: Position): void {
    const key = topicKey(topic);
    assert(!this.#last.has(key), "what came before is known before what comes");
    if (!isAfter(position, this.#floor)) this.#last.set(key, position);
  }

  /**
   * Others may have published up to the end of a tick what is not known here: nobody can go on here from
   * before it in a stream that is cut by ticks and of which nothing has been published here.
   */
  passUnknown({ sequence, tick }: Cause): void {
    const end = { sequence, tick, ordinal: Number.MAX_SAFE_INTEGER };
    if (isAfter(end, this.#cutFloor)) this.#cutFloor = end;
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
    const floor = this.#floorOf(topic);
    const before = previous ?? (tick > 0 ? floor : undefined);
    const isSameCause = before?.sequence === sequence && before.tick === tick;
    const next = isSameCause ? before.ordinal + 1 : 0;
    const position = { sequence, tick, ordinal: ordinal ?? next };
    this.#last.set(key, position);
    if (isAfter(position, this.#highest)) this.#highest = position;
    if (previous === undefined) this.#bound();
    return { position, previous: previous ?? floor, update };
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
    return { epoch: this.epoch, position: this.#last.get(topicKey(topic)) ?? this.#floorOf(topic) };
  }

  #floorOf({ kind }: Topic): Position {
    return cutKinds.has(kind) && isAfter(this.#cutFloor, this.#floor)
      ? this.#cutFloor
      : this.#floor;
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
