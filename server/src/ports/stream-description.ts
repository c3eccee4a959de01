/**
 * What a protocol says of its stream: channels, and messages with schemas and examples. The server makes its
 * AsyncAPI document of it, and pages offer the examples to be sent.
 */
import type { RouteSecurity } from "./rest.ts";

/** A stream as clients have to know it. Between backquotes in its texts stands code. */
export interface StreamDescription {
  /** Path of the address at which it is opened, for example `/v1`. */
  readonly path: string;
  readonly about: string;
  /** How those who open it prove who they are. */
  readonly security: RouteSecurity;
  /** Other parameters of the address, and what they mean. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly channels: readonly ChannelDescription[];
}

/** What belongs together on a stream: requests of one kind and the updates that they ask for. */
export interface ChannelDescription {
  /** Letters, digits, hyphens and underscores; unique in its stream. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Whether it is only there for those who have said who they are. */
  readonly isPrivate: boolean;
  readonly requests: readonly RequestDescription[];
  /** What the server sends without being asked each time. */
  readonly updates: readonly MessageDescription[];
}

/** One kind of message. The same name in one stream means the same message. */
export interface MessageDescription {
  /** Letters, digits, hyphens and underscores. */
  readonly name: string;
  readonly summary: string;
  /** JSON Schema (draft 7) of the message; of a text that is no JSON, of the text. */
  readonly schema: object;
  /** Media type. Default: `application/json`. */
  readonly contentType?: string;
  /** Name of the message that this one is with positions; only connections that asked for them have it. */
  readonly positionsOf?: string;
  readonly examples: readonly MessageExample[];
}

/** A message as it is sent. */
export interface MessageExample {
  readonly summary: string;
  /** A JSON value; the text itself where the message is no JSON. */
  readonly payload: unknown;
}

/** What a client asks, and what it may be answered. */
export interface RequestDescription extends MessageDescription {
  readonly replies: readonly MessageDescription[];
}

/** What examples name. On a server: things that it serves, so that its examples can be sent as they are. */
export interface SampleNames {
  /** A market of the exchange, `BASE_QUOTE`. */
  readonly market: string;
  /** A currency of the exchange. */
  readonly currency: string;
  /** Code of a dataset. */
  readonly dataset: string;
  /** A ticker of the dataset. */
  readonly ticker: string;
  /** A time that is not long ago, in seconds since 1970. */
  readonly nowS: number;
}

/** The names that the reference documents of the protocols use, and the time of their samples. */
export const referenceNames: SampleNames = {
  market: "BTC_USDT",
  currency: "USDT",
  dataset: "huobi",
  ticker: "BTC/USDT",
  nowS: 1_750_953_600,
};

/** Close codes and reasons; a reason has at most 123 bytes, which is what a close frame can hold. */
export type Closings = Readonly<Record<string, { readonly code: number; readonly reason: string }>>;
