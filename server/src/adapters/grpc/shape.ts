/** Makes messages of JSON as their shapes say. What cannot be told as it is is counted. */
import type { RpcReply, RpcShape, RpcSource } from "../../ports/rpc.ts";

/** A message to be written. */
export interface Shaped {
  readonly message: object;
  /** How many figures had a fraction, or digits, that a whole number of 64 bits did not take. */
  readonly inexact: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Makes the message of a reply. */
export function shapeReply({ body, names = {} }: RpcReply, shape: RpcShape): Shaped {
  let inexact = 0;

  function messageOf(json: Json, fields: RpcShape): object {
    const message: Record<string, unknown> = {};
    for (const [field, source] of Object.entries(fields)) {
      const value = json[source.key];
      if (value !== undefined && value !== null) message[field] = toldOf(value, source);
    }
    return message;
  }

  function toldOf(value: unknown, { as, item }: RpcSource): unknown {
    if (item !== undefined) return (value as readonly Json[]).map((one) => messageOf(one, item));
    switch (as) {
      case undefined:
        return value;
      case "number":
        return Number(value);
      case "whole":
        return wholeOf(Number(value));
      case "name":
        return names[String(value)];
      default:
        return messageOf(value as Json, as);
    }
  }

  function wholeOf(figure: number): number {
    if (!Number.isSafeInteger(figure)) inexact += 1;
    return Math.trunc(figure);
  }

  return { message: messageOf(JSON.parse(body), shape), inexact };
}
