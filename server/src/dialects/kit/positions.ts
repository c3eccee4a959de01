/**
 * Positions as every dialect writes and reads them (docs/protocols/positions): `epoch`, `seq`, `tick`
 * and `ord` of a message, and `prev`, the position before it in its stream. A `tick` of 0 is left out.
 */
import type { Place, Position } from "../../marketdata/position.ts";
import type { MessagePlace } from "../../ports/dialect.ts";

/** Name of the query parameter by which a connection asks for positions; any value but `1` does not. */
export const positionsParameter = "positions";

/** Longest epoch that is read, in characters; ours are shorter. */
export const epochLengthMax = 128;

/** What it means, for descriptions of streams. */
export const positionsMeaning =
  "`1`: every message also says where it is in its stream, by `epoch`, `seq`, `tick`, `ord` and `prev`, and a subscribe with `since` goes on from there.";

/** Whether an upgrade asks for positions. */
export function asksForPositions(query: (name: string) => string | undefined): boolean {
  return query(positionsParameter) === "1";
}

/** `"epoch":…,"seq":…,"ord":…` without braces. */
export function placeFields({ epoch, position }: Place): string {
  return `"epoch":${JSON.stringify(epoch)},${positionFields(position)}`;
}

/**
 * The same with `prev` where there is a message before; not with what stands for everything before it.
 */
export function messageFields(place: MessagePlace): string {
  const { previous } = place;
  const fields = placeFields(place);
  return previous === undefined ? fields : `${fields},"prev":{${positionFields(previous)}}`;
}

function positionFields({ sequence, tick, ordinal }: Position): string {
  const tickText = tick === 0 ? "" : `"tick":${tick},`;
  return `"seq":${sequence},${tickText}"ord":${ordinal}`;
}

/** Adds fields to the end of a JSON object that has some already. */
export function withFields(json: string, fields: string): string {
  return `${json.slice(0, -1)},${fields}}`;
}

/** How `since` has to look, for messages. */
export const sinceUsage =
  '{"epoch": "…", "seq": 81207, "tick": 17509533620, "ord": 0}, as it was told with a message; tick may be left out';

/** Reads `since`; undefined where it is no place. */
export function readPlace(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { epoch, seq, tick = 0, ord = 0 } = value as Readonly<Record<string, unknown>>;
  if (typeof epoch !== "string" || epoch.length > epochLengthMax) return undefined;
  if (!isCount(seq) || !isCount(tick) || !isCount(ord)) return undefined;
  return { epoch, position: { sequence: seq, tick, ordinal: ord } };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
