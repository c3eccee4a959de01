/** What is published on one topic, and who is sent it. */
import type { Place, Position, Sequenced } from "../marketdata/position.ts";
import type { Topic, Update } from "../marketdata/topic.ts";
import type { Encoding, MessagePlace } from "../ports/dialect.ts";
import type { OutboxAudience } from "./outbox.ts";
import { Ring } from "./ring.ts";

/** One topic's messages. It is there while somebody is sent them or may come back for them. */
export class Stream {
  readonly topic: Topic;
  readonly key: string;
  readonly epoch: string;
  /** Subscribers by encoding; none without subscribers. */
  audiences: readonly OutboxAudience[] = [];
  /** Clients that are being brought up to date. */
  rejoining = 0;
  /** When its last subscriber left; undefined while there is one. */
  idleSinceMs: number | undefined;
  #position: Position;
  #ring: Ring | undefined;

  /** `head` is where the stream is when it is opened. */
  constructor(topic: Topic, key: string, head: Place) {
    this.topic = topic;
    this.key = key;
    this.epoch = head.epoch;
    this.#position = head.position;
  }

  /** The position of its last message. */
  get position(): Position {
    return this.#position;
  }

  /** What clients that come back may have missed; undefined while no client can say what it had last. */
  get ring(): Ring | undefined {
    return this.#ring;
  }

  /** Whether anybody needs it now. */
  get isUsed(): boolean {
    return this.audiences.length > 0 || this.rejoining > 0;
  }

  /** From now on, messages are kept. */
  keepMessages(): Ring {
    this.#ring ??= new Ring(this.#position);
    return this.#ring;
  }

  /** Moves on to the next message, which is after all before it. */
  moveTo(position: Position): void {
    this.#position = position;
  }

  audienceOf(encoding: Encoding): OutboxAudience | undefined {
    return this.audiences.find((audience) => audience.encoding === encoding);
  }

  /** The place that is written with a message; undefined for a dialect that writes none. */
  placeOf(encoding: Encoding, message: Sequenced<Update> | undefined): MessagePlace | undefined {
    if (encoding.tellsPositions !== true) return undefined;
    const { epoch } = this;
    if (message === undefined) return { epoch, position: this.#position, previous: undefined };
    return { epoch, position: message.position, previous: message.previous };
  }
}
