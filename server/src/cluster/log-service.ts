/** An engine that hands out pages of its own log to engines that the shared log does not tell everything any more. */
import { type CommandBatch, type CommandLog, readsMax } from "../ports/command-log.ts";
import type { Answering, RequestLine } from "../ports/request-line.ts";
import {
  decodeQuestion,
  encodeAnswer,
  headBytesMax,
  type NoPage,
  type PageAnswer,
  type PageQuestion,
  pageGroup,
  pageRoom,
  pageSubject,
} from "./log-page.ts";

/** Most pages that are read at the same time: reads of a log are few, and it has other readers. */
export const pagesUnderWayMax: number = readsMax / 4;

/** What is answered from, and over what. */
export interface LogServiceParts {
  /** The engine's own log. */
  readonly log: Pick<CommandLog, "epoch" | "lastSequence" | "read">;
  readonly line: RequestLine;
  /** Name of the cluster. */
  readonly cluster: string;
}

/** Answers until it is stopped. */
export function answerPages({ log, line, cluster }: LogServiceParts): Promise<Answering> {
  let underWay = 0;
  const answer = async (bytes: Uint8Array): Promise<PageAnswer> => {
    const question = decodeQuestion(bytes);
    if (question?.epoch !== log.epoch) return "other-log";
    if (question.after >= log.lastSequence) return "behind";
    if (underWay >= pagesUnderWayMax) return "busy";
    underWay += 1;
    try {
      return await pageOf(log, question, pageRoom(line.questionBytesMax));
    } finally {
      underWay -= 1;
    }
  };
  const answered = async (bytes: Uint8Array) => encodeAnswer(await answer(bytes));
  return line.answer(pageSubject(cluster), answered, { group: pageGroup });
}

async function pageOf(
  log: LogServiceParts["log"],
  { after, batchesMax }: PageQuestion,
  room: number,
): Promise<PageAnswer> {
  const batches: CommandBatch[] = [];
  let left = room;
  let ended: NoPage = "behind";
  for await (const entry of log.read(after + 1)) {
    if (entry.kind === "damage") {
      ended = "damaged";
      break;
    }
    const { firstSequence, count, timeUs, payload } = entry;
    left -= payload.length + headBytesMax;
    ended = "too-large";
    if (left < 0 || batches.length >= batchesMax) break;
    batches.push({ firstSequence, count, timeUs, payload: payload.slice() });
  }
  const [first] = batches;
  if (first === undefined) return ended;
  // It begins within a batch of this log: the one who asks has other batches.
  return first.firstSequence === after + 1 ? batches : "other-log";
}
