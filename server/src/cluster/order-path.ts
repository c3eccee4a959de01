/**
 * The way of a command from a node that does not write to the one that does. It is answered from this
 * node's own state, once that has applied the command: what the answer says, the node's streams have told.
 * What was asked of a writer that has been taken over from, and is not in the log before the takeover, is
 * certain never to be there.
 */
import type { Command } from "../core/commands.ts";
import type { Clock } from "../ports/clock.ts";
import { originBytes } from "../ports/command-log.ts";
import type { Released, Submission } from "../ports/released.ts";
import type { RequestLine, Unanswered } from "../ports/request-line.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { decodeOrderAnswer, encodeOrder, type OrderAnswer, termSubject } from "./order-messages.ts";

/** Most commands of this node that wait for their results; one more is answered `busy`. */
export const ordersUnderWayMax = 4_096;

/** How long a command waits for its result, in milliseconds; afterwards it is not known. */
export const orderWithinMs = 5_000;

/** How often a command is asked for again because another node leads by now. */
const termsMax = 3;

/** Bytes of an origin that say which process it is of; the rest counts. */
const processBytes = originBytes - 4;

type Result = Submission | Admission;

/** What the way leads over. */
export interface OrderPathParts {
  readonly line: Pick<RequestLine, "ask" | "questionBytesMax">;
  readonly subject: string;
  /** {@link processBytes} random bytes of this process, as hex digits. */
  readonly processHex: string;
  readonly clock: Pick<Clock, "after">;
  /** The newest term that this node has seen in the log. */
  term(): number;
  /** Resolves when a command of the log is applied here, or never will be. */
  applied(sequence: number): Promise<unknown>;
}

interface Waiting {
  /** In which term it was asked for. */
  term: number;
  /** It was refused in an older term and goes on in a newer one. */
  again: (() => void) | undefined;
  /** It was said what became of it: it must not be asked for any more. */
  isSettled: boolean;
  settle(result: Result): void;
}

/** Hands commands on, and knows what became of them. */
export class OrderPath {
  readonly #parts: OrderPathParts;
  readonly #process: Uint8Array;
  readonly #waiting = new Map<number, Waiting>();
  #counted = 0;

  constructor(parts: OrderPathParts) {
    this.#parts = parts;
    this.#process = Uint8Array.from(parts.processHex.match(/../g) ?? [], (pair) =>
      Number.parseInt(pair, 16),
    );
  }

  /** Commands that wait for their results. */
  get underWay(): number {
    return this.#waiting.size;
  }

  /** Asks the leader to take a command; resolves when its result is known here, or will not be. */
  submit(command: Command): Promise<Result> {
    if (this.#waiting.size >= ordersUnderWayMax) return Promise.resolve({ kind: "busy" });
    this.#counted = (this.#counted + 1) >>> 0;
    const number = this.#counted;
    const origin = new Uint8Array(originBytes);
    origin.set(this.#process);
    new DataView(origin.buffer).setUint32(processBytes, number);
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(orderWithinMs, () =>
        waiting.settle({
          kind: "stopped",
          reason:
            "the leader has not answered in time: whether it was carried out is not known yet",
        }),
      );
      const waiting: Waiting = {
        term: this.#parts.term(),
        again: undefined,
        isSettled: false,
        settle: (result) => {
          if (!this.#waiting.delete(number)) return;
          waiting.isSettled = true;
          cancel();
          resolve(result);
        },
      };
      this.#waiting.set(number, waiting);
      void this.#ask(waiting, { origin, command });
    });
  }

  /** Notes what was applied of a batch, and whom it was for. */
  applied(released: readonly Released[], origins: Uint8Array | undefined): void {
    if (origins === undefined || this.#waiting.size === 0) return;
    const view = new DataView(origins.buffer, origins.byteOffset);
    // A batch that was partly applied before has its last commands here.
    const skipped = origins.length / originBytes - released.length;
    for (const [at, entry] of released.entries()) {
      const from = (skipped + at) * originBytes;
      if (!this.#isOwn(origins, from)) continue;
      const waiting = this.#waiting.get(view.getUint32(from + processBytes));
      waiting?.settle({ kind: "released", released: entry });
    }
  }

  /** Notes a takeover: nothing of an earlier term comes any more. */
  newTerm(term: number): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.term >= term) continue;
      if (waiting.again !== undefined) waiting.again();
      else waiting.settle(unavailable("another node has taken over; this was not carried out"));
    }
  }

  #isOwn(origins: Uint8Array, from: number): boolean {
    for (let at = 0; at < processBytes; at += 1) {
      if (origins[from + at] !== this.#process[at]) return false;
    }
    return true;
  }

  async #ask(
    waiting: Waiting,
    asked: { readonly origin: Uint8Array; readonly command: Command },
  ): Promise<void> {
    const { line } = this.#parts;
    for (let terms = 0; terms < termsMax && !waiting.isSettled; terms += 1) {
      waiting.term = this.#parts.term();
      const question = encodeOrder({ ...asked, term: waiting.term });
      if (question === undefined || question.length > line.questionBytesMax) {
        waiting.settle({ kind: "malformed" });
        return;
      }
      const answer = await this.#leader(waiting, question);
      if ("kind" in answer) {
        const known = unanswered(answer);
        if (known !== undefined) waiting.settle(known);
        return;
      }
      const told = decodeOrderAnswer(answer);
      if (told?.kind !== "other-term") {
        await this.#take(waiting, told);
        return;
      }
      if (told.term < this.#parts.term()) break;
      await this.#newer(waiting, told.term);
    }
    waiting.settle(unavailable("the leader has changed; this was not carried out"));
  }

  /**
   * Asks the leader of a term. One that stands still answers nothing, and is still there for the broker: whoever
   * knows of a newer term does not ask it. Where nobody leads in the term another one may have begun.
   */
  async #leader(waiting: Waiting, question: Uint8Array): Promise<Uint8Array | Unanswered> {
    const { line, subject } = this.#parts;
    const answer = await line.ask(termSubject(subject, waiting.term), question, orderWithinMs);
    const isNobody = "kind" in answer && answer.why === "nobody" && !waiting.isSettled;
    return isNobody ? await line.ask(subject, question, orderWithinMs) : answer;
  }

  /** Resolves when this node knows of the term, in which the command can be asked for again. */
  async #newer(waiting: Waiting, term: number): Promise<void> {
    if (this.#parts.term() >= term) return;
    await new Promise<void>((resolve) => {
      waiting.again = resolve;
    });
    waiting.again = undefined;
  }

  async #take(waiting: Waiting, answer: OrderAnswer | undefined): Promise<void> {
    if (answer === undefined) {
      waiting.settle({ kind: "stopped", reason: "the leader answers as no node of this release" });
    } else if (answer.kind === "answered") {
      // One that has lost its lead does not know; the log will tell, or the next takeover.
      if (answer.submission.kind === "stopped") return;
      // What the leader has judged by has been told here, too.
      await this.#parts.applied(answer.sequence);
      waiting.settle(answer.submission);
    }
  }
}

/** What is certain of a question without an answer; of a late one nothing is. */
function unanswered({ why }: Unanswered): Result | undefined {
  switch (why) {
    case "nobody":
      return unavailable("no node leads at present; this was not carried out");
    case "unreachable":
      return unavailable("the cluster cannot be reached; this was not carried out");
    case "busy":
      return { kind: "busy" };
    case "late":
      return undefined;
  }
}

function unavailable(reason: string): Result {
  return { kind: "unavailable", reason, passes: true };
}
