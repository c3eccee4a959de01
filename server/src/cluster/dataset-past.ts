/**
 * The past of datasets that nodes share. Feed nodes keep it, of what the stream of datasets says; gateways ask any of them, which
 * answers as soon as it has folded what the gateway has shown.
 */
import Type, { type TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Clock } from "../ports/clock.ts";
import {
  assertRowQuery,
  type DatasetReader,
  type StoredBars,
  type StoredTicker,
  type StoredTrade,
  storedOffsetMax,
} from "../ports/dataset-reader.ts";
import { isUnanswered, type Unanswered } from "../ports/history.ts";
import type { Answering, RequestLine } from "../ports/request-line.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import { Interval, Order } from "./history-question.ts";

/** Most rows of one answer; of more it is asked again. */
export const pastRowsMax = 1_000;

/** How long an answer is waited for, in milliseconds: longer than who answers waits for what was shown. */
const answerWithinMs = 10_000;

/** How long who answers waits until it has folded what was shown, in milliseconds. */
export const behindMaxMs = 2_000;

const lookAgainMs = 10;

/** What can be asked. */
type PastKind = "bars" | "trades" | "coverage" | "tickers";

interface PastQuestion {
  readonly epoch: string;
  readonly dataset: string;
  /** The last message that was shown. */
  readonly at: number;
  readonly kind: PastKind;
  readonly query: object;
}

type PastAnswer =
  | { readonly kind: "answer"; readonly answer: object }
  | { readonly kind: "unanswered"; readonly why: Unanswered };

/** What of a dataset is kept here. */
export interface KeptPast {
  readonly epoch: string;
  readonly reader: DatasetReader;
  /** The last message that was folded; 0 before the first. */
  folded(): number;
}

/** What questions about the past of datasets are put to, by the name of a cluster. */
function pastSubject(cluster: string): string {
  return `${cluster}.datasets`;
}

const strict = (properties: Readonly<Record<string, TSchema>>) =>
  Type.Object(properties, { additionalProperties: false });

const Name = Type.String({ minLength: 1, maxLength: 512 });
const Time = Type.Integer({ minimum: -(2 ** 53), maximum: 2 ** 53 });
const span = { dataset: Name, fromUs: Time, toUs: Time, asker: Type.Optional(Name) };
const rows = {
  ...{ ...span, ticker: Name, order: Order },
  limit: Type.Integer({ minimum: 1, maximum: pastRowsMax }),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: storedOffsetMax })),
};
const queries: Readonly<Record<PastKind, TSchema>> = {
  bars: strict({ ...rows, interval: Interval }),
  trades: strict(rows),
  coverage: strict({ ...span, ticker: Type.Optional(Name) }),
  tickers: strict({ dataset: Name }),
};
const Question = Type.Object({
  ...{ epoch: Name, dataset: Name, at: Type.Integer({ minimum: 0, maximum: 2 ** 53 }) },
  kind: Type.Enum(["bars", "trades", "coverage", "tickers"]),
  query: Type.Object({}),
});

/** Answers questions about the past, until it is stopped. */
export function answerPast(parts: {
  readonly line: RequestLine;
  readonly cluster: string;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  kept(dataset: string): KeptPast | undefined;
}): Promise<Answering> {
  const { line, cluster, clock, kept } = parts;
  const answered = async (bytes: Uint8Array): Promise<PastAnswer> => {
    const question = readQuestion(bytes);
    if (question === undefined) return failed("the question is none of this release");
    const past = kept(question.dataset);
    if (past === undefined) return failed(`the past of ${question.dataset} is not kept here`);
    if (past.epoch !== question.epoch) return failed("the stream of datasets is another one");
    const untilMs = clock.monotonicMs() + behindMaxMs;
    while (past.folded() < question.at) {
      if (clock.monotonicMs() >= untilMs) return unanswered({ kind: "busy", asker: "all" });
      await new Promise<void>((resolve) => {
        clock.after(lookAgainMs, resolve);
      });
    }
    const answer = await ask(past.reader, question);
    return isUnanswered(answer) ? unanswered(answer) : { kind: "answer", answer };
  };
  const handler = async (bytes: Uint8Array) => {
    const encoded = Buffer.from(toExactJson(await answered(bytes)));
    if (encoded.length <= line.questionBytesMax) return encoded;
    return Buffer.from(toExactJson(failed("the answer is too long for one message: ask for less")));
  };
  return line.answer(pastSubject(cluster), handler, { group: "datasets" });
}

