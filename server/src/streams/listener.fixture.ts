/** A hub with somebody who listens: what is published to them, as it comes to an encoding. */
import { Hub } from "../hub/hub.ts";
import type { CurrentState } from "../hub/options.ts";
import type { Outbox } from "../hub/outbox.ts";
import { type Topic, topicKey, type Update } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";

/** One message: the key of its topic and what was published. */
export type Heard = readonly [topic: string, update: Update];

/** A client that reads everything at once. */
export class Listener {
  readonly hub: Hub;
  /** What the hub was asked to encode, in order. */
  readonly heard: Heard[] = [];
  readonly #outbox: Outbox;
  readonly #encoding: Encoding;
  readonly #placed: Encoding;

  constructor(
    current: (topic: Topic, tellsPositions: boolean) => CurrentState | undefined = () => undefined,
  ) {
    this.hub = new Hub({
      frameText: (text) => ({ plain: Buffer.from(text), compressed: Buffer.from(text) }),
      allocate: (bytes) => new Uint8Array(bytes),
      schedule: (task) => task(),
      current,
    });
    const transport = { write: () => "sent" as const, close() {} };
    this.#outbox = this.hub.join({ transport, bytesMax: 1_000_000, compresses: false });
    const encode = (prefix: string) => (topic: Topic, update: Update) => {
      this.heard.push([prefix + topicKey(topic), update]);
      return "";
    };
    this.#encoding = { name: "heard", encode: encode("") };
    this.#placed = { name: "placed", tellsPositions: true, encode: encode("placed ") };
  }

  /** Begins to listen to topics. */
  to(...topics: readonly Topic[]): this {
    for (const topic of topics) this.hub.subscribe(this.#outbox, topic, this.#encoding);
    return this;
  }

  /** Begins to listen to topics with positions. */
  toPlaced(...topics: readonly Topic[]): this {
    for (const topic of topics) this.hub.subscribe(this.#outbox, topic, this.#placed);
    return this;
  }

  notTo(...topics: readonly Topic[]): void {
    for (const topic of topics) this.hub.unsubscribe(this.#outbox, topic, this.#encoding);
  }

  /** What was heard since this was last asked. */
  take(): readonly Heard[] {
    return this.heard.splice(0);
  }
}
