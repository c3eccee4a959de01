/**
 * What one connection is still owed. Bounded in bytes: while the client is behind, a newer state
 * takes the place of an older one of the same key, and what still does not fit ends the connection.
 */
import type { Transport } from "../ports/transport.ts";

/** Close code for a client that does not read as fast as it is sent to. */
export const slowConsumerCode = 1008;

/** Close reason for a client that does not read as fast as it is sent to. */
export const slowConsumerReason = "slow consumer: messages were not read fast enough";

/** Bytes queued within one turn after which they are written without waiting for its end. */
export const flushBytesMax = 262_144;

/** What happened to a frame; `closed` means that nobody is there to receive it any more. */
export type Enqueued = "queued" | "conflated" | "overflow" | "closed";

/** The bounded queue of one connection. */
export class Outbox {
  readonly transport: Transport;
  readonly #bytesMax: number;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  /** True while the transport has asked to wait. */
  #behind = false;
  #closed = false;
  /** Places of keyed frames; kept only while the client is behind. */
  readonly #places = new Map<string, number>();

  constructor(transport: Transport, bytesMax: number) {
    this.transport = transport;
    this.#bytesMax = bytesMax;
  }

  /** Whether the client is behind. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Bytes waiting here; what the socket holds already is not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Queues one frame. With a `key` it replaces a queued frame of the same key while the client is
   * behind. On overflow the queue is emptied and the connection is closed.
   */
  push(frame: Uint8Array, key?: string): Enqueued {
    if (this.#closed) return "closed";
    if (this.#bytes + frame.length > flushBytesMax) this.flush();
    const place = this.#behind && key !== undefined ? this.#places.get(key) : undefined;
    if (place !== undefined) {
      this.#bytes += frame.length - (this.#frames[place]?.length ?? 0);
      this.#frames[place] = frame;
      return "conflated";
    }
    if (this.#behind) {
      if (this.#bytes + frame.length > this.#bytesMax) {
        this.close(slowConsumerCode, slowConsumerReason);
        return "overflow";
      }
      if (key !== undefined) this.#places.set(key, this.#frames.length);
    }
    this.#frames.push(frame);
    this.#bytes += frame.length;
    return "queued";
  }

  /** Hands everything queued to the transport unless the client is behind. */
  flush(): void {
    if (this.#behind || this.#closed || this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#clear();
    this.#behind = !this.transport.write(frames);
  }

  /** The transport can take more again. */
  drained(): void {
    this.#behind = false;
    this.flush();
  }

  /** Flushes what the client can still take, then closes. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.flush();
    this.end();
    this.transport.close(code, reason);
  }

  /** The connection is gone: nothing is queued from here on. */
  end(): void {
    this.#closed = true;
    this.#clear();
  }

  #clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#places.clear();
  }
}
