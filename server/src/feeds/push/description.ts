/** What producers have to know of the stream on which they push. */
import type { DialectDescription } from "../../ports/dialect.ts";
import type { MessageDescription } from "../../ports/stream-description.ts";
import { pushPath } from "./batch.ts";
import { closings, unansweredMax } from "./stream.ts";

const rows = [
  '{"ticker":"BTC/USDT","id":17,"price":"63000.5","quantity":"0.01","time":1723075200000000,"side":"buy"}',
  '{"ticker":"BTC/USDT","known":{"from":"2024-08-08T00:00:00Z","to":"2024-08-08T00:00:01Z"}}',
];

const position = {
  type: ["object", "null"],
  description: "Up to where the dataset is stored; null where it is not stored.",
  properties: { epoch: { type: "string" }, sequence: { type: "integer" } },
};

const answer: MessageDescription = {
  name: "answer",
  summary: "What became of a batch, when it is stored or refused.",
  schema: {
    type: "object",
    required: ["batch", "status"],
    properties: {
      batch: { type: "integer", minimum: 1, description: "Number of the message, from 1." },
      status: { type: "integer", description: "The status that the batch has over HTTP." },
      retryAfter: { type: "number", description: "Seconds after which it may be sent again." },
      rows: { type: "integer" },
      trades: { type: "integer" },
      bars: { type: "integer" },
      known: { type: "integer" },
      position,
      error: {
        type: "object",
        required: ["message"],
        properties: { message: { type: "string" }, rows: { type: "array" } },
      },
    },
  },
  examples: [
    {
      summary: "Stored",
      payload: {
        ...{ batch: 1, status: 200, rows: 2, trades: 1, bars: 0, known: 0 },
        position: { epoch: "9f2c", sequence: 7 },
      },
    },
    {
      summary: "Too much at once",
      payload: {
        ...{ batch: 40, status: 429, retryAfter: 1 },
        error: {
          message: `${unansweredMax} batches wait for their answers; send the batch again.`,
        },
      },
    },
  ],
};

/** The description of a dataset's stream. */
export function describePush(dataset: string): DialectDescription {
  return {
    name: `ingest-${dataset}`,
    title: `Producers of ${dataset}`,
    closings,
    stream: {
      path: pushPath(dataset),
      about: `Where a trusted producer pushes to the dataset ${dataset}. Each text message is a batch; ${unansweredMax} may wait for their answers.`,
      security: [
        {
          "ingest-query": {
            ...{ type: "apiKey", in: "query", name: "apikey" },
            description: "An ingest key (`openbourse keys create --ingest`).",
          },
        },
      ],
      parameters: { apikey: "An ingest key of this dataset." },
      channels: [
        {
          ...{ name: "batches", title: "Batches", isPrivate: true },
          about: "Trades, finished bars, and what is known or missing, one JSON object a line.",
          requests: [
            {
              name: "batch",
              summary: "Rows, of which all or none are taken.",
              contentType: "application/x-ndjson",
              schema: { type: "string" },
              examples: [{ summary: "A trade and what is known", payload: rows.join("\n") }],
              replies: [answer],
            },
          ],
          updates: [],
        },
      ],
    },
  };
}
