/**
 * Reads a client's message. Total: every text gives a request or a fault that says what to send
 * instead, and none makes it throw. It looks at one message only and knows no dataset or ticker.
 */
import { fieldTexts } from "../kit/field-texts.ts";
import { sinceUsage } from "../kit/positions.ts";
import { hasAtMost } from "../kit/text-length.ts";
import type { StreamError } from "./errors.ts";
import {
  barsChannel,
  type EventName,
  eventNames,
  frequencies,
  minuteAggregation,
  type RawRequest,
  type RequestField,
} from "./messages.ts";
import { isFrequency, type WireStream } from "./topics.ts";

/** Longest `request_id`, in characters: those of a text without its quotes, or the digits of a number. */
export const requestIdLengthMax = 1_024;

/** What replies repeat so that the client knows what they answer. */
export interface ReplyTag {
  /** Undefined when the message had no event that exists. */
  readonly event: EventName | undefined;
  /** The JSON text of `request_id` as the client wrote it, so that 1.50 stays 1.50. */
  readonly requestId: string | undefined;
}

/** Tag of replies to a message of which nothing could be read. */
export const emptyTag: ReplyTag = { event: undefined, requestId: undefined };

/** The generation of the protocol that a request is written in (docs/protocols/finazon, D-F12). */
export type Generation = "first" | "current";

/** A request to start or stop streams. */
export interface SubscriptionRequest {
  readonly kind: "subscribe" | "unsubscribe";
  readonly tag: ReplyTag;
  readonly generation: Generation;
  readonly dataset: string;
  /** At least one; trimmed, none twice, in the client's order. */
  readonly tickers: readonly string[];
  readonly stream: WireStream;
  /** What a connection with positions says it had last; whatever the client wrote there. */
  readonly since?: unknown;
}

/** A message that cannot be used. */
export interface RequestFault {
  readonly kind: "fault";
  readonly tag: ReplyTag;
  readonly error: StreamError;
}

/** What a message turned out to be. */
export type DecodedRequest =
  | SubscriptionRequest
  | { readonly kind: "heartbeat" | "reset"; readonly tag: ReplyTag }
  | RequestFault;

/** Reads one text message. */
export function decodeRequest(text: string): DecodedRequest {
  const json = parseJson(text);
  if (!json.ok) return { kind: "fault", tag: emptyTag, error: { reason: json.reason } };
  const { raw } = json;
  const event = isEventName(raw.event) ? raw.event : undefined;
  const requestId = readRequestId(raw, json.requestIdText);
  if (requestId === "unusable") {
    return fault({ event, requestId: undefined }, "request_id", remedies.request_id);
  }
  const tag = { event, requestId: requestId?.text };
  if (event === undefined) return fault(tag, "event", remedies.event);
  if (event === "heartbeat" || event === "reset") return { kind: event, tag };
  return decodeSubscription(raw, event, tag);
}

/** What would be right in each field. */
export const remedies: Readonly<Record<RequestField, string>> = {
  event: `Use one of ${eventNames.join(", ")}.`,
  request_id: `Use a string or a number of at most ${requestIdLengthMax} characters.`,
  dataset: "Use the code of a dataset, for example huobi.",
  publisher: "Use the code of a publisher, for example huobi.",
  tickers: 'Use an array of tickers, for example ["BTC/USDT"].',
  channel: `Use ${barsChannel}.`,
  frequency: `Use one of ${frequencies.join(", ")}.`,
  aggregation: `Use ${minuteAggregation}.`,
  since: `Use ${sinceUsage}.`,
};

function decodeSubscription(
  raw: RawRequest,
  kind: SubscriptionRequest["kind"],
  tag: ReplyTag,
): DecodedRequest {
  // Only a request without `dataset` is of the first generation: where both are given dataset wins.
  const generation = raw.dataset === undefined && raw.publisher !== undefined ? "first" : "current";
  const datasetField = generation === "first" ? "publisher" : "dataset";
  const dataset = trimmed(raw[datasetField]);
  if (dataset === undefined) return fault(tag, datasetField, remedies[datasetField]);
  const tickers = readTickers(raw.tickers);
  if (!tickers.ok) return fault(tag, "tickers", tickers.remedy);
  const stream = readStream(raw);
  if (typeof stream === "string") return fault(tag, stream, remedies[stream]);
  const { since } = raw;
  return {
    ...{ kind, tag, generation, dataset, tickers: tickers.tickers, stream },
    ...(since === undefined ? {} : { since }),
  };
}

function fault(tag: ReplyTag, field: RequestField, remedy: string): RequestFault {
  return { kind: "fault", tag, error: { reason: "invalid-field", field, remedy } };
}

function isEventName(value: unknown): value is EventName {
  return (eventNames as readonly unknown[]).includes(value);
}

/** A non-empty text without white space around it (D-F1); undefined for anything else. */
function trimmed(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text === "" ? undefined : text;
}

type Tickers =
  | { readonly ok: true; readonly tickers: readonly string[] }
  | { readonly ok: false; readonly remedy: string };

function readTickers(value: unknown): Tickers {
  if (!Array.isArray(value) || value.length === 0) return { ok: false, remedy: remedies.tickers };
  const tickers = new Set<string>();
  for (const [index, item] of value.entries()) {
    const ticker = trimmed(item);
    if (ticker === undefined) {
      return { ok: false, remedy: `Item ${index} is not a ticker. ${remedies.tickers}` };
    }
    tickers.add(ticker);
  }
  return { ok: true, tickers: [...tickers] };
}

/** The stream that the three words mean, or the first field whose word is wrong. */
function readStream(raw: RawRequest): WireStream | "channel" | "frequency" | "aggregation" {
  if (trimmed(raw.channel) !== barsChannel) return "channel";
  const frequency = trimmed(raw.frequency);
  if (frequency === undefined || !isFrequency(frequency)) return "frequency";
  if (trimmed(raw.aggregation) !== minuteAggregation) return "aggregation";
  return { channel: barsChannel, frequency, aggregation: minuteAggregation };
}

function readRequestId(
  raw: RawRequest,
  text: string | undefined,
): { readonly text: string } | undefined | "unusable" {
  // Clients that always write the key write null where they have no id.
  if (raw.request_id === undefined || raw.request_id === null) return undefined;
  const isScalar = typeof raw.request_id === "string" || typeof raw.request_id === "number";
  if (!isScalar || text === undefined) return "unusable";
  const { request_id: id } = raw;
  const isShort = hasAtMost(typeof id === "string" ? id : text, requestIdLengthMax);
  return isShort ? { text } : "unusable";
}

type ParsedJson =
  | {
      readonly ok: true;
      readonly raw: RawRequest;
      /** The JSON text of the top level's `request_id`, when that is not an object or array. */
      readonly requestIdText: string | undefined;
    }
  | { readonly ok: false; readonly reason: "invalid-json" | "not-an-object" };

function parseJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: "invalid-json" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, reason: "not-an-object" };
  }
  const texts = fieldTexts(text, (name) => name === "request_id");
  return { ok: true, raw: value, requestIdText: texts.get("request_id") };
}
