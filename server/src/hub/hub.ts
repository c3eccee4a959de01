/**
 * Fan-out: who subscribes to what, one encoding per update and dialect, one write per connection
 * and flush. The hub knows topics and frames; it knows no socket and no wire field.
 */
import type { Topic, TopicOf, Update, UpdateOf } from "../marketdata/topic.ts";
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
  /** Frames that took the place of an older state, or that a whole state will make up for. */
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
  /**
   * The state that a newcomer is sent at once, and with which a client that skipped changes goes on;
   * undefined for topics that have none. Asked again, the same object while nothing has changed.
   */
  current?(topic: Topic): Update | undefined;
}

/**
 * What a client that is behind is spared: of a `state` all but the newest of its key, of `changes` all
 * of them, as it is sent the whole state when it reads again, and of a `history` nothing.
 */
export type Delivery =
  | { readonly kind: "state"; readonly key: string }
  | { readonly kind: "changes" }
  | { readonly kind: "history" };

/** Subscribers of one topic in one encoding. */
interface Audience {
  readonly topic: Topic;
  readonly encoding: Encoding;
  readonly outboxes: Set<Outbox>;
  /** The last state that newcomers were sent, and its frame. */
  state: { readonly update: Update; readonly frame: Uint8Array } | undefined;
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
  /** What those who are behind have missed changes of. */
  readonly #stale = new Map<Outbox, Set<Audience>>();
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

  /** Whether anybody would be sent an update of the topic: where not, none has to be made. */
  hasAudience(topic: Topic): boolean {
    return this.#audiences.has(topicKey(topic));
  }

  /** Adds a subscription and sends the topic's state; a repeated one only sends the state again. */
  subscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const audience = this.#audience(topic, encoding);
    const isNew = !audience.outboxes.has(outbox);
    if (isNew) {
      audience.outboxes.add(outbox);
      this.#subscriptions += 1;
    }
    this.#sendState(outbox, audience);
    if (isNew) this.#options.subscribed?.(topic);
  }

  /** Removes a subscription; one that is not there changes nothing. */
  unsubscribe(outbox: Outbox, topic: Topic, encoding: Encoding): void {
    const key = topicKey(topic);
    const audiences = this.#audiences.get(key);
    const audience = audiences?.find((candidate) => candidate.encoding === encoding);
    if (audiences === undefined || !audience?.outboxes.delete(outbox)) return;
    this.#subscriptions -= 1;
    this.#stale.get(outbox)?.delete(audience);
    if (audience.outboxes.size > 0) return;
    audiences.splice(audiences.indexOf(audience), 1);
    if (audiences.length === 0) this.#audiences.delete(key);
  }

  /** Forgets a connection that is gone; its subscriptions have been removed by their owner. */
  detach(outbox: Outbox): void {
    outbox.end();
    this.#unflushed.delete(outbox);
    this.#behind.delete(outbox);
    this.#stale.delete(outbox);
    this.#settle();
  }

  /** Sends an update to everybody who subscribes to the topic. */
  publish<Kind extends Topic["kind"]>(
    topic: TopicOf<Kind>,
    update: UpdateOf[Kind],
    delivery: Delivery,
  ): void {
    const audiences = this.#audiences.get(topicKey(topic));
    if (audiences === undefined) return;
    for (const audience of audiences) {
      const { encoding, outboxes } = audience;
      const frame = this.#encode(audience, update);
      const key = delivery.kind === "state" ? `${encoding.name}|${delivery.key}` : undefined;
      for (const outbox of outboxes) {
        if (delivery.kind === "changes" && outbox.behind) this.#skip(outbox, audience);
        else this.#enqueue(outbox, frame, key);
      }
    }
  }

  /** Sends one message to one connection, in order with everything else it is sent. */
  send(outbox: Outbox, text: string): void {
    this.#enqueue(outbox, this.#options.frameText(text));
  }

  /** The connection's socket can take more again. */
  drained(outbox: Outbox): void {
    outbox.drained();
    if (!outbox.behind) this.#makeUp(outbox);
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

  #audience(topic: Topic, encoding: Encoding): Audience {
    const key = topicKey(topic);
    let audiences = this.#audiences.get(key);
    if (audiences === undefined) {
      audiences = [];
      this.#audiences.set(key, audiences);
    }
    let audience = audiences.find((candidate) => candidate.encoding === encoding);
    if (audience === undefined) {
      audience = { topic, encoding, outboxes: new Set(), state: undefined };
      audiences.push(audience);
    }
    return audience;
  }

  #sendState(outbox: Outbox, audience: Audience): void {
    const update = this.#options.current?.(audience.topic);
    if (update === undefined) return;
    if (outbox.behind) {
      this.#skip(outbox, audience);
      return;
    }
    // Many come at once after an outage, and all of them are sent the same state.
    if (audience.state?.update !== update) {
      audience.state = { update, frame: this.#encode(audience, update) };
    }
    this.#enqueue(outbox, audience.state.frame);
  }

  #encode({ topic, encoding }: Audience, update: Update): Uint8Array {
    this.counters.encodes += 1;
    return this.#options.frameText(encoding.encode(topic, update));
  }

  #skip(outbox: Outbox, audience: Audience): void {
    this.counters.conflated += 1;
    const missed = this.#stale.get(outbox);
    if (missed === undefined) this.#stale.set(outbox, new Set([audience]));
    else missed.add(audience);
  }

  /** Sends a client that reads again the whole state of what it missed changes of. */
  #makeUp(outbox: Outbox): void {
    const missed = this.#stale.get(outbox);
    if (missed === undefined) return;
    for (const audience of missed) {
      // The states themselves may be more than it takes at once; the others wait for the next time.
      if (outbox.behind) return;
      missed.delete(audience);
      this.#sendState(outbox, audience);
    }
    this.#stale.delete(outbox);
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
