/** Listing the connections of a running server: who is connected, what they are sent, who is behind. */
import Type, { type Static } from "typebox";
import type { ConnectionFigures } from "../ports/connections.ts";
import { type AdminAnswer, done, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** Most connections of one listing. */
export const listedSessionsMax = 10_000;

/** How many connections to list at most. */
export const sessionsRequest = Type.Object(
  { limit: Type.Integer({ minimum: 1, maximum: listedSessionsMax }) },
  { additionalProperties: false },
);

/** A listing, and how many connections there are in all. */
export interface SessionListing {
  readonly connections: number;
  readonly sessions: readonly ConnectionFigures[];
}

/** Lists connections: those that are behind, the one with most to read first, then the oldest. */
export async function listSessions(
  { limit }: Static<typeof sessionsRequest>,
  { sessions }: AdminTarget,
): Promise<AdminAnswer<SessionListing>> {
  if (sessions === undefined) return unavailable("no server runs here that could have connections");
  return done({ connections: sessions.connections, sessions: sessions.list(limit) });
}
