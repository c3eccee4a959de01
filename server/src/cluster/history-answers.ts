/**
 * The answering end of the past: an engine reads its history for gateways. It answers nothing before its
 * history holds what the gateway has shown, and no question can make it fail.
 */
import { assert } from "../core/assert.ts";
import type { MarketSteps } from "../core/market/rules.ts";
import type { Clock } from "../ports/clock.ts";
import { type History, type HistoryQueries, isUnanswered, type Place } from "../ports/history.ts";
import { nextTurn } from "../ports/timers.ts";
import { toExactJson } from "./exact-json.ts";
import { askHistory, type HistoryAnswer, type HistoryQuestion } from "./history-messages.ts";
import { readQuestion } from "./history-question.ts";

/** Most bytes of one answer: writing or reading so many takes about two milliseconds. */
export const answerBytesMax = 262_144;

/** Most questions of all gateways that an engine answers at the same time; one more is busy. */
export const answersUnderWayMax = 256;

/** How long an answer waits for the history to hold what is asked about, in milliseconds. */
export const behindMaxMs = 2_000;

/** Time between two looks at how far the history is, in milliseconds. */
const lookAgainMs = 10;

/** Rows that are written in one turn of the event loop. */
const rowsPerTurn = 128;

/** Bytes around the rows of an answer. */
const envelopeBytes = 64;

/** What answers are made of. */
export interface HistoryAnswersParts {
  readonly epoch: string;
  readonly history: HistoryQueries & Pick<History, "lastSequence">;
  /** Resolves when the history holds all that was released by now, or with why it never will. */
  caughtUp(): Promise<string | undefined>;
  /** Whether a market has these steps. */
  hasSteps(market: string, steps: MarketSteps): boolean;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** Largest answer that the way back has room for. */
  readonly bytesMax: number;
}

/** Answers questions of gateways. */
export class HistoryAnswers {
  readonly #parts: HistoryAnswersParts;
  readonly #bytesMax: number;
  #underWay = 0;

  constructor(parts: HistoryAnswersParts) {
    this.#parts = parts;
    this.#bytesMax = Math.min(parts.bytesMax, answerBytesMax) - envelopeBytes;
    assert(this.#bytesMax > 0, "an answer has room for a row");
  }

  /** Questions that are being answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Answers one question. */
  async answer(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#underWay >= answersUnderWayMax) return written({ kind: "behind" });
    this.#underWay += 1;
    try {
      return await this.#answer(bytes);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #answer(bytes: Uint8Array): Promise<Uint8Array> {
    const question = readQuestion(bytes);
    if (question === undefined) {
      return refused("this is no question about the past: do all nodes run the same release?");
    }
    const { epoch } = this.#parts;
    if (question.epoch !== epoch) {
      return refused(`this is the history of the log ${epoch}, not of ${question.epoch}`);
    }
    const waited = await this.#holds(question.asOf);
    if (waited !== undefined) return written(waited);
    if ("steps" in question.query) {
      const { market, steps } = question.query;
      if (!this.#parts.hasSteps(market, steps)) return refused(`${market} has other steps`);
    }
    return await this.#rows(question);
  }

  /** Undefined once the history holds a command. */
  async #holds(sequence: number): Promise<HistoryAnswer | undefined> {
    const { history, clock } = this.#parts;
    const untilMs = clock.monotonicMs() + behindMaxMs;
    while (history.lastSequence < sequence) {
      const fault = await this.#parts.caughtUp();
      if (history.lastSequence >= sequence) return undefined;
      if (fault !== undefined) return unanswered(fault);
      if (clock.monotonicMs() >= untilMs) return { kind: "behind" };
      await new Promise<void>((resolve) => {
        clock.after(lookAgainMs, resolve);
      });
    }
    return undefined;
  }

  async #rows(question: HistoryQuestion): Promise<Uint8Array> {
    const rows = await askHistory(this.#parts.history, question.kind, question.query);
    if (isUnanswered(rows)) return written({ kind: "unanswered", why: rows });
    if (question.kind === "toldFills" || question.kind === "toldBalances") {
      const [page] = rows as readonly { readonly records: readonly unknown[]; lookedTo?: number }[];
      const { records = [], lookedTo } = page ?? {};
      return await this.#pieces(records, ({ texts, isCut }) => {
        const told = isCut || lookedTo === undefined ? "" : `,"lookedTo":${lookedTo}`;
        return `[{"records":[${texts}]${told}}]`;
      });
    }
    if (question.kind === "tradeBars") return await this.#tradeBars(question, rows);
    return await this.#pieces(rows, ({ texts }) => `[${texts}]`);
  }

  /** Bars are made of fewer trades where those of a page have no room in an answer: their last one says so. */
  async #tradeBars(question: HistoryQuestion, rows: readonly unknown[]): Promise<Uint8Array> {
    const text = toExactJson(rows);
    if (Buffer.byteLength(text) <= this.#bytesMax) return answerOf(text, false);
    const { query } = question;
    const limit = "limit" in query ? Math.ceil(query.limit / 2) : 1;
    if (limit <= 1) return refused("one row is larger than an answer may be");
    return await this.#rows({ ...question, query: { ...query, limit } } as HistoryQuestion);
  }

  /** As many of the first rows as there is room for. */
  async #pieces(
    rows: readonly unknown[],
    around: (taken: { readonly texts: string; readonly isCut: boolean }) => string,
  ): Promise<Uint8Array> {
    const texts: string[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (texts.length % rowsPerTurn === rowsPerTurn - 1) await nextTurn();
      const text = toExactJson(row);
      bytes += Buffer.byteLength(text) + 1;
      if (bytes > this.#bytesMax) break;
      texts.push(text);
    }
    const isCut = texts.length < rows.length;
    // What one place has is told together: another answer begins behind a place.
    while (isCut && isSamePlace(rows[texts.length - 1], rows[texts.length])) texts.pop();
    if (isCut && texts.length === 0) return refused("one row is larger than an answer may be");
    return answerOf(around({ texts: texts.join(","), isCut }), isCut);
  }
}

function isSamePlace(one: unknown, other: unknown): boolean {
  const [left, right] = [one, other] as Partial<Place>[];
  if (left?.sequence === undefined) return false;
  return left.sequence === right?.sequence && left.ordinal === right.ordinal;
}

function answerOf(rows: string, isCut: boolean): Uint8Array {
  return Buffer.from(`{"kind":"rows","isCut":${isCut},"rows":${rows}}`);
}

function written(answer: HistoryAnswer): Uint8Array {
  return Buffer.from(toExactJson(answer));
}

function unanswered(message: string): HistoryAnswer {
  return { kind: "unanswered", why: { kind: "failure", fault: "failed", message } };
}

function refused(message: string): Uint8Array {
  return written({ kind: "refused", message });
}
