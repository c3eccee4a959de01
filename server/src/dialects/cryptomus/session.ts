/**
 * One connection's rules: how often a client may speak, what each message leads to, and when the
 * connection ends. Deterministic; time is an input and everything it wants done is an effect.
 */
import type { Identity, StreamAdmission } from "../../access/identity.ts";
import { MessageRate } from "../../access/message-rate.ts";
import { assert, ensureNever } from "../../core/assert.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import { pastAnswerMsMax, type StoredBars } from "../../ports/dataset-reader.ts";
import type { Session, SessionEffect, SessionInput } from "../../ports/dialect.ts";
import type { Unanswered } from "../../ports/history.ts";
import type { StoredMarketBars } from "../../ports/protocol.ts";
import { answerFromStore, answerQuery, type PastQuestion } from "./answers.ts";
import {
  type DecodedMessage,
  decodeMessage,
  type QueryRequest,
  type RequestTag,
} from "./decode.ts";
import { encodeAnswer, encodeError } from "./encode.ts";
import type { Encodings } from "./encodings.ts";
import { type CloseReason, closings, type StreamError } from "./errors.ts";
import { Subscriber, type SubscriberOptions } from "./subscriber.ts";

/**
 * Most requests of one connection that wait while the past is read for one before them. Together they are
 * no larger than one message may be.
 */
export const waitingRequestsMax = 16;

/** A message that can be answered. */
type Request = Exclude<DecodedMessage, { readonly kind: "invalid-json" }>;

/** What the past is being read for. */
interface Pending extends PastQuestion {
  readonly tag: RequestTag;
  /** Until when the client waits for the answer. */
  readonly untilMs: number;
  /** Whether they were told that it takes too long; what is read for them is left then. */
  isLeft: boolean;
}

/** Owner of a connection that nobody is logged in on. */
export const anonymousOwner = "anonymous";

/** Choices and limits of all connections. */
export interface SessionOptions extends SubscriberOptions {
  /** Requests that are answered in a minute; `off` for no limit (D-C52). */
  readonly requestsPerMinuteMax: number | "off";
  /** Largest message that is read, in bytes. */
  readonly messageBytesMax: number;
  /** How long a client may send no request, in milliseconds (reference, rule 1). */
  readonly idleTimeoutMs: number;
  /** Whether a ping frame of the client counts as a request for that (D-C19). */
  readonly countPings: boolean;
}

/** What a session works with. */
export interface SessionContext {
  readonly board: MarketBoardView;
  readonly bars: StoredMarketBars;
  /** As whom it asks for the past: askers take turns. */
  readonly asker: string;
  readonly encodings: Encodings;
  readonly options: SessionOptions;
  readonly admission: StreamAdmission;
  /** Whether the client asked for positions; `encodings` are those that tell them, then. */
  readonly tellsPositions?: boolean;
  /** Market time in milliseconds; that of the inputs when left out. */
  readonly marketMs?: (() => number) | undefined;
  /** Called once when the connection is open. */
  started(): void;
  /** Called once when it is gone, even if it never was open. */
  ended(): void;
}

/** Makes the session of a connection that was let in. */
export function createCryptomusSession(context: SessionContext): Session {
  return new CryptomusSession(context);
}

class CryptomusSession implements Session {
  readonly owner: string;
  readonly messageBytesMax: number;
  readonly #context: SessionContext;
  readonly #rate: MessageRate;
  readonly #subscriber: Subscriber;
  #lastRequestMs = Number.POSITIVE_INFINITY;
  #pending: Pending | undefined;
  /** What came meanwhile: requests are answered in their order. */
  #waiting: { readonly request: Request; readonly bytes: number }[] = [];
  /** Once it is to be closed, or gone, nothing that still arrives is looked at. */
  #isOver = false;

  constructor(context: SessionContext) {
    const { options, admission } = context;
    const identity: Identity | undefined = admission.identity;
    this.owner = identity?.userId ?? anonymousOwner;
    this.messageBytesMax = options.messageBytesMax;
    this.#context = context;
    const { requestsPerMinuteMax: max } = options;
    this.#rate = new MessageRate(max === "off" ? Number.POSITIVE_INFINITY : max);
    this.#subscriber = new Subscriber({ ...context, identity });
  }

  get deadlineMs(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    return Math.min(this.#idleMs, this.#tooLateMs);
  }

  get #idleMs(): number {
    return this.#lastRequestMs + this.#context.options.idleTimeoutMs;
  }

