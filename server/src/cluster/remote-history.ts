/**
 * The history of a node that has none: it asks the engines of the cluster. Each answer is of a history that
 * holds all that this node has applied, so that it never lacks what the node's streams have told.
 */
import { assert } from "../core/assert.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import {
  type Answer,
  assertPage,
  barLimitMax,
  foldedTradesMax,
  type History,
  type HistoryQueries,
  isUnanswered,
  type Unanswered,
} from "../ports/history.ts";
import type { RequestLine } from "../ports/request-line.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import {
  type AnyQuery,
  askHistory,
  type HistoryAnswer,
  type HistoryQuestion,
  type HistoryRead,
  historySubject,
  type ReadKind,
} from "./history-messages.ts";
import { HistoryPages } from "./history-pages.ts";
import { plainQuery } from "./history-question.ts";

/** Most queries of one asker that are under way from this node; one more is answered `busy`. */
export const queriesPerAskerMax = 16;

/** Most queries of all askers together. */
export const queriesMax = 256;

/** How long an answer is waited for, in milliseconds: longer than an engine waits for its history. */
export const answerWithinMs = 10_000;

/** Whom is asked, and from where. */
export interface RemoteHistoryParts {
  readonly line: Pick<RequestLine, "ask" | "questionBytesMax">;
  /** Name of the cluster. */
  readonly cluster: string;
  /** The log that is followed, as far as it went when this node was started. */
  readonly log: Pick<CommandLog, "epoch" | "lastSequence">;
}

/** How queries of every kind are answered. */
type Read = <Kind extends ReadKind>(
  kind: Kind,
  query: HistoryRead[Kind]["query"],
) => Answer<HistoryRead[Kind]["row"]>;

/**
 * The history as the engines answer it. It is fed like any other, keeps nothing of that, and only notes how far its
 * node is. What is asked at the door of the writer it does not know: this node cannot be one.
 */
export function remoteHistory(parts: RemoteHistoryParts): History {
  const asked = new Asked();
  let lastSequence = parts.log.lastSequence;
  const read = (kind: ReadKind, query: AnyQuery): Answer<unknown> => {
    if (kind === "bars") assertPage(query as { limit: number }, barLimitMax);
    else if (kind === "tradeBars") assertPage(query as { limit: number }, foldedTradesMax);
    else if (kind !== "totals") assertPage(query as { limit: number });
    return asked.admit(askerOf(query), () => readWhole(parts, lastSequence, { kind, query }));
  };
  const notHere = {
    kind: "failure",
    fault: "failed",
    message: "the history is at the engines",
  } as const;
  return {
    ...queriesBy(read as Read),
    epoch: parts.log.epoch,
    failure: undefined,
    stall: undefined,
    onTrouble() {},
    get lastSequence() {
      return lastSequence;
    },
    record(released, isUnfinished = false) {
      const { sequence = 0 } = released.at(-1) ?? {};
      lastSequence = Math.max(lastSequence, isUnfinished ? sequence - 1 : sequence);
    },
    advanced: () => Promise.resolve(),
    flushed: () => Promise.resolve(lastSequence),
    clientIdUse: () => notTheWriter(),
    transfer: () => notTheWriter(),
    // Each engine examines its own.
    examine: () => Promise.resolve(["end"]),
    digest: () => Promise.resolve(notHere),
    close: () => Promise.resolve(),
  };
}

function notTheWriter(): never {
  throw new Error("only the writer of the log asks at its door");
}

/**
 * A history that is asked again while it does not answer, for as long as `patienceMs` since it was made: for
 * a start, which can wait for engines that are starting themselves.
 */
export function patientHistory(
  history: HistoryQueries,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
): HistoryQueries {
  const untilMs = clock.monotonicMs() + patienceMs;
  const read = async (kind: ReadKind, query: AnyQuery): Answer<unknown> => {
    for (;;) {
      const rows = await askHistory(history, kind, query);
      if (!isUnanswered(rows) || clock.monotonicMs() >= untilMs) return rows;
      await new Promise<void>((resolve) => {
        clock.after(askAgainMs, resolve);
      });
    }
  };
  return queriesBy(read as Read);
}

