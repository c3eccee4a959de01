/**
 * The streams that are followed, by topic. One that can be resumed outlives its last subscriber for a
 * while, and what is kept for those who come back is bounded, for each stream and in all.
 */
import type { Place, Sequenced } from "../marketdata/position.ts";
import { type Topic, topicKey, type Update } from "../marketdata/topic.ts";
import { Stream } from "./stream.ts";

/** How much is kept for clients that come back. */
export interface StreamBounds {
  /** How long a message is kept, in milliseconds. */
  readonly messageMs: number;
  /** Memory for the messages of all streams, in bytes; the oldest are forgotten first. */
  readonly bytesMax: number;
  /** How long a stream is kept without subscribers, in milliseconds. */
  readonly idleMs: number;
  /** Most streams that are kept without subscribers; the one that lost its last first goes first. */
  readonly idleMax: number;
}

/** Bounds where nothing else is said. */
export const streamBounds: StreamBounds = {
  messageMs: 600_000,
  bytesMax: 268_435_456,
  idleMs: 60_000,
  idleMax: 10_000,
};

/** Parts of the time that messages are kept, in which they are forgotten when there are too many. */
const sheddingParts = 64;

/** What streams are made with. */
export interface StreamsOptions {
  readonly bounds: StreamBounds;
  /** Monotonic time in milliseconds. */
  nowMs(): number;
  /** Where a topic's stream is when it is opened. */
  head(topic: Topic): Place;
}

/** All streams that are followed. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #byKey = new Map<string, Stream>();
  /** Kept without subscribers, the one that lost its last first at the front. */
  readonly #idle = new Set<Stream>();
  #bytes = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Estimated memory of the messages that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The stream of a topic, if it is followed. */
  get(topic: Topic): Stream | undefined {
    return this.#byKey.get(topicKey(topic));
  }

  /** The stream of a topic, which somebody is about to follow. */
  open(topic: Topic): Stream {
    const key = topicKey(topic);
    let stream = this.#byKey.get(key);
    if (stream === undefined) {
      stream = new Stream(topic, key, this.#options.head(topic));
      this.#byKey.set(key, stream);
    }
    stream.idleSinceMs = undefined;
    this.#idle.delete(stream);
    return stream;
  }

  /** Moves a stream on to a message, and keeps that where somebody may come back for it. */
  take(stream: Stream, message: Sequenced<Update>, key: string | undefined): void {
    stream.moveTo(message.position);
    const { ring } = stream;
    if (ring === undefined) return;
    const nowMs = this.#options.nowMs();
    const before = ring.bytes;
    ring.push(message, key, nowMs);
    ring.dropBefore(nowMs - this.#options.bounds.messageMs);
    this.#bytes += ring.bytes - before;
    if (this.#bytes > this.#options.bounds.bytesMax) this.#shed();
  }

  /** Somebody has left a stream: unless it can be resumed, it goes with its last subscriber. */
  left(stream: Stream): void {
    if (stream.isUsed || this.#byKey.get(stream.key) !== stream) return;
    const { idleMs, idleMax } = this.#options.bounds;
    if (stream.ring === undefined || idleMs <= 0) {
      this.#forget(stream);
      return;
    }
    stream.idleSinceMs = this.#options.nowMs();
    this.#idle.add(stream);
    for (const oldest of this.#idle) {
      if (this.#idle.size <= idleMax) break;
      this.#forget(oldest);
    }
  }

  /** Forgets what has been kept for long enough. Called about every second. */
  expire(): void {
    const nowMs = this.#options.nowMs();
    const { idleMs, messageMs } = this.#options.bounds;
    for (const stream of this.#idle) {
      if (nowMs - (stream.idleSinceMs ?? nowMs) < idleMs) break;
      this.#forget(stream);
    }
    this.#dropBefore(nowMs - messageMs);
  }

  #forget(stream: Stream): void {
    this.#idle.delete(stream);
    this.#byKey.delete(stream.key);
    this.#bytes -= stream.ring?.bytes ?? 0;
  }

  #dropBefore(timeMs: number): void {
    for (const { ring } of this.#byKey.values()) {
      if (ring === undefined) continue;
      const before = ring.bytes;
      ring.dropBefore(timeMs);
      this.#bytes += ring.bytes - before;
    }
  }

  /** Forgets the oldest messages of all streams, a part of the time after the other. */
  #shed(): void {
    const { bytesMax, messageMs } = this.#options.bounds;
    const nowMs = this.#options.nowMs();
    // A little more than has to be, so that it is not done for each message.
    const aim = bytesMax - bytesMax / sheddingParts;
    for (let part = 0; part <= sheddingParts && this.#bytes > aim; part += 1) {
      this.#dropBefore(nowMs - messageMs * (1 - part / sheddingParts));
    }
    // What has come in this very millisecond alone is too much.
    if (this.#bytes > bytesMax) this.#dropBefore(Number.POSITIVE_INFINITY);
  }
}
