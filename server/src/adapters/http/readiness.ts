/**
 * Whether traffic may be sent here, in words that may be told to anybody: the page is open to strangers,
 * so why something does not work is in the log alone.
 */
import type { RestReply } from "../../ports/rest.ts";

const isWell = {
  running: true,
  waiting: true,
  restarting: false,
  finished: true,
  stopped: true,
  stopping: false,
  failed: false,
  // How the system's clock stands to market time.
  steady: true,
  ahead: false,
  behind: false,
  // What a node of a cluster does.
  leading: true,
  following: true,
  stale: false,
} as const;

/** All that a part can be. */
export const partStates: readonly string[] = Object.keys(isWell);

/** How a part of the server is doing. */
export type PartState = keyof typeof isWell;

/** A part of the server. */
export interface HealthPart {
  readonly name: string;
  readonly state: PartState;
  /** Whether the server can be of use without it. Default: it cannot. */
  readonly isOptional?: boolean;
  /** A feed's trades that are in no bar, by kind; shown where there are any. */
  readonly unused?: Readonly<Record<string, number>>;
  /** A live feed's tickers by how they are doing, with the gaps that it has told. */
  readonly tickers?: Readonly<Record<string, number>>;
  readonly gaps?: number;
  /** The term of a cluster's log that a node knows, and how old its state is, in milliseconds. */
  readonly term?: number;
  readonly lagMs?: number;
}

/** The answer: `ok`, `degraded` where only optional parts do not work, or `failing` with status 503. */
export function readinessReply(parts: readonly HealthPart[]): RestReply {
  const unwell = parts.filter(({ state }) => !isWell[state]);
  const isFailing = unwell.some(({ isOptional = false }) => !isOptional);
  const status = isFailing ? "failing" : unwell.length > 0 ? "degraded" : "ok";
  const shown = parts.map(({ name, state, isOptional: _, ...more }) => ({
    name,
    ok: isWell[state],
    state,
    ...more,
  }));
  return { status: isFailing ? 503 : 200, body: JSON.stringify({ status, parts: shown }) };
}