  get #tooLateMs(): number {
    const pending = this.#pending;
    return pending?.isLeft === false ? pending.untilMs : Number.POSITIVE_INFINITY;
  }

  started(nowMs: number): readonly SessionEffect[] {
    this.#lastRequestMs = nowMs;
    this.#context.admission.confirm();
    this.#context.started();
    const { tellsPositions, encodings } = this.#context;
    if (tellsPositions !== true) return [];
    const topic = { kind: "position", dataset: undefined } as const;
    return [{ kind: "subscribe", topic, encoding: encodings.position }];
  }

  receive(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    if (this.#isOver) return [];
    switch (input.kind) {
      case "text":
        return this.#message(nowMs, decodeMessage(input.text), input.byteLength);
      case "binary":
        return this.#message(nowMs, { kind: "invalid-json" }, input.byteLength);
      case "ping":
        if (this.#context.options.countPings) this.#lastRequestMs = nowMs;
        return [];
      case "deadline":
        return this.#deadline(nowMs);
      case "bars":
        return this.#answered(input.answer, nowMs);
      case "market-listed":
        return this.#subscriber.marketListed(input.rules);
      case "revoked":
        return [this.#close("revoked")];
      case "evicted":
        // A connection beyond a user's limit is refused; none takes the place of another.
        return [];
      case "dataset-ended":
      case "told":
        return [];
      default:
        return ensureNever(input);
    }
  }

  ended(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#context.admission.release();
    this.#context.ended();
  }

  #close(why: CloseReason): SessionEffect {
    this.#isOver = true;
    return { kind: "close", ...closings[why] };
  }

  #deadline(nowMs: number): readonly SessionEffect[] {
    if (nowMs >= this.#idleMs) return [this.#close("idle")];
    const pending = this.#pending;
    if (pending === undefined || nowMs < this.#tooLateMs) return [];
    pending.isLeft = true;
    return [this.#refuse(pending.tag, { reason: "too-much-past" })];
  }

  #message(nowMs: number, message: DecodedMessage, bytes: number): readonly SessionEffect[] {
    this.#lastRequestMs = nowMs;
    const verdict = this.#rate.count(nowMs);
    if (verdict === "flood") return [this.#close("flood")];
    if (message.kind === "invalid-json") return [this.#close("invalid-json")];
    // A request over the limit is still decoded, so that its refusal carries its id.
    const request: Request =
      verdict === "over"
        ? { kind: "fault", tag: message.tag, error: { reason: "too-many-requests" } }
        : message;
    if (this.#pending === undefined) return this.#carryOut(request, nowMs);
    const waitingBytes = this.#waiting.reduce((sum, waiting) => sum + waiting.bytes, bytes);
    const isFull = this.#waiting.length >= waitingRequestsMax;
    if (isFull || waitingBytes > this.messageBytesMax) {
      const max = waitingRequestsMax;
      return [this.#refuse(request.tag, { reason: "too-many-waiting", max })];
    }
    this.#waiting.push({ request, bytes });
    return [];
  }

  #carryOut(request: Request, nowMs: number): readonly SessionEffect[] {
    switch (request.kind) {
      case "fault":
        return [this.#refuse(request.tag, request.error)];
      case "query":
        return [this.#answer(request, nowMs)];
      case "subscribe":
      case "unsubscribe":
        return this.#subscriber.carryOut(request);
      default:
        return ensureNever(request);
    }
  }

  #answer({ tag, method, params }: QueryRequest, nowMs: number): SessionEffect {
    const { board, marketMs } = this.#context;
    const answer = answerQuery(method, params, { board, nowMs: marketMs?.() ?? nowMs });
    return "question" in answer ? this.#ask(tag, answer, nowMs) : this.#reply(tag, answer);
  }

  #ask(tag: RequestTag, { question, part }: PastQuestion, nowMs: number): SessionEffect {
    const { bars, asker } = this.#context;
    const pending = { tag, question, part, untilMs: nowMs + pastAnswerMsMax, isLeft: false };
    this.#pending = pending;
    const isAbandoned = () => this.#isOver || pending.isLeft;
    const query = { ...part.query, asker, isAbandoned };
    return { kind: "ask", bars: () => bars(question.market, query) };
  }

  /** Answers what the past was read for, and what came after it until that has to be read again. */
  #answered(answer: StoredBars | Unanswered, nowMs: number): readonly SessionEffect[] {
    const pending = this.#pending;
    assert(pending !== undefined, "what is answered was asked");
    this.#pending = undefined;
    const effects: SessionEffect[] = [];
    if (!pending.isLeft) {
      const data = answerFromStore(pending, answer, this.#context.board);
      effects.push(this.#reply(pending.tag, data));
    }
    while (this.#pending === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      effects.push(...this.#carryOut(next.request, nowMs));
    }
    return effects;
  }

  #reply(tag: RequestTag, answer: { readonly data: string } | StreamError): SessionEffect {
    if ("reason" in answer) return this.#refuse(tag, answer);
    return { kind: "send", text: encodeAnswer(tag, answer.data, this.#context.options) };
  }

  #refuse(tag: RequestTag, error: StreamError): SessionEffect {
    return { kind: "send", text: encodeError(tag, error, this.#context.options) };
  }
}
