/** Taking the log over by an operator's wish, from a node that leads and is well. */
import type { Log } from "../ports/log.ts";
import type { RequestLine } from "../ports/request-line.ts";

/** How long the one that leads may take to make durable what it has taken, in milliseconds. */
const restWithinMs = 3_000;

/** How often it is tried: messages that were under way have to arrive first. */
const triesMax = 100;

/** Nodes that wait longer than others do so by so many milliseconds each: longer than a look takes. */
const headStartStepMs = 5;

/** What the node that leads is asked at to let another one lead, by the name of a cluster. */
export function restSubject(cluster: string): string {
  return `${cluster}.rest`;
}

/** Who wants to lead. */
export interface TakeoverParts {
  readonly line: Pick<RequestLine, "ask">;
  readonly cluster: string;
  readonly report: Log;
  /** Resolves a few milliseconds later. */
  pause(): Promise<void>;
  /** Takes over at once; resolves with why it does not lead. */
  takeOver(): Promise<string | undefined>;
}

/**
 * The one that leads makes durable what it has taken and then follows, so that nothing is cut off. One that
 * does not answer is taken over from as it is. Resolves with why this node does not lead.
 */
export async function takeOverInOrder(parts: TakeoverParts): Promise<string | undefined> {
  const { line, cluster, report, pause, takeOver } = parts;
  const rested = await line.ask(restSubject(cluster), new Uint8Array(), restWithinMs);
  if ("kind" in rested && rested.why !== "nobody") {
    report.warn("the node that leads does not answer", { why: rested.why });
  }
  let reason: string | undefined;
  for (let tries = 0; tries < triesMax; tries += 1) {
    reason = await takeOver();
    if (reason === undefined) return undefined;
    await pause();
  }
  return reason;
}

/** Nodes wait for a little longer than others, by their names, so that not all try to take over at once; the log decides where two do. */
export function headStartMs(node: string): number {
  let sum = 0;
  for (const letter of node) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 8;
  return sum * headStartStepMs;
}
