/** What is served: each configured dataset with its feed, and the exchange's own trades. */

import type { OutsidePrices } from "../agents/mirror/outside.ts";
import { localDataset } from "../config/load.ts";
import type { Config, DatasetConfig } from "../config/schema.ts";
import { type LocalFeed, localPublisher } from "../feeds/local/feed.ts";
import type { Hub } from "../hub/hub.ts";
import type { Catalog } from "../marketdata/catalog.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { Clock } from "../ports/clock.ts";
import type { OpenedFeed } from "../ports/feed-kind.ts";
import type { Log } from "../ports/log.ts";
import type { OpenedReplay, ReplayControl } from "../ports/replay.ts";
import { StartError } from "../ports/start-error.ts";
import { FeedRunner } from "../streams/bar-streams.ts";
import { LiveClockSessions } from "../streams/clock-sessions.ts";
import { FeedRestarts } from "../streams/feed-restarts.ts";
import type { LiveFeedOptions } from "../streams/live-feed.ts";
import { PositionStream } from "../streams/position-stream.ts";
import { openFeed } from "./feeds.ts";
import { followRunner, outsideWatch } from "./outside.ts";
import type { Recordings } from "./recordings.ts";
import type { ServedDataset } from "./served-dataset.ts";

/** Opens a configured dataset's feed; a `StartError` says what is wrong with its configuration. */
export function openDataset(
  config: DatasetConfig,
  seed: number,
  quoted?: LiveFeedOptions["quoted"],
): ServedDataset {
  const { code, name = code, publisher = code } = config;
  const opened = openFeed(config, seed, quoted);
  if (typeof opened === "string") throw new StartError(`dataset ${code}: ${opened}`);
  return { dataset: { code, name, publisher }, config, opened };
}

/** The exchange's own trades, served like those of any other feed. */
export function ownTrades(
  { feed, engine }: { readonly feed: LocalFeed; readonly engine: { readonly epoch: string } },
  { exchange, bars, streams }: Config,
): ServedDataset {
  const shared = {
    epoch: `${engine.epoch}-${localDataset}`,
    latenessUs: bars.latenessMs * 1_000,
    unchangedBars: streams.unchangedBars,
    isReplica: true,
    isWhole: () => true,
  };
  return {
    shared: feed.sequence === undefined ? undefined : shared,
    dataset: { code: localDataset, name: "openbourse exchange", publisher: localPublisher },
    // It is stored as the exchange's history.
    config: undefined,
    opened: {
      feed,
      waitsForConsumers: false,
      waitsForAudience: false,
      isRecording: false,
      simulated: exchange.participants.enabled === true,
    },
  };
}

/** What a dataset is connected to. */
export interface FeedConnections {
  readonly catalog: Catalog;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Log;
  readonly latenessUs: number;
  readonly unchangedBars: boolean;
  /** What is recorded, and where it goes on. */
  readonly recordings: Recordings;
  /** Prices that markets of the exchange follow. */
  readonly outside: OutsidePrices;
  progress(dataset: string, share: number): void;
  /** Told when the catalog says of a dataset that it gets no more data. */
  ended(dataset: string): void;
}

/** Connects all feeds, in `feeds` as they come, and resolves when they are prepared. */
export async function connectFeeds(
  served: readonly ServedDataset[],
  feeds: FeedRunner[],
  connections: FeedConnections,
): Promise<void> {
  for (const { dataset, opened, shared } of served) {
    addDataset(dataset, opened, connections);
    if (opened !== undefined) feeds.push(connectFeed({ dataset, opened, shared }, connections));
  }
  await Promise.all(feeds.map((feed) => feed.prepare()));
}

/** Lets recordings that are played alike share one clock; all clocks, each once. */
export function sharedClocks(served: readonly ServedDataset[]): readonly ReplayControl[] {
  const first: OpenedReplay[] = [];
  for (const { opened } of served) {
    const replay = opened?.replay;
    if (replay !== undefined && !first.some((other) => replay.share(other))) first.push(replay);
  }
  return first.map(({ control }) => control);
}

