/** Where a producer pushes over HTTP: a batch of rows, answered when all of it is stored. */
import type { RestReply, RestRequest, RestRoute } from "../../ports/rest.ts";
import { type PushRouteOptions, pushed, pushPath, refusalOf, refused } from "./batch.ts";

const key = {
  type: "apiKey",
  in: "header",
  name: "authorization",
  description:
    "`Authorization: apikey KEY` with an ingest key (`openbourse keys create --ingest`).",
} as const;

/** The route of a dataset. */
export function pushRoute(options: PushRouteOptions): RestRoute {
  const { dataset, config } = options;
  return {
    method: "POST",
    path: pushPath(dataset),
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
  options: PushRouteOptions,
  request: RestRequest,
  nowMs: number,
): Promise<RestReply> {
  const key = request
    .header("authorization")
    ?.trim()
    .replace(/^(?:apikey|bearer) +/i, "");
  const refusal = await refusalOf(options, { key, address: request.address }, nowMs);
  return refusal ?? packed(request) ?? (await (await pushed(options, request.body)).reply);
}

/** The answer to a body that is not sent as it is, with what would be read (RFC 9110 12.5.3). */
function packed(request: RestRequest): RestReply | undefined {
  const encoding = request.header("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return undefined;
  const message = `A batch is sent as plain text, without content-encoding ${encoding.slice(0, 40)}.`;
  return { ...refused(415, message), headers: { "accept-encoding": "identity" } };
}
