/** What kinds of feeds there are, each as one value, and what comes of a configured one. */
import type { Static, TSchema } from "typebox";
import type { ImportBatch } from "./dataset-store.ts";
import type { Dialect } from "./dialect.ts";
import type { Feed, FeedContext } from "./feed.ts";
import type { IngestDoor } from "./ingest-door.ts";
import type { LiveSource } from "./live-source.ts";
import type { OpenedReplay, RecordingPast } from "./replay.ts";
import type { RestRoute } from "./rest.ts";

/** A feed that is ready to run, and what the runner has to know about it. */
export interface OpenedFeed extends OpenedKind {
  readonly feed: Feed;
  /** Where what passes between a venue and us can be looked at, frame by frame. */
  readonly tapFrames?: LiveSource["tapFrames"];
}

/** A recording that is played by a clock of its own. */
export interface OpenedBranch extends OpenedFeed {
  readonly replay: OpenedReplay;
  /** What all who play it know of it. It is read for as long as it is asked for. */
  past(context: Pick<FeedContext, "count" | "warn" | "instrument">): RecordingPast;
}

/** A source whose tickers are watched by the runner's own policy, and what the runner has to know about it. */
export interface OpenedSource extends OpenedKind {
  readonly source: LiveSource;
  /** With nothing heard of a ticker for so long, in milliseconds, it is watched anew. */
  readonly staleMs: number;
}

/** What the runner has to know about a source. */
export interface OpenedKind {
  /** Whether the feed may be faster than its consumers and has to wait for them. */
  readonly waitsForConsumers: boolean;
  /** Whether it is held back until somebody subscribes to its dataset. */
  readonly waitsForAudience: boolean;
  /** Whether the source begins again when it is run again. */
  readonly isRecording: boolean;
  /** Whether its prices are made up; said aloud at the start. */
  readonly simulated: boolean;
  /** Makes up what a simulated dataset begins with of which nothing is stored. */
  inventPast?(span: PastSpan): InventedPast;
  /** Its clock, where that can be controlled. */
  readonly replay?: OpenedReplay;
  /** The same recording once more, on a clock of its own that begins at its recorded times; it is read once for all. */
  branch?(): OpenedBranch;
  /** What of it is reached over HTTP, for the dataset that it feeds. */
  routes?(dataset: string, door: IngestDoor): readonly RestRoute[];
  /** What of it is reached over WebSocket. */
  streams?(dataset: string, door: IngestDoor): readonly Dialect[];
}

/** Of which time a past is made up: from one minute to before another one, in microseconds since 1970. */
export interface PastSpan {
  readonly fromUs: number;
  readonly untilUs: number;
  /** Whether trades are stored, or bars alone. */
  readonly keepsTrades: boolean;
}

/** A past that is made up: what is to be stored at once, trades or bars of minutes. */
export type InventedPast = Omit<ImportBatch, "dataset">;

/** A kind of feed as one value: what may be written of it in the configuration, and how it is opened. */
export interface FeedKind<Schema extends TSchema = TSchema> {
  /** What is written as `kind`. */
  readonly kind: string;
  /** Checks the feed's part of a dataset, fills in the defaults and documents it; `kind` is in it. */
  readonly configSchema: Schema;
  /** A text says what is wrong with the configuration. */
  open(config: Static<Schema>, publisher: string): OpenedFeed | OpenedSource | string;
}