/** Clocks of their own, by which the recordings among what is served are played. */
export function clockSessions(
  served: readonly ServedDataset[],
  { bars, streams }: Config,
  parts: Pick<FeedConnections, "catalog" | "hub" | "clock" | "log">,
): LiveClockSessions {
  const { perKeyMax, max, idleSeconds } = streams.sessions;
  return new LiveClockSessions({
    ...parts,
    bounds: { perKeyMax, max, idleMs: idleSeconds * 1_000 },
    recordings: served.flatMap(({ dataset, opened }) => {
      const branch = opened?.branch;
      return branch === undefined ? [] : [{ dataset, branch }];
    }),
    latenessUs: bars.latenessMs * 1_000,
    unchangedBars: streams.unchangedBars,
  });
}

/** Adds a dataset to the catalog, with the tickers that are stored of it. */
function addDataset(
  dataset: Dataset,
  opened: OpenedFeed | undefined,
  { catalog, log, recordings }: FeedConnections,
): void {
  const { code, publisher } = dataset;
  catalog.addDataset(dataset);
  for (const ticker of recordings.tickersOf(code)) catalog.ensureInstrument(code, ticker);
  recordings.watchTickers(code, (ticker) => catalog.ensureInstrument(code, ticker));
  if (opened === undefined) {
    catalog.end(code, "finished");
    log.info("dataset is served from what was imported", { dataset: code, publisher });
    return;
  }
  const phrase = opened.simulated
    ? "dataset is simulated: its prices are made up"
    : "dataset is served";
  log.info(phrase, { dataset: code, publisher });
}

/** Connects a dataset's feed with the hub; it does not run yet. */
function connectFeed(
  {
    dataset,
    opened,
    shared,
  }: Pick<ServedDataset, "dataset" | "shared"> & { readonly opened: OpenedFeed },
  connections: FeedConnections,
): FeedRunner {
  const { catalog, hub, clock, log, latenessUs, unchangedBars } = connections;
  const { code } = dataset;
  const recording = connections.recordings.all.get(code);
  const runner = new FeedRunner({
    dataset,
    // Where nothing is stored no position outlives this process.
    // Other nodes have told bars before this one was started.
    isReplica: shared?.isReplica === true,
    epoch: shared?.epoch ?? recording?.restored.streamEpoch ?? `${code}-${clock.nowUs()}`,
    sequence: opened.feed.sequence ?? recording?.restored.sequence ?? 0,
    recorder: recording?.recorder,
    restored: recording?.restored.running,
    remembered: (ticker) => connections.recordings.remembered(code, ticker),
    storePast: (rows) => connections.recordings.storePast(code, rows),
    opened,
    restarts: new FeedRestarts({
      seed: clock.nowUs(),
      dataset: code,
      isRecording: opened.isRecording,
    }),
    get latenessUs() {
      return shared?.latenessUs ?? latenessUs;
    },
    get unchangedBars() {
      return shared?.unchangedBars ?? unchangedBars;
    },
    watch: outsideWatch(connections.outside, dataset.code, clock),
    // What nodes share has the same positions at all of them, whoever listens.
    isWanted: ({ ticker }, periodS) =>
      shared !== undefined || hub.hasAudience({ kind: "bars", dataset: code, ticker, periodS }),
    catalog,
    clock,
    log,
    publish: (bar, periodS, cause) => {
      const { ticker, startUs } = bar;
      if (shared?.isWhole(startUs) === false) return;
      const topic = { kind: "bars", dataset: code, ticker, periodS } as const;
      // Bars of different minutes never replace each other: a client that is behind loses no bar.
      const stateKey = `${code}|${ticker}|${periodS}|${startUs}`;
      hub.publish(topic, runner.numbering.number(topic, cause, bar), {
        kind: "state",
        key: stateKey,
      });
    },
    published: (cause, timeUs) => positions.tell(cause, timeUs),
    caughtUp: () => hub.caughtUp(),
    ended: (why) => {
      catalog.end(code, why);
      connections.ended(code);
    },
    progress: (share) => connections.progress(code, share),
  });
  followRunner(connections.outside, runner);
  opened.replay?.attach({ dataset: code, again: () => runner.again() });
  const positions = new PositionStream({ hub, numbering: runner.numbering, dataset: code });
  return runner;
}
