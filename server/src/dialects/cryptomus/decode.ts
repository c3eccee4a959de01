/**
 * Reads a client's message. Total: every text gives a request or says why there is none, and none
 * makes it throw. It looks at the envelope only and knows no market.
 */
import { fieldTexts } from "../kit/field-texts.ts";
import { hasAtMost } from "../kit/text-length.ts";
import type { StreamError } from "./errors.ts";
import {
  type Channel,
  channels,
  type Method,
  type QueryMethod,
  queryMethods,
  type RawRequest,
} from "./messages.ts";

/** Longest `id`, in characters: those of a text without its quotes, or the digits of a number. */
export const idLengthMax = 1_024;

/** What a reply repeats so that the client knows what it answers. */
export interface RequestTag {
  /** The JSON text of `id` as the client wrote it; `0` where it cannot be repeated (D-C15). */
  readonly idText: string;
  /** Undefined where the message names no method that exists. */
  readonly method: Method | undefined;
}

/** A request to start or stop streams of one channel. */
export interface SubscriptionRequest {
  readonly kind: "subscribe" | "unsubscribe";
  readonly tag: RequestTag;
  readonly channel: Channel;
  readonly params: readonly unknown[];
  /** What a connection with positions says it had last; whatever the client wrote there. */
  readonly since?: unknown;
}

/** A request that is answered once. */
export interface QueryRequest {
  readonly kind: "query";
  readonly tag: RequestTag;
  readonly method: QueryMethod;
  readonly params: readonly unknown[];
}

/** What a message turned out to be. */
export type DecodedMessage =
  | SubscriptionRequest
  | QueryRequest
  | { readonly kind: "invalid-json" }
  | { readonly kind: "fault"; readonly tag: RequestTag; readonly error: StreamError };

/** Reads one text message. */
export function decodeMessage(text: string): DecodedMessage {
  const json = parseJson(text);
  if (json.kind === "invalid-json") return json;
  const { raw } = json;
  const id = readId(raw.id, json.idText);
  const { method, params = [] } = raw;
  // A request without params is one with none (D-C15).
  if (!id.isGood || typeof method !== "string" || !Array.isArray(params)) {
    const tag = { idText: id.text, method: undefined };
    return { kind: "fault", tag, error: { reason: "invalid-format" } };
  }
  const makeRequest = requestsByMethod.get(method);
  if (makeRequest === undefined) {
    const tag = { idText: id.text, method: undefined };
    return { kind: "fault", tag, error: { reason: "unknown-method" } };
  }
  return makeRequest(id.text, params, raw.since);
}

type RequestMaker = (
  idText: string,
  params: readonly unknown[],
  since: unknown,
) => SubscriptionRequest | QueryRequest;

/** A map, because a method may be called `constructor`. */
const requestsByMethod: ReadonlyMap<string, RequestMaker> = new Map<string, RequestMaker>([
  ...queryMethods.map(queryEntry),
  ...channels.flatMap((channel) => [
    subscriptionEntry(channel, "subscribe"),
    subscriptionEntry(channel, "unsubscribe"),
  ]),
]);

function queryEntry(method: QueryMethod): [string, RequestMaker] {
  return [method, (idText, params) => ({ kind: "query", tag: { idText, method }, method, params })];
}

function subscriptionEntry(
  channel: Channel,
  kind: SubscriptionRequest["kind"],
): [string, RequestMaker] {
  const method: Method = `${channel}_${kind}`;
  return [
    method,
    (idText, params, since) => ({
      ...{ kind, tag: { idText, method }, channel, params },
      ...(since === undefined ? {} : { since }),
    }),
  ];
}

interface ReadId {
  /** Whether the id is an integer or a text, and not too long to be repeated (D-C15, D-C18). */
  readonly isGood: boolean;
  readonly text: string;
}

/** What is repeated where the client's id is none. */
const noIdText = "0";

function readId(value: unknown, text: string | undefined): ReadId {
  const isScalar = typeof value === "string" || typeof value === "number";
  if (
    !isScalar ||
    text === undefined ||
    !hasAtMost(typeof value === "string" ? value : text, idLengthMax)
  ) {
    return { isGood: false, text: noIdText };
  }
  return { isGood: typeof value === "string" || Number.isInteger(value), text };
}

type ParsedJson =
  | { readonly kind: "invalid-json" }
  | {
      readonly kind: "parsed";
      /** Empty where the JSON is no object. */
      readonly raw: RawRequest;
      /** The JSON text of the top level's `id`, when that is not an object or array. */
      readonly idText: string | undefined;
    };

function parseJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "invalid-json" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "parsed", raw: {}, idText: undefined };
  }
  return { kind: "parsed", raw: value, idText: fieldTexts(text, isId).get("id") };
}

function isId(name: string): boolean {
  return name === "id";
}
