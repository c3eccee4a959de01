/**
 * Where a producer pushes over WebSocket: each text message is a batch as over HTTP, and each is answered
 * with its number on the connection when all of it is stored, which may be after later ones that were refused.
 */
import type {
  ConnectionHandle,
  Dialect,
  Session,
  SessionEffect,
  SessionInput,
} from "../../ports/dialect.ts";
import { type PushRouteOptions, pushed, pushPath, refusalOf } from "./batch.ts";

/** Batches of one connection that wait for their answers; what comes beyond them is not looked at. */
export const unansweredMax = 32;

/** Why a producer's connection is closed. */
export const closings = {
  binary: { code: 1003, reason: "Batches are text: one JSON object a line." },
  revoked: { code: 1008, reason: "The key may not push to this dataset any more." },
} as const;

/** The door of a dataset: `ws://HOST/openbourse/v1/ingest/DATASET?apikey=KEY`. */
export function pushDialect(options: PushRouteOptions): Dialect {
  const path = pushPath(options.dataset);
  return {
    name: `ingest ${options.dataset}`,
    accepts: (asked) => asked === path,
    async open(request, connection, nowMs) {
      const key = request.query("apikey");
      const from = { key, address: request.address };
      const refusal = await refusalOf(options, from, nowMs);
      if (refusal !== undefined) return { kind: "refused", ...refusal };
      return { kind: "accepted", session: new PushSession(options, from, connection) };
    },
  };
}

class PushSession implements Session {
  readonly owner: string;
  readonly messageBytesMax: number;
  readonly deadlineMs = Number.POSITIVE_INFINITY;
  readonly #options: PushRouteOptions;
  readonly #from: { readonly key: string | undefined; readonly address: string | undefined };
  readonly #connection: ConnectionHandle;
  /** Batches are read one after another, so that they are folded in the order in which they came. */
  #reading: Promise<unknown> = Promise.resolve();
  #batches = 0;
  #unanswered = 0;
  #hasEnded = false;

  constructor(
    options: PushRouteOptions,
    from: { readonly key: string | undefined; readonly address: string | undefined },
    connection: ConnectionHandle,
  ) {
    this.#options = options;
    this.#from = from;
    this.#connection = connection;
    this.owner = `producer of ${options.dataset}`;
    this.messageBytesMax = options.config.batchBytesMax;
  }

  started(): readonly SessionEffect[] {
    return [];
  }

  receive(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    switch (input.kind) {
      case "text":
        return this.#take(input.text, nowMs);
      case "told":
        return this.#told(input.text);
      case "binary":
        return [{ kind: "close", ...closings.binary }];
      default:
        return [];
    }
  }

  ended(): void {
    this.#hasEnded = true;
  }

  #take(text: string, nowMs: number): readonly SessionEffect[] {
    this.#batches += 1;
    const batch = this.#batches;
    if (this.#unanswered >= unansweredMax) {
      const message = `${unansweredMax} batches wait for their answers; send the batch again.`;
      return [
        {
          kind: "send",
          text: `{"batch":${batch},"status":429,"retryAfter":1,"error":${JSON.stringify({ message })}}`,
        },
      ];
    }
    this.#unanswered += 1;
    this.#reading = this.#reading.then(() => this.#push(batch, text, nowMs));
    return [];
  }

  /** Resolves when the batch is read and handed over; its answer comes when it is stored. */
  async #push(batch: number, text: string, nowMs: number): Promise<void> {
    if (this.#hasEnded) return;
    const refusal = await refusalOf(this.#options, this.#from, nowMs);
    const answer =
      refusal === undefined
        ? await pushed(this.#options, text)
        : { reply: Promise.resolve(refusal) };
    void answer.reply.then(({ status, headers = {}, body }) => {
      this.#unanswered -= 1;
      const after = headers["retry-after"];
      const wait = after === undefined ? "" : `"retryAfter":${Number(after)},`;
      const told = `{"batch":${batch},"status":${status},${wait}${body.slice(1)}`;
      if (!this.#hasEnded) this.#connection.inject({ kind: "told", text: told });
    });
  }

  #told(text: string): readonly SessionEffect[] {
    const answer: SessionEffect = { kind: "send", text };
    const isRefused = /^\{"batch":\d+,"status":40[13],/.test(text);
    return isRefused ? [answer, { kind: "close", ...closings.revoked }] : [answer];
  }
}
