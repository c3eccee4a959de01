/** What clients have to know of the stream: its channels, their messages, and examples of both. */
import Type, { type TSchema } from "typebox";
import { candleIntervalsS } from "../../marketdata/candles.ts";
import type { SecurityScheme } from "../../ports/rest.ts";
import type {
  ChannelDescription,
  MessageDescription,
  RequestDescription,
  SampleNames,
  StreamDescription,
} from "../../ports/stream-description.ts";
import {
  checksumField,
  goingOn,
  messageFields,
  placeFields,
  positioned,
  positionsChannel,
} from "../kit/position-schemas.ts";
import { positionsMeaning, positionsParameter } from "../kit/positions.ts";
import { defaultOptions } from "./dialect.ts";
import { type Channel, channels, everythingWord, streamPaths, tokenParameter } from "./messages.ts";
import { describeQueries } from "./query-description.ts";
import {
  acknowledgement,
  balanceData,
  candleList,
  dealData,
  depthData,
  lastPriceData,
  orderData,
  positionData,
  privateUpdate,
  publicUpdate,
  refusal,
  request,
  tickerData,
  tradeData,
} from "./stream-schemas.ts";
import { isPrivate } from "./topics.ts";
import { updateSamples } from "./update-samples.ts";

const token: SecurityScheme = {
  type: "apiKey",
  in: "query",
  name: tokenParameter,
  description:
    "One-time token from `/v2/user-api/exchange/account/web-socket/token`, good for one connection within 5 minutes.",
};

const [path = ""] = streamPaths;

/** The description. */
export function describeStream(names: SampleNames): StreamDescription {
  return {
    path,
    about:
      'Public and private streams of the exchange. A request is `{"id":1,"method":"…","params":[…]}`; its reply repeats `id`. Send `ping` at least once a minute.',
    security: [{ token }],
    parameters: { [positionsParameter]: positionsMeaning },
    channels: [
      describeQueries(names),
      ...channels.map((channel) => describe(channel, names)),
      positionsChannel(positionUpdate),
    ],
  };
}

/** Up to where everything was sent. */
const positionUpdate: MessageDescription = {
  name: "position_update",
  positionsOf: "position_update",
  summary: "Everything up to this position has been sent.",
  schema: publicUpdate("position_update", positionData, placeFields),
  examples: [
    {
      summary: "Everything has been sent",
      payload: {
        ...{ id: 0, method: "position_update", data: { timestamp: 1_795_767_013 }, error: null },
        ...{ epoch: "9f2c", seq: 48, tick: 17_957_670_130, ord: 0 },
      },
    },
  ],
};

/** What differs between the channels. */
interface ChannelText {
  readonly title: string;
  readonly about: string;
  readonly params: Params;
  /** Those of an unsubscribe, where they are other ones. */
  readonly unsubscribeParams?: Params;
  /** Parameters of an example. */
  example(names: SampleNames): readonly unknown[];
  readonly update: TSchema;
  readonly updateSummary: string;
}

type Params = Parameters<typeof request>[1];

const names = (description: string) =>
  Type.Array(Type.String(), { maxItems: defaultOptions.paramsMax, description });
const markets = names(`Markets, or \`${everythingWord}\`; without any, all of them.`);
const ofMarket = ({ market }: SampleNames) => [market];

/** Ids of private updates, which are texts. */
const orderIds = ["1", "3"];
const accountIds = ["4"];

function candleParams(meaning: string, minItems: number): Params {
  const interval = Type.Enum([...candleIntervalsS], { description: "Interval in seconds." });
  const places = Type.Tuple([Type.String({ description: "Market." }), interval]);
  const params = { ...places, minItems, description: `The market and the interval. ${meaning}` };
  return params;
}

/** What an update has beside its data with positions. Each price and ticker stands for itself, so none comes before it. */
const positionFields: Readonly<Record<Channel, typeof placeFields>> = {
  lastprice: placeFields,
  ticker: placeFields,
  trade: messageFields,
  depth: { ...messageFields, ...checksumField },
  candles: messageFields,
  order: messageFields,
  deal: messageFields,
  balance: messageFields,
};

