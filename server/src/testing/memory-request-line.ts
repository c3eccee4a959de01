/** Questions between nodes of one process, for tests and simulations. */
import type { Answering, RequestLine, Unanswered } from "../ports/request-line.ts";

type Handler = (question: Uint8Array) => Promise<Uint8Array>;

interface Answerer {
  readonly line: MemoryRequestLine;
  readonly handler: Handler;
}

/** What all nodes share. */
export class MemoryRequests {
  readonly answerers = new Map<string, readonly Answerer[]>();
}

/** The line of one node. */
export class MemoryRequestLine implements RequestLine {
  readonly questionBytesMax = 1_048_576;
  readonly #requests: MemoryRequests;
  /** Whether this node reaches nobody. */
  isCut = false;
  /** Whether questions of this node arrive, and answers are lost. */
  losesAnswers = false;

  constructor(requests: MemoryRequests) {
    this.#requests = requests;
  }

  async ask(subject: string, question: Uint8Array): Promise<Uint8Array | Unanswered> {
    if (this.isCut) return { kind: "unanswered", why: "unreachable" };
    const reached = this.#requests.answerers.get(subject)?.find(({ line }) => !line.isCut);
    if (reached === undefined) return { kind: "unanswered", why: "nobody" };
    const answer = await reached.handler(question);
    return this.losesAnswers ? { kind: "unanswered", why: "late" } : answer;
  }

  answer(subject: string, handler: Handler): Promise<Answering> {
    const { answerers } = this.#requests;
    const own = { line: this, handler };
    answerers.set(subject, [...(answerers.get(subject) ?? []), own]);
    const stop = () => {
      const others = (answerers.get(subject) ?? []).filter((other) => other !== own);
      answerers.set(subject, others);
      return Promise.resolve();
    };
    return Promise.resolve({ stop });
  }
}
