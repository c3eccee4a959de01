/** What becomes of a batch, whichever way it came: whether its sender may push, and the answer to it. */
import type { IngestDoor, IngestRefusal } from "../../ports/ingest-door.ts";
import { type RestReply, retryAfter } from "../../ports/rest.ts";
import type { PushFeedConfig } from "./config.ts";
import type { PushAnswer, PushFeed } from "./feed.ts";
import { readRows } from "./rows.ts";

/** What a way to push works with. */
export interface PushRouteOptions {
  readonly dataset: string;
  readonly venue: string;
  readonly feed: PushFeed;
  readonly config: PushFeedConfig;
  readonly door: IngestDoor;
}

/** Where a dataset is pushed to, over HTTP and over WebSocket. */
export function pushPath(dataset: string): string {
  return `/openbourse/v1/ingest/${dataset}`;
}

/** Why somebody may not push; undefined when they may. Where their key cannot be looked up they are to come again. */
export async function refusalOf(
  { dataset, door, feed }: PushRouteOptions,
  from: { readonly key: string | undefined; readonly address: string | undefined },
  nowMs: number,
): Promise<RestReply | undefined> {
  try {
    const refusal = await door.admit(from.key, dataset, nowMs, from.address);
    return refusal === undefined ? undefined : refusalReplies[refusal](dataset);
  } catch (error) {
    feed.warn(`a key cannot be looked up: ${String(error)}`);
    const message = "Not acknowledged: the key cannot be looked up now; send the batch again.";
    return { ...refused(503, message), headers: retryAfter(1) };
  }
}

/** Reads a batch and hands it over; `reply` comes when it is stored, or is refused. */
export async function pushed(
  { venue, feed, config }: PushRouteOptions,
  text: string,
): Promise<{ readonly reply: Promise<RestReply> }> {
  const nowUs = feed.nowUs;
  if (nowUs === undefined) return { reply: Promise.resolve(busy()) };
  const rows = await readRows(text, { venue, nowUs, rowsMax: config.batchRowsMax });
  if ("faults" in rows) {
    const message = "Nothing of the batch was taken: rows are wrong.";
    const body = JSON.stringify({ error: { message, rows: rows.faults } });
    return { reply: Promise.resolve({ status: 400, body }) };
  }
  if (rows.length === 0) {
    const reply = refused(400, "The batch has no rows: one JSON object a line.");
    return { reply: Promise.resolve(reply) };
  }
  return { reply: feed.take(rows).then(replyOf) };
}

function replyOf(answer: PushAnswer): RestReply {
  switch (answer.kind) {
    case "stored": {
      const { rows, trades, bars, known, position: at } = answer;
      const position = at === undefined ? null : { epoch: at.epoch, sequence: at.sequence };
      return { status: 200, body: JSON.stringify({ rows, trades, bars, known, position }) };
    }
    case "busy":
      return busy();
    case "refused":
      return refused(400, answer.problem);
    case "failed":
      return refused(
        503,
        `Not acknowledged: ${answer.reason}. Send the batch again; what is stored is known by its ids.`,
      );
  }
}

function busy(): RestReply {
  const reply = refused(429, "Too many rows wait to be stored; send the batch again.");
  return { ...reply, headers: retryAfter(1) };
}

const refusalReplies: Readonly<Record<IngestRefusal, (dataset: string) => RestReply>> = {
  "missing-key": () => refused(401, "A key is missing: Authorization: apikey KEY."),
  "unknown-key": () => refused(401, "The key is not known."),
  "revoked-key": () => refused(401, "The key was revoked."),
  "wrong-scope": (dataset) =>
    refused(
      403,
      `The key may not push to ${dataset}: make one with openbourse keys create --ingest ${dataset}.`,
    ),
};

/** The answer to a batch of which nothing was taken. */
export function refused(status: number, message: string): RestReply {
  return { status, body: JSON.stringify({ error: { message } }) };
}
