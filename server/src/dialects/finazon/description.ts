/** What clients have to know of the stream: its channels, their messages, and examples of both. */
import type {
  ChannelDescription,
  MessageDescription,
  RequestDescription,
  SampleNames,
  StreamDescription,
} from "../../ports/stream-description.ts";
import {
  barFields,
  goingOn,
  messageFields,
  positioned,
  positionsChannel,
} from "../kit/position-schemas.ts";
import { positionsMeaning, positionsParameter } from "../kit/positions.ts";
import { streamPaths } from "./dialect.ts";
import { barsChannel, minuteAggregation, sessionParameter, successCodes } from "./messages.ts";
import { keyScheme } from "./rest.ts";
import {
  bar,
  command,
  commandReply,
  position,
  refusal,
  subscription,
  subscriptionReply,
} from "./stream-schemas.ts";

const [path = ""] = streamPaths;

const sessionMeaning =
  "Name of a session of your key: the connection sees recordings alone, by a clock of its own that `/openbourse/v1/replay` moves.";

/** The description. */
export function describeStream(names: SampleNames): StreamDescription {
  return {
    path,
    about:
      "Bars of one minute of every dataset. A request is a JSON object with `event`, and a `request_id` if you like.",
    security: [{ apikey: keyScheme }],
    parameters: { [positionsParameter]: positionsMeaning, [sessionParameter]: sessionMeaning },
    channels: [
      barsOf("current", names),
      connection,
      barsOf("first", names),
      positionsChannel(positionOf(names)),
    ],
  };
}

type Generation = "current" | "first";

const error: MessageDescription = {
  name: "error",
  summary: "It was refused, or a stream has come to its end: `code` and `message` say why.",
  schema: refusal,
  examples: [
    {
      summary: "No such ticker",
      payload: {
        ...{ event: "subscribe", status: "error", code: "INVALID_TICKER" },
        message: "The ticker NOPE you have specified is unrecognized or unsupported.",
        request_id: 1,
      },
    },
  ],
};

function positionOf({ dataset }: SampleNames): MessageDescription {
  const payload = { d: dataset, ch: "position", t: 1_795_767_013, epoch: "9f2c", seq: 48, ord: 0 };
  return {
    ...{ name: "position", positionsOf: "position" },
    summary: "Everything of the dataset up to this position has been sent.",
    schema: position,
    examples: [{ summary: "Everything has been sent", payload }],
  };
}

function barsOf(generation: Generation, names: SampleNames): ChannelDescription {
  const isCurrent = generation === "current";
  const start = subscriptionOf("subscribe", generation, names);
  const update: MessageDescription = {
    name: isCurrent ? "bar" : "first_generation_bar",
    summary: "The running bar, or one that is closed or was corrected.",
    schema: bar(generation),
    examples: [{ summary: "A bar", payload: barSample(generation, names) }],
  };
  return {
    name: isCurrent ? "bars" : "first_generation_bars",
    title: isCurrent ? "Bars" : "Bars, first generation",
    about: isCurrent
      ? "The running bar of each ticker at each boundary of `frequency`, each bar once more when it is closed, and again where late trades change it."
      : "The same for older clients, which say `publisher` for `dataset`.",
    isPrivate: false,
    requests: [start, subscriptionOf("unsubscribe", generation, names), goingOn(start)],
    updates: [
      update,
      ...(isCurrent ? [error] : []),
      positioned(update, { ...messageFields, ...barFields }),
    ],
  };
}

function subscriptionOf(
  event: "subscribe" | "unsubscribe",
  generation: Generation,
  names: SampleNames,
): RequestDescription {
  const { dataset, ticker } = names;
  const isCurrent = generation === "current";
  const isStart = event === "subscribe";
  const prefix = isCurrent ? "" : "first_generation_";
  const code = isCurrent ? "dataset" : "publisher";
  const wanted = {
    ...{ event, [code]: dataset, tickers: [ticker], channel: barsChannel },
    ...{ frequency: "1s", aggregation: minuteAggregation, request_id: 1 },
  };
  const reply: MessageDescription = {
    name: `${prefix}${event}_reply`,
    summary: "`data` names the tickers whose stream really changed.",
    schema: subscriptionReply(event, successCodes[event], generation),
    examples: isCurrent
      ? [
          {
            summary: "Success",
            payload: {
              ...{ event, status: "success", code: successCodes[event] },
              ...{ data: [ticker], request_id: 1 },
            },
          },
        ]
      : [],
  };
  return {
    name: `${prefix}${event}`,
    summary: isStart ? "Starts streams." : "Stops streams.",
    schema: subscription(event, code),
    examples: [{ summary: `${event} ${isStart ? "to" : "from"} bars`, payload: wanted }],
    replies: [reply, error],
  };
}

function barSample(generation: Generation, { dataset, ticker }: SampleNames): object {
  return {
    ...(generation === "current" ? { d: dataset } : {}),
    ...{ p: dataset, ch: barsChannel, f: "1s", aggr: minuteAggregation, s: ticker },
    ...{ t: 1_699_540_020, o: 220.06, h: 220.13, l: 219.92, c: 219.96, v: 4572 },
  };
}

const connection: ChannelDescription = {
  name: "connection",
  title: "The connection",
  about: "What concerns no stream alone.",
  isPrivate: false,
  requests: [
    commandOf("heartbeat", "Asks for a sign of life."),
    commandOf("reset", "Stops all streams of the connection."),
  ],
  updates: [],
};

function commandOf(event: "heartbeat" | "reset", summary: string): RequestDescription {
  return {
    ...{ name: event, summary, schema: command(event) },
    examples: [{ summary: event, payload: { event, request_id: 1 } }],
    replies: [
      {
        name: `${event}_reply`,
        summary: "It was carried out.",
        schema: commandReply(event),
        examples: [{ summary: "Success", payload: { event, status: "success", request_id: 1 } }],
      },
      error,
    ],
  };
}
