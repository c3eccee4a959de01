/**
 * Brings an engine's own log to where the shared log begins: what was left out there is asked of other engines, a page
 * at a time, and goes into the own log batch for batch as it is. Whether it is the same log is told by the chain of
 * checksums at the place where the shared one begins; nothing is followed from there before it is.
 */
import type { Clock } from "../ports/clock.ts";
import type { CommandBatch, CommandLog } from "../ports/command-log.ts";
import type { RequestLine } from "../ports/request-line.ts";
import { StartError } from "../ports/start-error.ts";
import {
  decodeAnswer,
  encodeQuestion,
  type NoPage,
  pageBatchesMax,
  pageSubject,
} from "./log-page.ts";

/** How long an answer is waited for, in milliseconds. */
const answerWithinMs = 10_000;

/** Between two questions where the first was not answered, and how long that may go on, in milliseconds. */
const askAgainMs = 500;
const patienceMs = 60_000;

/** Whom is asked. */
export interface PageSource {
  readonly line: Pick<RequestLine, "ask">;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly epoch: string;
}

/** What is filled. */
export interface FillingParts extends PageSource {
  readonly own: CommandLog;
  /** Checksum of all batches in it. */
  readonly chain: number;
  readonly clock: Clock;
  /** The checksum after one more batch. */
  chainAfter(chain: number, batch: CommandBatch): number;
}

/** Fills a log up to a command that ends a batch; resolves with the checksum then. A `StartError` says why it cannot be. */
export async function fillOwnLog(parts: FillingParts, upTo: number): Promise<number> {
  const { own, clock } = parts;
  let { chain } = parts;
  let untilMs = clock.monotonicMs() + patienceMs;
  while (own.lastSequence < upTo) {
    const page = await pageAfter(parts, own.lastSequence, pageBatchesMax);
    if (typeof page === "string") {
      if (isFinal(page) || clock.monotonicMs() >= untilMs) throw notFilled(own, upTo, page);
      await new Promise<void>((resolve) => {
        clock.after(askAgainMs, resolve);
      });
      continue;
    }
    chain = await taken(
      parts,
      chain,
      page.filter(({ firstSequence }) => firstSequence <= upTo),
    );
    untilMs = clock.monotonicMs() + patienceMs;
  }
  return chain;
}

/** Batches behind a command, as an engine has them, or why there are none. */
export async function pageAfter(
  { line, cluster, epoch }: PageSource,
  after: number,
  batchesMax: number,
): Promise<readonly CommandBatch[] | NoPage | "nobody" | "unreachable" | "late" | "wrong"> {
  const question = encodeQuestion({ epoch, after, batchesMax });
  const answer = await line.ask(pageSubject(cluster), question, answerWithinMs);
  if ("kind" in answer) return answer.why;
  return decodeAnswer(answer, after) ?? "wrong";
}

/** Makes a page durable, and tells the checksum then. */
async function taken(
  { own, chainAfter }: FillingParts,
  before: number,
  page: readonly CommandBatch[],
): Promise<number> {
  const outcomes = page.map((batch) => own.append(batch));
  for (const outcome of await Promise.all(outcomes)) {
    if (outcome === "durable") continue;
    const reason = outcome === "no-room" ? "it has no room" : outcome.message;
    throw new StartError(`this node's own log cannot be filled from another engine: ${reason}`);
  }
  return page.reduce(chainAfter, before);
}

/** What another engine would not answer otherwise. */
function isFinal(why: string): boolean {
  return why === "too-large" || why === "other-log" || why === "wrong";
}

const reasons: Readonly<Record<string, string>> = {
  "other-log":
    "the engine that was asked has other commands there: compare the logs of the engines, and give the one that differs an empty data folder",
  "too-large": "a batch does not fit into a message of the NATS servers: raise max_payload there",
  damaged: "the log of the engine that was asked is damaged there: its messages say where",
  wrong: "what was answered is no page of a log: are all engines of the same release?",
};

function notFilled({ lastSequence }: CommandLog, upTo: number, why: string): StartError {
  const reason =
    reasons[why] ??
    `no engine answers that has them (${why}): start one that has, and then this node`;
  return new StartError(
    `the cluster's log was shortened and begins behind command ${upTo}, and this node lacks the commands from ${lastSequence + 1} on: ${reason}; or stop all nodes, delete the stream, and put the longest log of a node back with openbourse cluster refill`,
  );
}
