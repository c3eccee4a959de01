/**
 * Remote procedure calls as plain values: a dialect declares which there are and answers them, the gRPC adapter
 * serves them. What can be declared instead of done is data, because messages are written in a thread of their own.
 */

/** One call, its message already read. */
export interface RpcCall {
  /** Service and procedure, for example `/finazon.TradeService/GetTrades`. */
  readonly path: string;
  /** Fields that the caller has sent, by their names in the `.proto` file; 64-bit integers are texts. */
  readonly fields: RpcFields;
  /** The metadata entry `authorization`. */
  readonly authorization: string | undefined;
  /** Where it came from, as far as that is known. */
  readonly address: string | undefined;
  /** Whether who asked has given up, or their deadline is over. */
  isGone(): boolean;
}

/** Fields of a message. */
export interface RpcFields {
  readonly [name: string]: RpcValue;
}

/** The value of a field. */
export type RpcValue = string | number | boolean | RpcFields;

/** Why a call has no reply: names of gRPC's status codes. */
export type RpcStatus =
  | "INVALID_ARGUMENT"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "DEADLINE_EXCEEDED"
  | "RESOURCE_EXHAUSTED"
  | "UNAVAILABLE"
  | "INTERNAL";

/** What becomes of a call; the trailer is metadata that comes after it. */
export type RpcAnswer = RpcReply | RpcRefusal;

/** A reply. */
export interface RpcReply {
  readonly kind: "reply";
  /** JSON text, of which the message is made as its {@link RpcShape} says. */
  readonly body: string;
  /** What values of fields `as: "name"` are called. */
  readonly names?: Readonly<Record<string, string>>;
  readonly trailer?: Readonly<Record<string, string>>;
}

/** A refusal. */
export interface RpcRefusal {
  readonly kind: "refusal";
  readonly status: RpcStatus;
  /** For people: what was wrong, and what would be right. */
  readonly details: string;
  readonly trailer?: Readonly<Record<string, string>>;
}

/** How a message is made of a JSON value: its fields, and what each is made of. */
export interface RpcShape {
  readonly [field: string]: RpcSource;
}

/** Where the value of a field comes from. What is `null` or not there is left out of the message. */
export interface RpcSource {
  /** Key of the JSON object. */
  readonly key: string;
  /**
   * What it becomes: the value `as` it is by default; a `number`, also of a text; its `whole` part, which is told where
   * it is not all; the `name` that the reply has for it; a message of a shape; or, of an array, a message for each `item`.
   */
  readonly as?: "number" | "whole" | "name" | RpcShape;
  readonly item?: RpcShape;
}

/** Services of one `.proto` file. */
export interface RpcServices {
  /** Its name in the package's folder of such files. */
  readonly protoFile: string;
  /** What replies are made of, by {@link RpcCall.path}. Procedures that the file has besides are not implemented. */
  readonly replies: ReadonlyMap<string, RpcShape>;
  /** Answers a call of one of them; `nowMs` is a time of `steadyMs`. */
  answer(call: RpcCall, nowMs: number): Promise<RpcAnswer>;
}
