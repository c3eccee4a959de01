/** The clock by which recordings are played, as those who control it see it. */
import type { StoredBar } from "../marketdata/bars/bar.ts";
import type { Trade } from "../marketdata/trade.ts";

/** How many seconds of market time pass in one second; `max` does not wait at all. */
export type ReplaySpeed = number | "max";

/** How far a step goes: to the next moment with a trade, the next whole second, or the end of the minute. */
export type ReplayStep = "trade" | "second" | "bar";

/** What can be asked of a clock. */
export type ReplayAction =
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "speed"; readonly speed: ReplaySpeed }
  /** Pauses it where it is not, and goes on by one step. */
  | { readonly kind: "step"; readonly step: ReplayStep }
  /** Goes to a moment of market time, in microseconds since 1970; what lies between is not published. */
  | { readonly kind: "seek"; readonly toUs: number };

/** Where a clock is. */
export interface ReplayStatus {
  /** The datasets that it moves. */
  readonly datasets: readonly string[];
  /** `waiting`: nothing has been played yet. `ended`: all has been. */
  readonly state: "waiting" | "playing" | "paused" | "ended";
  /** Microseconds since 1970; undefined before there is any. */
  readonly marketUs: number | undefined;
  /** The first trade of all, in market time. */
  readonly firstUs: number | undefined;
  readonly speed: ReplaySpeed;
}

/** A clock that can be controlled. */
export interface ReplayControl {
  status(): ReplayStatus;
  /** Resolves with where it is when that is done; a text says why it is not. */
  act(action: ReplayAction): Promise<ReplayStatus | string>;
}

/** A dataset that is moved by a clock. */
export interface ReplayMember {
  readonly dataset: string;
  /** Forgets what was played and begins again. */
  again(): Promise<void>;
}

/** What is known of a recording without playing it, as far as it has been read. */
export interface RecordingPast {
  /** First and last moment that have been read, as recorded; undefined before there is any. */
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
  /** Whether it has been read to its end. */
  readonly isWhole: boolean;
  /** Whole bars of minutes of a ticker, oldest first. */
  minutes(ticker: string): readonly StoredBar[];
  tickers(): readonly string[];
  /** Trades of event times from one to before another one, oldest first, until `take` says that it has enough. */
  trades(
    fromUs: number,
    toUs: number,
    take: (trades: readonly RecordedPastTrade[]) => boolean,
  ): Promise<void>;
}

/** A trade of a recording; its ticker is that under which it is served. */
export type RecordedPastTrade = Omit<Trade, "instrument" | "receiveTimeUs"> & {
  readonly ticker: string;
};

/** What an opened feed has of its clock. */
export interface OpenedReplay {
  readonly control: ReplayControl;
  /** Whether what is told now is on the way to where a seek leads, and not to be published. */
  readonly isSeeking: boolean;
  /** Takes the clock of another feed, before either runs; false where they are not played alike. */
  share(other: OpenedReplay): boolean;
  attach(member: ReplayMember): void;
  /** Lets go what was kept of the recording, once nobody plays it any more. */
  close(): Promise<void>;
}
