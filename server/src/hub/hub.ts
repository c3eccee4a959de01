/**
 * Fan-out: who subscribes to what, one encoding per update and dialect, one write per connection
 * and flush. The hub knows topics and frames; it knows no socket and no wire field.
 */
import type { Topic, Update } from "../marketdata/topic.ts";
import { topicKey } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { FrameText } from "../ports/transport.ts";
import type { Outbox } from "./outbox.ts";

/** What the hub counts. */
export interface HubCounters {
  /** Frames queued to connections. */
  framesOut: number;
  /** Bytes of those frames. */
  bytesOut: number;
  /** Updates turned into a frame. */
  encodes: number;
  /** Frames that took the place of an older state. */
  conflated: number;
  /** Connections closed because they were too far behind. */
  slowConsumers: number;
}

/** What a hub is made of. */
export interface HubOptions {
  readonly frameText: FrameText;
  /** Runs `task` soon, once the present turn of the event loop has done its work. */
  schedule(task: () => void): void;
  /** Told of each new subscription after it has been made. */
  subscribed?(topic: Topic): void;
}

/** Subscribers of one topic in one encoding. */
interface Audience {
  readonly encoding: Encoding;
  readonly outboxes: Set<Outbox>;
}

/** Topics, subscribers and the flush. */
export class Hub {
  readonly counters: HubCounters = {
    framesOut: 0,
    bytesOut: 0,
    encodes: 0,
    conflated: 0,
    slowConsumers: 0,
  };
  readonly #options: HubOptions;
  readonly #audiences = new Map<string, Audience[]>();
  readonly #unflushed = new Set<Outbox>();
  readonly #behind = new Set<Outbox>();
  #flushScheduled = false;
  #subscriptions = 0;
  #caughtUp: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Subscriptions of all connections. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** Adds a subscription; a repeated one changes nothing. */
  subscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const key = topicKey(topic);
    let audiences = this.#audiences.get(key);
    if (audiences === undefined) {
      audiences = [];
      this.#audiences.set(key, audiences);
    }
    let audience = audiences.find((candidate) => candidate.encoding === encoding);
    if (audience === undefined) {
      audience = { encoding, outboxes: new Set() };
      audiences.push(audience);
    }
    if (audience.outboxes.has(outbox)) return;
    audience.outboxes.add(outbox);
    this.#subscriptions += 1;
    this.#options.subscribed?.(topic);
  }

  /** Removes a subscription; one that is not there changes nothing. */
  unsubscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const key = topicKey(topic);
    const audiences = this.#audiences.get(key);
    const audience = audiences?.find((candidate) => candidate.encoding === encoding);
    if (audiences === undefined || !audience?.outboxes.delete(outbox)) return;
    this.#subscriptions -= 1;
    if (audience.outboxes.size > 0) return;
    audiences.splice(audiences.indexOf(audience), 1);
    if (audiences.length === 0) this.#audiences.delete(key);
  }

  /** Forgets a connection that is gone; its subscriptions have been removed by their owner. */
  detach(outbox: Outbox): void {
    outbox.end();
    this.#unflushed.delete(outbox);
    this.#behind.delete(outbox);
    this.#settle();
  }

  /**
   * Sends an update to everybody who subscribes to the topic. `stateKey` names the state that the
   * update replaces: a client that is behind is sent only the newest of each.
   */
  publish(topic: Topic, update: Update, stateKey: string): void {
    const audiences = this.#audiences.get(topicKey(topic));
    if (audiences === undefined) return;
    for (const { encoding, outboxes } of audiences) {
      const frame = this.#options.frameText(encoding.encode(topic, update));
      this.counters.encodes += 1;
      const key = `${encoding.name}|${stateKey}`;
      for (const outbox of outboxes) this.#enqueue(outbox, frame, key);
    }
  }

  /** Sends one message to one connection, in order with everything else it is sent. */
  send(outbox: Outbox, text: string): void {
    this.#enqueue(outbox, this.#options.frameText(text));
  }

  /** The connection's socket can take more again. */
  drained(outbox: Outbox): void {
    outbox.drained();
    this.#note(outbox);
  }

  /**
   * Resolves when no client is behind; undefined when none is now. A source that is faster than
   * wall time waits for it, so that its speed is that of its slowest consumer.
   */
  caughtUp(): Promise<void> | undefined {
    if (this.#behind.size === 0) return undefined;
    this.#caughtUp ??= Promise.withResolvers<void>();
    return this.#caughtUp.promise;
  }

  /** Writes out all that is queued. Runs by itself after each turn in which something was queued. */
  flush(): void {
    this.#flushScheduled = false;
    for (const outbox of this.#unflushed) {
      outbox.flush();
      this.#note(outbox);
    }
    this.#unflushed.clear();
  }

  #enqueue(outbox: Outbox, frame: Uint8Array, key?: string): void {
    const outcome = outbox.push(frame, key);
    if (outcome === "queued") {
      this.counters.framesOut += 1;
      this.counters.bytesOut += frame.length;
    } else if (outcome === "conflated") {
      this.counters.conflated += 1;
    } else if (outcome === "overflow") {
      this.counters.slowConsumers += 1;
    }
    if (outbox.behind || outbox.closed) {
      this.#note(outbox);
      return;
    }
    this.#unflushed.add(outbox);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#options.schedule(() => this.flush());
  }

  #note(outbox: Outbox): void {
    if (outbox.behind && !outbox.closed) this.#behind.add(outbox);
    else this.#behind.delete(outbox);
    this.#settle();
  }

  #settle(): void {
    if (this.#behind.size > 0 || this.#caughtUp === undefined) return;
    this.#caughtUp.resolve();
    this.#caughtUp = undefined;
  }
}
