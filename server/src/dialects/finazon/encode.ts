/** Writes replies and bars as compact JSON, keys in the order of the reference's samples. */
import { formatDecimal } from "../../core/num/decimal.ts";
import type { BarUpdate } from "../../marketdata/bar-update.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import type { BarTopic } from "../../marketdata/topic.ts";
import type { Encoding } from "../../ports/dialect.ts";
import type { ReplyTag, SubscriptionRequest } from "./decode.ts";
import { type StreamError, streamErrorCodes, streamErrorMessage } from "./errors.ts";
import {
  type Acknowledgement,
  type ErrorReply,
  type EventName,
  type RequestEcho,
  type SubscriptionReply,
  successCodes,
} from "./messages.ts";
import { secondUs } from "./seconds.ts";
import { streamOfTopic } from "./topics.ts";

/** Choices that the reference leaves open. */
export interface ReplyOptions {
  /** Whether replies to subscribe and unsubscribe begin with `event` (D-F3). */
  readonly eventInReplies: boolean;
}

/** The success reply: `tickers` are those whose stream really started or stopped. */
export function encodeSubscriptionReply(
  request: SubscriptionRequest,
  tickers: readonly string[],
  { eventInReplies }: ReplyOptions,
): string {
  const reply: SubscriptionReply = {
    ...(eventInReplies ? { event: request.kind } : {}),
    status: "success",
    code: successCodes[request.kind],
    data: request.generation === "first" ? echo(request, tickers) : tickers,
  };
  return withRequestId(reply, request.tag);
}

function echo(request: SubscriptionRequest, tickers: readonly string[]): RequestEcho {
  const { channel, frequency, aggregation } = request.stream;
  return {
    event: request.kind,
    publisher: request.dataset,
    mic: "",
    market: "",
    channel,
    frequency,
    aggregation,
    tickers,
  };
}

/** The reply to a heartbeat or a reset. */
export function encodeAcknowledgement(event: EventName, tag: ReplyTag): string {
  const reply: Acknowledgement = { event, status: "success" };
  return withRequestId(reply, tag);
}

/** An error object (D-F7). */
export function encodeError(error: StreamError, tag: ReplyTag): string {
  const reply: ErrorReply = {
    ...(tag.event === undefined ? {} : { event: tag.event }),
    status: "error",
    code: streamErrorCodes[error.reason],
    message: streamErrorMessage(error),
  };
  return withRequestId(reply, tag);
}

/** The reply's text, with the client's own id text as last key where there is one (D-F4). */
function withRequestId(reply: object, tag: ReplyTag): string {
  const text = JSON.stringify(reply);
  if (tag.requestId === undefined) return text;
  return `${text.slice(0, -1)},"request_id":${tag.requestId}}`;
}

/** Bars for clients of the reference's generation. */
export const currentBars: Encoding<"bars"> = {
  name: "finazon",
  encode(topic, bar) {
    return `{"d":${JSON.stringify(topic.dataset)},${barFields(topic, bar)}}`;
  },
};

/** Bars for clients of the first generation: the same without `d` (D-F12). */
export const firstGenerationBars: Encoding<"bars"> = {
  name: "finazon-first",
  encode(topic, bar) {
    return `{${barFields(topic, bar)}}`;
  },
};

/**
 * All of a bar but `d`. Prices and volume are written as their exact digits, never through a double
 * and never with an exponent (D-F17).
 */
function barFields(topic: BarTopic, bar: BarUpdate): string {
  const { channel, frequency, aggregation } = streamOfTopic(topic);
  const volume = formatDecimal(bar.volume, bar.volumeScale);
  return (
    `"p":${JSON.stringify(bar.publisher)},"ch":"${channel}","f":"${frequency}",` +
    `"aggr":"${aggregation}","s":${JSON.stringify(topic.ticker)},${priceFields(bar)},"v":${volume}`
  );
}

/** Start and prices of a bar, of the stream and of REST. */
export function priceFields(bar: StoredBar): string {
  const { startUs, priceScale } = bar;
  const open = formatDecimal(bar.open, priceScale);
  const high = formatDecimal(bar.high, priceScale);
  const low = formatDecimal(bar.low, priceScale);
  const close = formatDecimal(bar.close, priceScale);
  return `"t":${startUs / secondUs},"o":${open},"h":${high},"l":${low},"c":${close}`;
}
