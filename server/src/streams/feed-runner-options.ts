/** What the runner of a feed is made with, and what it counts. */
import type { TradeVerdict } from "../marketdata/bar-series.ts";
import type { BarUpdate, PublishPeriodS } from "../marketdata/bar-update.ts";
import type { Catalog, DatasetEnd } from "../marketdata/catalog.ts";
import type { Dataset, Instrument } from "../marketdata/instrument.ts";
import type { Cause } from "../marketdata/position.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gap, KnownSpan } from "../ports/dataset-reader.ts";
import type { ImportOutcome } from "../ports/dataset-store.ts";
import type {
  FeedCounter,
  FeedEvent,
  FeedOutcome,
  FeedStored,
  PastRows,
  RememberedTicker,
} from "../ports/feed.ts";
import type { OpenedFeed } from "../ports/feed-kind.ts";
import type { Log } from "../ports/log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import type { DatasetRecorder } from "./dataset-recorder.ts";
import type { RestoredMinutes } from "./dataset-restore.ts";
import type { FeedRestarts } from "./feed-restarts.ts";
import type { UnusedTrades } from "./unused-trades.ts";

/** Who passes on what is folded: what is taken here and in this order makes the same bars elsewhere. */
export interface FoldPassing {
  /** Market time is moved forward. */
  time(atUs: number): void;
  /** A trade was taken. */
  trade(trade: Trade): void;
  gap(gap: Gap): void;
  known(span: KnownSpan): void;
  /** The feed goes on, has failed and is tried again, or has ended. */
  state(state: FeedState, failure: string | undefined): void;
  /** Resolves when all that was passed on is where it has to be; why it will not be where it never is. */
  passed(): Promise<FeedStored | StorageFailure>;
}

/** Options of a runner. */
export interface FeedRunnerOptions {
  readonly dataset: Dataset;
  /** Identity of its batches. By default empty. */
  readonly epoch?: string;
  /** Whether others have published before, and all of `sequence`. Default: no. */
  readonly isReplica?: boolean;
  /** Sequence before that of its first batch, which no batch of the epoch has exceeded. By default 0. */
  readonly sequence?: number;
  /** Stores what is folded; nothing is stored when left out. */
  readonly recorder?: DatasetRecorder | undefined;
  /** What goes on from before the start; with market time at that moment. */
  readonly restored?: RestoredMinutes | undefined;
  readonly opened: OpenedFeed;
  /** Up to where a ticker was stored at the start; nothing was when left out. */
  remembered?(ticker: string): Promise<RememberedTicker | undefined>;
  /** Passes on what is folded; nobody does when left out. */
  readonly passing?: FoldPassing | undefined;
  /** Puts rows of minutes that are over to the stored past; nothing is stored when left out. */
  storePast?(rows: PastRows): Promise<ImportOutcome | StorageFailure | undefined>;
  /** When it is started again after a failure; never when left out. */
  readonly restarts?: FeedRestarts;
  readonly latenessUs: number;
  /** Whether open bars are sent at each boundary, changed or not (D-F13). */
  readonly unchangedBars: boolean;
  /** Whether anybody would be sent such a bar; always when left out. */
  isWanted?(instrument: Instrument, periodS: PublishPeriodS): boolean;
  readonly catalog: Pick<Catalog, "ensureInstrument" | "instrument" | "resume">;
  readonly clock: Clock;
  readonly log: Log;
  /** Shown what the feed tells before it is folded, where somebody follows it. */
  readonly watch?: ((event: FeedEvent) => void) | undefined;
  /** Receives each bar when it is due. */
  publish(bar: BarUpdate, periodS: PublishPeriodS, cause: Cause): void;
  /** Told about every second of what everything has been published, and market time then. */
  published?(cause: Cause, timeUs: number): void;
  /** Resolves when the consumers have taken what they were sent; undefined when they have. */
  caughtUp(): Promise<void> | undefined;
  /** Told once when no more data follows: the source is over, or it failed and stays stopped. */
  ended?(why: DatasetEnd): void;
  /** Told how far a bounded source has come, 0 … 1. */
  progress?(share: number): void;
}

/** What a runner counts. */
export interface FeedFigures {
  readonly verdicts: Record<TradeVerdict, number>;
  readonly counts: Record<FeedCounter, number>;
  readonly unused: UnusedTrades;
  gaps: number;
  /** How often it was started again after a failure. */
  restarts: number;
  /** Receive time minus event time of the latest trade, in microseconds. */
  lagUs: number;
}

/** How a feed is doing. */
export type FeedState = "waiting" | "running" | "restarting" | FeedOutcome["kind"];
