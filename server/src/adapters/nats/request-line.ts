/**
 * Questions and answers over NATS. A question is sent once and never again by itself: whoever asks
 * decides what an answer that did not come means.
 */
import {
  headers,
  type Msg,
  PermissionViolationError,
  RequestError,
  type Subscription,
  TimeoutError,
} from "@nats-io/transport-node";
import { assert } from "../../core/assert.ts";
import {
  type Answering,
  type AnswerOptions,
  answersUnderWayMax,
  questionsUnderWayMax,
  type RequestLine,
  type Unanswered,
} from "../../ports/request-line.ts";
import { nextTurn } from "../../ports/timers.ts";
import type { NatsLink } from "./link.ts";

/** Says in an answer without content that the question was not looked at. */
const busyHeader = "Openbourse-Busy";

/** What a message takes besides its content, in bytes. */
const overheadBytes = 1_024;

/** A line over one connection. */
export class NatsRequestLine implements RequestLine {
  readonly questionBytesMax: number;
  readonly #link: NatsLink;
  #underWay = 0;
  /** Resolves when this turn of the event loop is over. */
  #turnEnds: Promise<void> | undefined;

  constructor(link: NatsLink) {
    this.#link = link;
    this.questionBytesMax = (link.connection.info?.max_payload ?? 1_024 * 1_024) - overheadBytes;
  }

  /** Lets no more questions in; those that the server has sent by now are still answered. */
  async endSubscription(subscription: Subscription): Promise<void> {
    // The server that sent them is gone with the answers that it would take.
    if (!this.#link.isConnected) return subscription.unsubscribe();
    await this.#link.unlessLost(subscription.drain()).catch(() => subscription.unsubscribe());
  }

  /** Whether the connection has not been closed; it may be away. */
  get isOpen(): boolean {
    return !this.#link.connection.isClosed();
  }

  async ask(
    subject: string,
    question: Uint8Array,
    timeoutMs: number,
  ): Promise<Uint8Array | Unanswered> {
    assert(question.length <= this.questionBytesMax, "a question has its largest size");
    if (this.#underWay >= questionsUnderWayMax) return unanswered("busy");
    this.#underWay += 1;
    try {
      // Each write to the connection costs more than the question: those of one turn are written together.
      await this.#turnEnd();
      // The client would keep it and send it when a server is back, when nobody waits for it any more.
      if (!this.#link.isConnected) return unanswered("unreachable");
      const answer = await this.#link.connection.request(subject, question, { timeout: timeoutMs });
      return answer.headers?.has(busyHeader) === true ? unanswered("busy") : answer.data;
    } catch (error) {
      return unanswered(whyOf(error));
    } finally {
      this.#underWay -= 1;
    }
  }

  #turnEnd(): Promise<void> {
    this.#turnEnds ??= nextTurn().finally(() => {
      this.#turnEnds = undefined;
    });
    return this.#turnEnds;
  }

  async answer(
    subject: string,
    handler: (question: Uint8Array) => Promise<Uint8Array>,
    { group }: AnswerOptions = {},
  ): Promise<Answering> {
    const { connection } = this.#link;
    const answers = new Answers(this, handler);
    const subscription = connection.subscribe(subject, {
      ...(group === undefined ? {} : { queue: group }),
      callback: (error, message) => {
        if (error === null) answers.take(message);
      },
    });
    // Without a server it is asked for again as soon as one is there.
    await connection.flush().catch(() => {});
    return { stop: () => answers.stop(subscription) };
  }
}

/** The questions of one subject that are being answered. */
class Answers {
  readonly #line: NatsRequestLine;
  readonly #handler: (question: Uint8Array) => Promise<Uint8Array>;
  #underWay = 0;
  #whenDone: (() => void)[] = [];

  constructor(line: NatsRequestLine, handler: (question: Uint8Array) => Promise<Uint8Array>) {
    this.#line = line;
    this.#handler = handler;
  }

  take(message: Msg): void {
    if (this.#underWay >= answersUnderWayMax) {
      const busy = headers();
      busy.set(busyHeader, "1");
      message.respond(undefined, { headers: busy });
      return;
    }
    this.#underWay += 1;
    void this.#answer(message);
  }

  async stop(subscription: Subscription): Promise<void> {
    await this.#line.endSubscription(subscription);
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenDone.push(resolve));
  }

  async #answer(message: Msg): Promise<void> {
    try {
      const answer = await this.#handler(message.data);
      assert(answer.length <= this.#line.questionBytesMax, "an answer has its largest size");
      // Nobody can be told once the connection was closed.
      if (this.#line.isOpen) message.respond(answer);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const done of this.#whenDone.splice(0)) done();
    }
  }
}

function whyOf(error: unknown): Unanswered["why"] {
  if (error instanceof TimeoutError) return "late";
  if (error instanceof RequestError && error.isNoResponders()) return "nobody";
  // The server has refused it to this user, and sent it to nobody.
  if (error instanceof RequestError && error.cause instanceof PermissionViolationError) {
    return "unreachable";
  }
  // The connection was lost or closed while the question was under way.
  return "late";
}

function unanswered(why: Unanswered["why"]): Unanswered {
  return { kind: "unanswered", why };
}
