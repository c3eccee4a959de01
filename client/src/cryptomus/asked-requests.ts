/**
 * The requests of a Cryptomus stream, and what the newest of them were about: a reply that nobody waits for any more
 * still tells what runs, and an error may come right behind a success.
 */
import type { Fault } from "../fault.ts";
import type { ReplyFields } from "../going-on.ts";
import type { Platform } from "../platform.ts";
import type { Place } from "../positions.ts";
import { PendingRequests } from "../requests.ts";
import { isTooMany } from "./requests.ts";
import type { Channel, ErrorObject } from "./wire.ts";

/** Most requests of which it is known what they were about. */
const askedMax = 1_000;

/** What a request was answered with. */
export interface Reply {
  readonly data: unknown;
  readonly error: ErrorObject | null;
  /** All of the reply. */
  readonly fields: ReplyFields;
}

/** What a request is about. */
export interface Asked {
  readonly channel: Channel;
  readonly names: readonly string[];
  /** Told in the very moment of the answer whether the server took it. */
  readonly answered: (wasTaken: boolean) => void;
  /** Told then of a subscribe that was taken. */
  readonly began?: (fields: ReplyFields) => void;
  readonly since?: Place | undefined;
}

/** An error that no call waits for, and what the request was about, where that is known. */
export interface Unheard {
  readonly error: ErrorObject;
  readonly asked: Asked | undefined;
}

/** See the head of the file. */
export class AskedRequests {
  readonly #pending: PendingRequests<Reply>;
  readonly #asked = new Map<number, Asked>();
  /** Sends a text; false when there is no connection. */
  readonly #send: (text: string) => boolean;

  constructor(platform: Platform, send: (text: string) => boolean) {
    this.#pending = new PendingRequests(platform);
    this.#send = send;
  }

  /** A request whose reply is of no interest. */
  ping(): string {
    return JSON.stringify({ id: this.#pending.newId(), method: "ping", params: [] });
  }

  ask(method: string, params: readonly unknown[], asked?: Asked): Promise<Reply> {
    return this.#pending.ask((id) => {
      if (asked !== undefined) this.#note(id, asked);
      return this.#send(JSON.stringify({ id, method, params, since: asked?.since }));
    });
  }

  #note(id: number, asked: Asked): void {
    this.#asked.set(id, asked);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > askedMax && oldest !== undefined) this.#asked.delete(oldest);
  }

  /** Hands a reply to who waits for it, and gives back an error that nobody waits for. */
  replied(id: unknown, reply: Reply): Unheard | undefined {
    const asked = typeof id === "number" ? this.#asked.get(id) : undefined;
    asked?.answered(!isTooMany(reply.error));
    if (reply.error === null) asked?.began?.(reply.fields);
    if (this.#pending.settle(id, reply) || reply.error === null) return undefined;
    return { error: reply.error, asked };
  }

  /** No replies come any more. */
  failAll(fault: Fault): void {
    this.#pending.failAll(fault);
  }
}
