/** Requests of the Cryptomus stream: what they are about, how many it takes, and what their refusals mean. */
import type { Fault } from "../fault.ts";
import type { Channel, ErrorObject } from "./wire.ts";

/** Most params of one request. */
const paramsMax = 1_000;

/** The params of as many requests as it takes. */
export function requestsOf(
  channel: Channel,
  names: readonly string[],
): readonly (readonly unknown[])[] {
  if (channel === "candles") {
    return names.map((name) => {
      const [market, intervalS] = name.split("|");
      return [market, Number(intervalS)];
    });
  }
  const pieces: string[][] = [];
  for (let at = 0; at < names.length; at += paramsMax) pieces.push(names.slice(at, at + paramsMax));
  return pieces;
}

/** What a request for a channel is about. */
export function namesOf(channel: Channel, params: readonly unknown[]): readonly string[] {
  return channel === "candles" ? [params.join("|")] : (params as readonly string[]);
}

export function isTooMany(error: ErrorObject | null | undefined): boolean {
  return error?.message.startsWith("Too many requests") === true;
}

export function refusalOf({ code, message }: ErrorObject): Fault {
  return { kind: "refused", message, code: String(code) };
}

/** The names that a refusal says are unknown; undefined where it is about something else. */
export function unknownIn({ message }: ErrorObject): readonly string[] | undefined {
  const [, list] = /^Unknown (?:market|currency|scale index): (.*)$/.exec(message) ?? [];
  return list?.split(", ");
}

/** Whether a name is one of the unknown, or has one of them for its market or scale. */
export function isNamed(name: string, unknown: readonly string[]): boolean {
  return unknown.some(
    (bad) => name === bad || name.startsWith(`${bad}:`) || name.endsWith(`:${bad}`),
  );
}
