/**
 * One connection's rules: how often a client may speak, what each message leads to, and when the
 * connection ends. Deterministic; time is an input and everything it wants done is an effect.
 */
import type { Admission } from "../../access/grant.ts";
import { MessageRate } from "../../access/message-rate.ts";
import { ensureNever } from "../../core/assert.ts";
import type { CatalogView } from "../../marketdata/catalog.ts";
import type { Session, SessionEffect, SessionInput } from "../../ports/dialect.ts";
import { type DecodedRequest, decodeRequest, emptyTag, type ReplyTag } from "./decode.ts";
import { encodeAcknowledgement, encodeError, type ReplyOptions } from "./encode.ts";
import { type CloseReason, closings, type StreamError } from "./errors.ts";
import { Subscriber } from "./subscriber.ts";

/** Largest message where the workspace's limits name none: "100kb" of the reference, in bytes. */
export const messageBytesMaxDefault = 102_400;

/** What a session works with. */
export interface FinazonSessionOptions extends ReplyOptions {
  readonly catalog: CatalogView;
  readonly admission: Admission;
  /** Whether the client asked for positions. */
  readonly tellsPositions?: boolean;
  /** The session by whose clock recordings are played; undefined by that of all. */
  readonly session?: string | undefined;
  /** Called once when the connection is open. */
  started(): void;
  /** Called once when it is gone, even if it never was open. */
  ended(): void;
}

/** Makes the session of a connection that was let in. */
export function createFinazonSession(options: FinazonSessionOptions): Session {
  return new FinazonSession(options);
}

class FinazonSession implements Session {
  readonly messageBytesMax: number;
  readonly #options: FinazonSessionOptions;
  readonly #admission: Admission;
  readonly #rate: MessageRate;
  readonly #subscriber: Subscriber;
  /** Once it is to be closed, or gone, nothing that still arrives is looked at. */
  #isOver = false;

  constructor(options: FinazonSessionOptions) {
    const { grant } = options.admission;
    this.messageBytesMax = grant.limits.messageBytesMax ?? messageBytesMaxDefault;
    this.#options = options;
    this.#admission = options.admission;
    this.#rate = new MessageRate(grant.limits.messagesPerMinuteMax ?? Number.POSITIVE_INFINITY);
    const { catalog, eventInReplies, tellsPositions, session } = options;
    this.#subscriber = new Subscriber({
      ...{ catalog, eventInReplies, grant, session },
      tellsPositions: tellsPositions === true,
    });
  }

  get owner(): string {
    const { workspace, keyId } = this.#admission.grant;
    return `${workspace}/${keyId}`;
  }

  get deadlineMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  started(): readonly SessionEffect[] {
    this.#options.started();
    return [];
  }

  receive(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    if (this.#isOver) return [];
    switch (input.kind) {
      case "text":
        return this.#message(nowMs, () => decodeRequest(input.text));
      case "binary":
        return this.#message(nowMs, () => binaryFrame);
      case "revoked":
        return [refuse({ reason: "revoked-key" }, emptyTag), this.#close("revoked")];
      case "evicted":
        return [this.#close("evicted")];
      case "dataset-ended":
        return this.#datasetEnded(input.dataset);
      case "ping":
      case "deadline":
      case "market-listed":
      case "bars":
      case "told":
        return [];
      default:
        return ensureNever(input);
    }
  }

  ended(): void {
    this.#isOver = true;
    this.#admission.release();
    this.#options.ended();
  }

  #datasetEnded(dataset: string): readonly SessionEffect[] {
    if (!this.#subscriber.isOn(dataset)) return [];
    return this.#subscriber.ended(dataset).map((error) => refuse(error, emptyTag));
  }

  #close(why: CloseReason): SessionEffect {
    this.#isOver = true;
    return { kind: "close", ...closings[why] };
  }

  #message(nowMs: number, decode: () => DecodedRequest): readonly SessionEffect[] {
    const verdict = this.#rate.count(nowMs);
    if (verdict === "flood") return [this.#close("flood")];
    // A message over the limit is still decoded, so that its refusal carries its request_id.
    const request = decode();
    if (verdict === "within") return this.#carryOut(request);
    const { perMinuteMax } = this.#rate;
    return [refuse({ reason: "too-many-messages", perMinuteMax }, request.tag)];
  }

  #carryOut(request: DecodedRequest): readonly SessionEffect[] {
    switch (request.kind) {
      case "fault":
        return [refuse(request.error, request.tag)];
      case "heartbeat":
        return [acknowledge("heartbeat", request.tag)];
      case "reset": {
        const stops = this.#subscriber.stopAll();
        // Without an id nobody could tell what an answer belongs to, so there is none (D-F2).
        if (request.tag.requestId === undefined) return stops;
        return [...stops, acknowledge("reset", request.tag)];
      }
      case "subscribe":
        return this.#subscriber.subscribe(request);
      case "unsubscribe":
        return this.#subscriber.unsubscribe(request);
      default:
        return ensureNever(request);
    }
  }
}

const binaryFrame: DecodedRequest = {
  kind: "fault",
  tag: emptyTag,
  error: { reason: "binary-frame" },
};

function refuse(error: StreamError, tag: ReplyTag): SessionEffect {
  return { kind: "send", text: encodeError(error, tag) };
}

function acknowledge(event: "heartbeat" | "reset", tag: ReplyTag): SessionEffect {
  return { kind: "send", text: encodeAcknowledgement(event, tag) };
}
