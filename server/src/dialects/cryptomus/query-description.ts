/** What clients have to know of the requests that are answered once. */
import Type, { type TSchema } from "typebox";
import { candleIntervalsS } from "../../marketdata/candles.ts";
import { depthScalesMax } from "../../marketdata/depth-scales.ts";
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
  readonly params: Parameters<typeof request>[1];
  /** Parameters of an example. */
  example(names: SampleNames): readonly unknown[];
  readonly data: TSchema;
}

const minuteS = 60;
const hourS = 3_600;
const daySeconds = 86_400;
const wholeSeconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const count = (maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, description });
const market = Type.String({ description: "Market." });
/** The first `needed` of these, and those behind them that are wanted. */
const params = (places: TSchema[], needed: number, description: string) => ({
  ...Type.Tuple(places),
  ...{ minItems: needed, description },
});
const none = Type.Array(Type.Unknown(), { description: "Not looked at." });
const orNull = (data: TSchema) => Type.Union([data, Type.Null()]);

const ticker = {
  params: params([market, Type.Literal(daySeconds)], 1, "The market, and the period in seconds."),
  example: ({ market: code }: SampleNames) => [code, daySeconds],
  data: orNull(tickerData),
};

const tradeId = Type.String({
  pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{9}[0-3][0-9A-HJKMNP-TV-Z]{15}$",
  description: "Id of a trade.",
});

const scale = Type.Union(
  [
    Type.Integer({ minimum: 0, maximum: depthScalesMax - 1 }),
    Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?$" }),
  ],
  {
    description:
      'An index as a number, or a price step as a text, `"0"` for the finest. There are as many as the operator has.',
  },
);

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
    params: params([market], 1, "The market."),
    example: (names) => [names.market],
    data: orNull(plain("Price.")),
  },
  ticker_request: { summary: "Figures of the last 24 hours.", ...ticker },
  market_request: { summary: "The same as `ticker_request`.", ...ticker },
  depth_request: {
    summary: "The order book.",
    params: params(
      [market, count(depthLevelsMax, "Most levels of each side."), scale],
      1,
      "The market, how many levels, and the scale.",
    ),
    example: (names) => [names.market, 10, "0"],
    data: orNull(bookData),
  },
  trades_request: {
    summary: "The newest trades.",
    params: params(
      [market, count(recentTradesMax, "Most trades."), tradeId],
      1,
      "The market, how many, and the id of a trade: only newer ones are told.",
    ),
    example: (names) => [names.market, 20],
    data: recentTrades,
  },
  candles_request: {
    summary: "Candles of the past: the newest 1,440 of those asked for.",
    params: params(
      [
        market,
        wholeSeconds("Start, in seconds since 1970."),
        wholeSeconds("End, not before the start."),
        Type.Enum([...candleIntervalsS], { description: "Interval in seconds." }),
      ],
      4,
      "The market, start and end, and the interval.",
    ),
    example: (names) => [names.market, names.nowS - 6 * hourS, names.nowS + hourS, minuteS],
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