/** Time between two tries of one who is patient, in milliseconds. */
const askAgainMs = 200;

function queriesBy(read: Read): HistoryQueries {
  return {
    closedOrders: (query) => read("closedOrders", query),
    orderFills: (query) => read("orderFills", query),
    userFills: (query) => read("userFills", query),
    orderEvents: (query) => read("orderEvents", query),
    toldFills: (query) => read("toldFills", query),
    trades: (query) => read("trades", query),
    tradeBars: (query) => read("tradeBars", query),
    bars: (query) => read("bars", query),
    totals: (market) => read("totals", { market }),
    balanceChanges: (query) => read("balanceChanges", query),
    toldBalances: (query) => read("toldBalances", query),
  };
}

/** Queries that are under way, by who asks. */
class Asked {
  readonly #underWay = new Map<string, number>();
  #count = 0;

  async admit(asker: string, ask: () => Answer<unknown>): Answer<unknown> {
    const own = this.#underWay.get(asker) ?? 0;
    if (own >= queriesPerAskerMax) return { kind: "busy", asker: "this" };
    if (this.#count >= queriesMax) return { kind: "busy", asker: "all" };
    this.#underWay.set(asker, own + 1);
    this.#count += 1;
    try {
      return await ask();
    } finally {
      this.#count -= 1;
      const left = (this.#underWay.get(asker) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(asker);
      else this.#underWay.set(asker, left);
    }
  }
}

/** Whose turn a query takes: each user's, and each market's for what is public. */
function askerOf(query: AnyQuery): string {
  if ("user" in query) return `user ${query.user}`;
  return "asker" in query && query.asker !== undefined
    ? `asker ${query.asker}`
    : `market ${query.market}`;
}

async function readWhole(
  parts: RemoteHistoryParts,
  asOf: number,
  { kind, query }: { readonly kind: ReadKind; readonly query: AnyQuery },
): Answer<unknown> {
  const { epoch } = parts.log;
  const pages = new HistoryPages(kind, plainQuery(kind, query));
  while (pages.whole === undefined) {
    const { next } = pages;
    if (next === undefined) return failure("a page that far back has no room in one answer");
    const answer = await askOnce(parts, { epoch, asOf, kind, query: next } as never);
    if (answer.kind !== "rows") return unansweredOf(answer);
    if (!pages.take(answer.rows, answer.isCut)) return failure("an engine has answered nonsense");
  }
  return pages.whole;
}

type NoAnswer = Exclude<HistoryAnswer, { readonly kind: "rows" }>;

function unansweredOf(answer: NoAnswer): Unanswered {
  switch (answer.kind) {
    case "unanswered":
      return answer.why;
    case "behind":
      return { kind: "busy", asker: "all" };
    case "refused":
      return failure(`an engine has refused a question about the past: ${answer.message}`);
  }
}

async function askOnce(
  { line, cluster }: RemoteHistoryParts,
  question: HistoryQuestion,
): Promise<HistoryAnswer> {
  const bytes = Buffer.from(toExactJson(question));
  assert(bytes.length <= line.questionBytesMax, "a question about the past is short");
  const answer = await line.ask(historySubject(cluster), bytes, answerWithinMs);
  if ("kind" in answer) {
    if (answer.why === "busy") return { kind: "behind" };
    return { kind: "unanswered", why: failure(reasons[answer.why]) };
  }
  const read = fromExactJson(Buffer.from(answer).toString("utf8"));
  return isAnswer(read)
    ? read
    : { kind: "unanswered", why: failure("an engine has answered nonsense") };
}

const reasons = {
  nobody: "no engine of the cluster answers questions about the past",
  unreachable: "the cluster cannot be reached",
  late: "no engine of the cluster has answered a question about the past in time",
} as const;

function isAnswer(value: unknown): value is HistoryAnswer {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind, rows, isCut, why, message } = value as Record<string, unknown>;
  if (kind === "rows") return Array.isArray(rows) && typeof isCut === "boolean";
  if (kind === "unanswered") return typeof why === "object" && why !== null && "kind" in why;
  return kind === "behind" || (kind === "refused" && typeof message === "string");
}

function failure(message: string): Unanswered {
  return { kind: "failure", fault: "failed", message };
}