function readQuestion(bytes: Uint8Array): PastQuestion | undefined {
  const read = fromExactJson(Buffer.from(bytes).toString("utf8"));
  if (!Value.Check(Question, read)) return undefined;
  const { kind, query, dataset } = read as PastQuestion;
  const isOne = Value.Check(queries[kind], query);
  return isOne && (query as { dataset: string }).dataset === dataset
    ? (read as PastQuestion)
    : undefined;
}

async function ask(
  reader: DatasetReader,
  { kind, query, dataset }: PastQuestion,
): Promise<object | Unanswered> {
  if (kind === "tickers") return await reader.tickers(dataset);
  return await (reader[kind] as (query: object) => Promise<object | Unanswered>)(query);
}

/** Whom is asked, and about what. */
export interface RemotePastParts {
  readonly line: Pick<RequestLine, "ask">;
  readonly cluster: string;
  readonly dataset: string;
  readonly epoch: string;
  /** The last message that was shown. */
  shown(): number;
}

/** The past of a dataset as feed nodes answer it. */
export function remotePast(parts: RemotePastParts): DatasetReader {
  const read = (kind: PastKind, query: object) => askOnce(parts, kind, query);
  return {
    bars: async (query) => {
      assertRowQuery(query);
      const { isAbandoned: _, ...plain } = query;
      let unknown: StoredBars["unknown"] = [];
      const bars = await inPages(plain, async (page) => {
        const found = await read("bars", page);
        if (isUnanswered(found)) return found;
        // What is not known is of the whole time that was asked for.
        ({ unknown } = found as StoredBars);
        return (found as StoredBars).bars;
      });
      return isUnanswered(bars) ? bars : { bars, unknown };
    },
    trades: async (query) => {
      assertRowQuery(query);
      const { isAbandoned: _, ...plain } = query;
      return await inPages(
        plain,
        async (page) => (await read("trades", page)) as readonly StoredTrade[] | Unanswered,
      );
    },
    coverage: async ({ isAbandoned: _, ...query }) => (await read("coverage", query)) as never,
    tickers: async (dataset) =>
      (await read("tickers", { dataset })) as readonly StoredTicker[] | Unanswered,
  };
}

/** Rows of several answers. */
async function inPages<Row>(
  query: { readonly limit: number; readonly offset?: number | undefined },
  read: (page: object) => Promise<readonly Row[] | Unanswered>,
): Promise<readonly Row[] | Unanswered> {
  const found: Row[] = [];
  while (found.length < query.limit) {
    const limit = Math.min(pastRowsMax, query.limit - found.length);
    const offset = (query.offset ?? 0) + found.length;
    if (offset > storedOffsetMax) break;
    const page = await read({ ...query, limit, offset });
    if (isUnanswered(page)) return page;
    found.push(...page);
    if (page.length < limit) break;
  }
  return found;
}

async function askOnce(
  { line, cluster, dataset, epoch, shown }: RemotePastParts,
  kind: PastKind,
  query: object,
): Promise<object | Unanswered> {
  const question: PastQuestion = { epoch, dataset, at: shown(), kind, query };
  const bytes = Buffer.from(toExactJson(question));
  const answer = await line.ask(pastSubject(cluster), bytes, answerWithinMs);
  if ("kind" in answer) {
    return answer.why === "busy" ? { kind: "busy", asker: "all" } : why(reasons[answer.why]);
  }
  const read = fromExactJson(Buffer.from(answer).toString("utf8")) as PastAnswer | undefined;
  if (read?.kind === "answer" && typeof read.answer === "object") return read.answer;
  return read?.kind === "unanswered" ? read.why : why("a feed node has answered nonsense");
}

const reasons = {
  nobody: "no feed node of the cluster answers questions about the past of datasets",
  unreachable: "the cluster cannot be reached",
  late: "no feed node has answered a question about the past in time",
} as const;

function why(message: string): Unanswered {
  return { kind: "failure", fault: "failed", message };
}

function unanswered(reason: Unanswered): PastAnswer {
  return { kind: "unanswered", why: reason };
}

function failed(message: string): PastAnswer {
  return unanswered(why(message));
}
