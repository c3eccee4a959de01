/** What clients have to know of the requests that are answered once. */
import Type, { type TSchema } from "typebox";
import { recentTradesMax } from "../../marketdata/market-board.ts";
import type { ChannelDescription, SampleNames } from "../../ports/stream-description.ts";
import { depthLevelsMax } from "./answers.ts";
import { type QueryMethod, queryMethods } from "./messages.ts";
import { plain } from "./schemas-replies.ts";
import {
  answer,
  bookData,
  candleList,
  recentTrades,
  refusal,
  request,
  tickerData,
} from "./stream-schemas.ts";

/** What differs between the queries. */
interface QueryText {
  readonly summary: string;
  readonly params: TSchema;
  /** Parameters of an example. */
  example(names: SampleNames): readonly unknown[];
  readonly data: TSchema;
}

const hourS = 3_600;
const text = Type.String();
const count = Type.Number();
const params = (items: TSchema, maxItems: number, description: string) =>
  Type.Array(items, { maxItems, description });
const none = params(text, 1_000, "Not looked at.");
const orNull = (data: TSchema) => Type.Union([data, Type.Null()]);

const ticker = {
  params: params(
    Type.Union([text, count]),
    2,
    "The market, and the period, which is 86400 seconds.",
  ),
  example: ({ market }: SampleNames) => [market, 86_400],
  data: orNull(tickerData),
};

const texts: Readonly<Record<QueryMethod, QueryText>> = {
  ping: {
    summary: "Keeps the connection open; the reply has the method `pong`.",
    ...{ params: none, example: () => [], data: Type.Null() },
  },
  time: {
    summary: "The server's time.",
    ...{ params: none, example: () => [] },
    data: Type.Integer({ description: "Unix seconds." }),
  },
  lastprice_request: {
    summary: "Price of the newest trade; `null` before the first one.",
    params: params(text, 1, "The market."),
    example: ({ market }) => [market],
    data: orNull(plain("Price.")),
  },
  ticker_request: { summary: "Figures of the last 24 hours.", ...ticker },
  market_request: { summary: "The same as `ticker_request`.", ...ticker },
  depth_request: {
    summary: "The order book.",
    params: params(
      Type.Union([text, count]),
      3,
      `The market, most levels of each side (up to ${depthLevelsMax}), and the scale: an index as a number, or a price step as a text, \`"0"\` for the finest.`,
    ),
    example: ({ market }) => [market, 10, "0"],
    data: orNull(bookData),
  },
  trades_request: {
    summary: "The newest trades.",
    params: params(
      Type.Union([text, count]),
      3,
      `The market, how many (up to ${recentTradesMax}), and the id of a trade: only newer ones are told.`,
    ),
    example: ({ market }) => [market, 20],
    data: recentTrades,
  },
  candles_request: {
    summary: "Candles of the past: the newest 1,440 of those asked for.",
    params: params(
      Type.Union([text, count]),
      4,
      "The market, start and end in seconds since 1970, and the interval in seconds.",
    ),
    example: ({ market, nowS }) => [market, nowS - 6 * hourS, nowS + hourS, 60],
    data: candleList,
  },
};

/** The channel of all queries. */
export function describeQueries(names: SampleNames): ChannelDescription {
  return {
    name: "queries",
    title: "Questions",
    about: "Requests that are answered once.",
    isPrivate: false,
    requests: queryMethods.map((method) => {
      const { summary, params: schema, example, data } = texts[method];
      const replyMethod = method === "ping" ? "pong" : method;
      return {
        ...{ name: method, summary, schema: request(method, schema) },
        examples: [{ summary: method, payload: { id: 1, method, params: example(names) } }],
        replies: [
          {
            name: `${method}_reply`,
            summary: `Answers \`${method}\`.`,
            schema: answer(replyMethod, data),
            examples: [],
          },
          { name: "refusal", summary: "It was refused.", schema: refusal, examples: [] },
        ],
      };
    }),
    updates: [],
  };
}
