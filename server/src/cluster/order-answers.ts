/** The leader's end of the way of a command: what other nodes ask for comes in by the door like everything else. */
import type { Door } from "../engine/door.ts";
import type { Submission } from "../ports/released.ts";
import type { Admission } from "../ports/trading-desk.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { decodeOrder, encodeOrderAnswer, type OrderAnswer } from "./order-messages.ts";

/** What commands of others are put to. */
export interface OrderAnswersParts {
  /** The term in which this node leads. */
  readonly term: number;
  readonly door: Door;
  readonly sequencer: Pick<Sequencer, "durableSequence">;
}

const leaderIsOlder =
  "the engine that leads is older than this node and does not know such commands: upgrade the engines";

/** Answers one question of another node. */
export async function answerOrder(
  parts: OrderAnswersParts,
  question: Uint8Array,
): Promise<Uint8Array> {
  return encodeOrderAnswer(await answerTo(parts, question));
}

async function answerTo(
  { term, door, sequencer }: OrderAnswersParts,
  question: Uint8Array,
): Promise<OrderAnswer> {
  const asked = decodeOrder(question);
  const answered = (submission: Submission | Admission): OrderAnswer => ({
    ...{ kind: "answered", submission },
    sequence: sequencer.durableSequence,
  });
  if (asked === undefined) return answered({ kind: "malformed" });
  if (asked === "newer") {
    return answered({ kind: "unavailable", reason: leaderIsOlder, passes: true });
  }
  // The asker has told those who wait that nothing of an earlier term comes any more.
  if (asked.term !== term) return { kind: "other-term", term };
  const before = sequencer.durableSequence;
  const submission = await door.submit(asked.command, asked.origin);
  if (submission.kind !== "released") return answered(submission);
  const { sequence } = submission.released;
  // A transfer that repeats an earlier one is told of that: it will not be met in the log again.
  return sequence > before ? { kind: "in-log", sequence } : answered(submission);
}
