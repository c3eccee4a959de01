/** Requests on a stream that wait for the reply with their id, within a time and a bound. */
import { ClientError, type Fault } from "./fault.ts";
import type { Platform } from "./platform.ts";

/** Most requests that wait at once. */
const waitingMax = 1_000;
/** How long a reply is waited for, in milliseconds. */
export const replyMs = 10_000;

interface Waiting<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: ClientError) => void;
  readonly cancel: () => void;
}

/** See the head of the file. */
export class PendingRequests<Reply> {
  readonly #platform: Platform;
  readonly #waiting = new Map<number, Waiting<Reply>>();
  #lastId = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Sends a request under a new id; resolves with the reply. */
  ask(send: (id: number) => boolean): Promise<Reply> {
    if (this.#waiting.size >= waitingMax) {
      const message = `${waitingMax} requests wait for their replies already`;
      return Promise.reject(new ClientError({ kind: "overflow", message, max: waitingMax }));
    }
    const id = this.newId();
    if (!send(id)) {
      const message = "there is no connection at present";
      return Promise.reject(new ClientError({ kind: "network", message }));
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#platform.after(replyMs, () => {
        this.#waiting.delete(id);
        reject(new ClientError({ kind: "timeout", message: `no reply within ${replyMs} ms` }));
      });
      this.#waiting.set(id, { resolve, reject, cancel });
    });
  }

  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Hands a reply to who waits for it; false when nobody does. */
  settle(id: unknown, reply: Reply): boolean {
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) return false;
    this.#waiting.delete(id as number);
    waiting.cancel();
    waiting.resolve(reply);
    return true;
  }

  /** No replies come any more. */
  failAll(fault: Fault): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, cancel } of waiting) {
      cancel();
      reject(new ClientError(fault));
    }
  }
}