const texts: Readonly<Record<Channel, ChannelText>> = {
  lastprice: {
    title: "Last price",
    about: "Price of the newest trade: at once, then when it has changed, at most once a second.",
    ...{ params: markets, example: ofMarket },
    update: publicUpdate("lastprice_update", lastPriceData),
    updateSummary: "The price is another one.",
  },
  ticker: {
    title: "Ticker",
    about:
      "Figures of the last 24 hours: at once, then when they have changed, at most once a second.",
    ...{ params: markets, example: ofMarket },
    update: publicUpdate("ticker_update", tickerData),
    updateSummary: "The figures are other ones.",
  },
  trade: {
    title: "Trades",
    about: "Each trade of a market.",
    ...{ params: markets, example: ofMarket },
    update: publicUpdate("trade_update", tradeData),
    updateSummary: "Something was traded.",
  },
  depth: {
    title: "Order book",
    about:
      "The whole book at once, then what has changed, every 100 ms, and the whole book again every minute. Quantities are absolute: they take the place of the old ones, `0` takes a price away.",
    params: names(
      "`MARKET:INDEX`, or `MARKET` for index 0, or `all`, or `all:INDEX`; without any, all of them. Index 0 is the finest scale, each next one ten times as coarse, up to 5.",
    ),
    example: ({ market }) => [`${market}:0`],
    update: publicUpdate("depth_update", depthData),
    updateSummary: "The book, or what has changed in it.",
  },
  candles: {
    title: "Candles",
    about: "The running candle of a market: at once, then every 500 ms when it has changed.",
    params: candleParams("Both are needed.", 2),
    unsubscribeParams: candleParams(
      "A market alone stops those of all its intervals; without any, all of them stop.",
      0,
    ),
    example: ({ market }) => [market, 60],
    update: publicUpdate("candles_update", candleList),
    updateSummary: "The running candle is another one. A list of one.",
  },
  order: {
    title: "Your orders",
    about: "Each step of your own orders, once it is durable.",
    ...{ params: markets, example: ofMarket },
    update: privateUpdate("order_update", orderIds, orderData),
    updateSummary: "An order was created, updated or finished.",
  },
  deal: {
    title: "Your fills",
    about: "Each fill of your own orders, once it is durable.",
    ...{ params: markets, example: ofMarket },
    update: privateUpdate("deal_update", accountIds, dealData),
    updateSummary: "An order was filled, or a part of it.",
  },
  balance: {
    title: "Your balances",
    about: "Each change of what is available in one of your wallets, once it is durable.",
    params: names(`Currencies, or \`${everythingWord}\`; without any, all of them.`),
    example: ({ currency }) => [currency],
    update: privateUpdate("balance_update", accountIds, balanceData),
    updateSummary: "More or less is available than before.",
  },
};

const replies: readonly MessageDescription[] = [
  {
    name: "acknowledgement",
    summary: "It was carried out.",
    schema: acknowledgement,
    examples: [
      { summary: "Success", payload: { id: 1, data: { status: "success" }, error: null } },
    ],
  },
  {
    name: "refusal",
    summary: "It was refused: `code` and `message` say why.",
    schema: refusal,
    examples: [
      {
        summary: "No request",
        payload: { id: 0, data: null, error: { code: 1, message: "Invalid message format" } },
      },
    ],
  },
];

function describe(channel: Channel, samples: SampleNames): ChannelDescription {
  const { title, about, update, updateSummary } = texts[channel];
  const start = subscription(channel, "subscribe", samples);
  const told: MessageDescription = {
    ...{ name: `${channel}_update`, summary: updateSummary, schema: update },
    examples: [{ summary: title, payload: updateSamples[channel](samples) }],
  };
  return {
    ...{ name: channel, title, about, isPrivate: isPrivate(channel) },
    requests: [start, subscription(channel, "unsubscribe", samples), goingOn(start)],
    updates: [told, positioned(told, positionFields[channel])],
  };
}

function subscription(
  channel: Channel,
  kind: "subscribe" | "unsubscribe",
  samples: SampleNames,
): RequestDescription {
  const { title, params, unsubscribeParams = params, example } = texts[channel];
  const method = `${channel}_${kind}`;
  const isStart = kind === "subscribe";
  const payload = { id: 1, method, params: example(samples) };
  // Candles are the one channel whose subscribe means nothing without parameters.
  const isForAll = channel !== "candles" || !isStart;
  const all = { id: 1, method, params: channel === "candles" ? [] : [everythingWord] };
  return {
    name: method,
    summary: isStart ? "Adds to what is sent." : "Takes away from what is sent.",
    schema: request(method, isStart ? params : unsubscribeParams),
    replies,
    examples: [
      { summary: `${title}: ${kind}`, payload },
      ...(isForAll ? [{ summary: `${title}: ${kind} all`, payload: all }] : []),
    ],
  };
}
