/** Where a producer pushes over HTTP: a batch of rows, answered when all of it is stored. */
import type { IngestDoor, IngestRefusal } from "../../ports/ingest-door.ts";
import { type RestReply, type RestRequest, type RestRoute, retryAfter } from "../../ports/rest.ts";
import type { PushFeedConfig } from "./config.ts";
import type { PushAnswer, PushFeed } from "./feed.ts";
import { readRows } from "./rows.ts";

const key = {
  type: "apiKey",
  in: "header",
  name: "authorization",
  description:
    "`Authorization: apikey KEY` with an ingest key (`openbourse keys create --ingest`).",
} as const;

/** What the route works with. */
export interface PushRouteOptions {
  readonly dataset: string;
  readonly venue: string;
  readonly feed: PushFeed;
  readonly config: PushFeedConfig;
  readonly door: IngestDoor;
}

/** The route of a dataset. */
export function pushRoute(options: PushRouteOptions): RestRoute {
  const { dataset, config } = options;
  return {
    method: "POST",
    path: `/openbourse/v1/ingest/${dataset}`,
    summary: `Pushes trades or finished bars to the dataset ${dataset}, one JSON object a line. Answered when all is stored; a repeated trade is known by its id.`,
    tag: "Ingest",
    security: [{ ingest: key }],
    bodySchema: { type: "string", description: "NDJSON: trades, bars, known and gap rows." },
    bodyBytesMax: config.batchBytesMax,
    replySchema: {
      type: "object",
      properties: {
        rows: { type: "integer", description: "rows of the batch" },
        trades: { type: "integer", description: "trades that are stored by it" },
        bars: { type: "integer", description: "bars that are stored by it" },
        known: { type: "integer", description: "trades and bars that were stored before" },
        position: {
          type: ["object", "null"],
          description: "up to where the dataset is stored; null where it is not stored",
          properties: { epoch: { type: "string" }, sequence: { type: "integer" } },
        },
      },
    },
    handle: (request, nowMs) => answer(options, request, nowMs),
  };
}

async function answer(
  { dataset, venue, feed, config, door }: PushRouteOptions,
  request: RestRequest,
  nowMs: number,
): Promise<RestReply> {
  const shown = request
    .header("authorization")
    ?.trim()
    .replace(/^(?:apikey|bearer) +/i, "");
  const refusal = await door.admit(shown, dataset, nowMs, request.address);
  if (refusal !== undefined) return refusalReplies[refusal](dataset);
  const nowUs = feed.nowUs;
  if (nowUs === undefined) return busy();
  const rows = await readRows(request.body, { venue, nowUs, rowsMax: config.batchRowsMax });
  if ("faults" in rows) {
    const message = "Nothing of the batch was taken: rows are wrong.";
    return { status: 400, body: JSON.stringify({ error: { message, rows: rows.faults } }) };
  }
  if (rows.length === 0) return refused(400, "The batch has no rows: one JSON object a line.");
  return replyOf(await feed.take(rows));
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

function refused(status: number, message: string): RestReply {
  return { status, body: JSON.stringify({ error: { message } }) };
}
