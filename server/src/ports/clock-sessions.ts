/** Clocks of their own, for clients who move about in the recordings of a server without anybody else noticing. */
import type { StoredBar } from "../marketdata/bars/bar.ts";
import type { CatalogView } from "../marketdata/catalog.ts";
import type { DatasetReader } from "./dataset-reader.ts";
import type { ReplayControl } from "./replay.ts";

/** Why a session cannot be joined. */
export type SessionRefusal =
  | "bad-session-name"
  | "nothing-recorded"
  | "too-many-sessions"
  | "too-many-sessions-in-all";

/** Volume of a recording, over time. */
export interface Timeline {
  /** Bars of one length, oldest first; none where nothing was traded. */
  readonly bars: readonly StoredBar[];
  /** Their length, in microseconds. */
  readonly barUs: number;
  /** First and last moment that have been read of the recording; undefined before there is any. */
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  /** Whether it has been read to its end. */
  readonly isWhole: boolean;
}

/** All that a client of a session sees. */
export interface ClockSession {
  readonly name: string;
  /** Sets its topics apart from those of others. */
  readonly key: string;
  /** The recordings that it moves, and how each of them is doing in it. */
  readonly catalog: CatalogView;
  /** The past of the recordings, up to where the clock is. */
  readonly history: DatasetReader;
  readonly control: ReplayControl;
  /** Where the clock is; undefined before anything was played. */
  readonly marketUs: number | undefined;
  /** Volume of all of a recording, also of what is still to come, in at most so many bars. */
  timeline(dataset: string, ticker: string, barsMax: number): Timeline;
  /** Takes part until what is returned is called; is told when no more bars of a dataset follow. */
  enter(ended: (dataset: string) => void): () => void;
  /** Somebody has asked for it: it is not idle. */
  touch(): void;
  end(): void;
}

/** All of them. */
export interface ClockSessions {
  /** Joins the session of an owner with this name, which is begun where there is none. */
  join(owner: string, name: string): ClockSession | SessionRefusal;
  find(owner: string, name: string): ClockSession | undefined;
  /** Those of an owner. */
  of(owner: string): readonly ClockSession[];
}
