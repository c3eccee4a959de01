/** What a server serves: stores, the exchange, feeds, the hub between them, and the protocols over it all. */
import { KeyIngestDoor } from "../access/ingest-door.ts";
import { ownCounts } from "../access/own-counts.ts";
import type { DemoUser } from "../access/users.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { OutsidePrices } from "../agents/mirror/outside.ts";
import type { DataFolder } from "../config/data-folder.ts";
import { localDataset } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { MarketRules } from "../core/market/rules.ts";
import type { Hub } from "../hub/hub.ts";
import { Catalog } from "../marketdata/catalog.ts";
import type { Dialect } from "../ports/dialect.ts";
import type { KeyStore } from "../ports/key-store.ts";
import type { ProtocolContext } from "../ports/protocol.ts";
import type { ReplayControl } from "../ports/replay.ts";
import type { RestRoute } from "../ports/rest.ts";
import type { Tap } from "../ports/tap.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import type { LiveClockSessions } from "../streams/clock-sessions.ts";
import { DatasetReaders } from "../streams/dataset-readers.ts";
import type { NodeDatasets } from "./cluster/datasets.ts";
import type { ClusterNode } from "./cluster/node.ts";
import { openCluster } from "./cluster/open.ts";
import { hasExchange } from "./configuration.ts";
import { clockSessions, connectFeeds, openDataset, ownTrades, sharedClocks } from "./datasets.ts";
import { makePast } from "./demo/past.ts";
import { createHub } from "./fan-out.ts";
import { outsideQuotes } from "./outside.ts";
import { Protocols } from "./protocols.ts";
import { Recordings } from "./recordings.ts";
import type { ServedDataset } from "./served-dataset.ts";
import type { Site } from "./site.ts";
import { openServerFolder } from "./start/folder.ts";
import { venueTaps } from "./taps.ts";
import { takesVisitors } from "./terminal/visitors.ts";
import { Trading, type TradingBeginning } from "./trading.ts";

/** What is served, and in which protocols. */
export interface Served {
  readonly folder: DataFolder;
  readonly trading: Trading | undefined;
  /** The cluster that the exchange is shared with. */
  readonly cluster: ClusterNode | undefined;
  /** Datasets that its nodes share. */
  readonly shared: NodeDatasets | undefined;
  readonly keys: KeyStore;
  readonly hub: Hub;
  readonly catalog: Catalog;
  readonly feeds: readonly FeedRunner[];
  readonly recordings: Recordings;
  /** Clocks of recordings, each once. */
  readonly replays: readonly ReplayControl[];
  /** Clocks of those who move about for themselves. */
  readonly sessions: LiveClockSessions;
  /** Frames of venues, by the codes of datasets. */
  readonly venueTaps: ReadonlyMap<string, Tap>;
  readonly protocols: Protocols;
  readonly ingest: Ingest;
  readonly demoKey: string | undefined;
  readonly demoUsers: readonly DemoUser[];
}

/** Told how far things have come, 0 … 1. */
export interface ServedProgress {
  /** Of a bounded feed. */
  progress(dataset: string, share: number): void;
  /** Of the past that a demo begins with. */
  pastProgress(share: number): void;
}

/** Opens the stores, recovers the exchange and connects the feeds. */
export async function openServed(
  site: Site,
  { progress, pastProgress }: ServedProgress,
): Promise<Served> {
  const { log, times, config, start, demo, watch } = site;
  const { clock, marketMs, wallMs } = times;
  const outside = new OutsidePrices();
  const own = await start.step("datasets", () => openDatasets(site, outside));
  // A node that runs feeds of a cluster has its datasets and nothing else.
  const withExchange = config.cluster?.role !== "feed" && hasExchange(config, site.protocols);
  const folder = await openServerFolder(config, { withExchange, log, start });
  const cluster = await openCluster(site, withExchange);
  const shared = await start.step("shared datasets", () => cluster?.openDatasets(site));
  const configured = [...own, ...(shared?.served ?? [])];
  const beginning = { outside, cluster, progress: pastProgress };
  const trading = withExchange ? await openTrading(site, folder, beginning) : undefined;
  const keys = await openKeys(site, folder, cluster);
  const feeds: FeedRunner[] = [];
  const hub = createHub(config, clock, {
    ...{ trading, feeds },
    session: (topic) => sessions.session(topic),
  });
  const catalog = new Catalog();
  const sessions = clockSessions(configured, config, { catalog, hub, clock, log });
  const history = new DatasetReaders();
  const context = {
    ...{ log, keys, catalog, history, watch, marketMs, wallMs, sessions },
    secrets: systemSecrets(),
    counts: cluster?.records.counts ?? ownCounts,
    limits: config.limits,
    latenessMs: config.bars.latenessMs,
    after: (delayMs: number, task: () => void) => clock.after(delayMs, task),
    exchange: trading?.access,
    visitors: takesVisitors(config) ? config.terminal.visitors : undefined,
  };
  const audience = trading?.audience;
  const spoken = cluster?.servesClients === false ? [] : site.protocols;
  const protocols = new Protocols(spoken, config, { context, audience });
  const listed = (rules: MarketRules) => protocols.marketListed(rules);
  // Before feeds are connected, so that the exchange's markets are served from the first moment.
  const demoUsers = (await trading?.start(hub, listed)) ?? [];
  // Once the exchange is ours: a second server on the folder must not revoke the key of the first.
  const demoKey = await start.step("demo key", () => {
    demo.remember();
    if (trading?.writes === false) return undefined;
    return demo.key(keys, times.nowMs());
  });
  const served = [...configured, ...(trading ? [ownTrades(trading, config)] : [])];
  const recordings = await start.step(
    "stored datasets",
    () => new Recordings(history, { config, folder: folder.datasetsFolder, clock, log }),
    (made) => made.close(),
  );
  const replays = [...sharedClocks(served), ...(trading?.dayClocks ?? [])];
  await start.step("restored datasets", () => recordings.open(served));
  await start.step("feeds", () =>
    connectFeeds(served, feeds, {
      ...{ catalog, hub, clock, log, progress, recordings, outside },
      latenessUs: config.bars.latenessMs * 1_000,
      unchangedBars: config.streams.unchangedBars,
      ended: (code) => protocols.datasetEnded(code),
    }),
  );
  await startShared(start, shared, { feeds, catalog, recordings });
  addOwnPast(history, trading, feeds);
  const ingest = ingestOf(configured, context);
  const made = { folder, trading, cluster, shared, keys, recordings, protocols };
  const taps = venueTaps(configured, clock);
  const fed = { hub, catalog, feeds, replays, sessions, venueTaps: taps };
  return { ...made, ...fed, ingest, demoKey, demoUsers };
}

/** Follows what nodes of a cluster share; feeds are let go before what they are stored in. */
async function startShared(
  start: Site["start"],
  shared: NodeDatasets | undefined,
  parts: Pick<Served, "feeds" | "catalog" | "recordings">,
): Promise<void> {
  await start.step(
    "told datasets",
    () => shared?.start(parts),
    async () => {
      await shared?.stop();
      await Promise.all(parts.feeds.map((feed) => feed.stop()));
    },
  );
}

/** Opens the keys; those of a cluster are all there, and clients can be let in as all its nodes do it. */
async function openKeys(
  { start }: Site,
  { keysFile }: DataFolder,
  cluster: ClusterNode | undefined,
): Promise<KeyStore> {
  const keys = await start.step(
    "keys",
    () => openKeyStore(keysFile),
    (opened) => opened.close(),
  );
  await start.step(
    "shared keys",
    () => cluster?.records.mirrorKeys(keys),
    (mirror) => mirror?.stop(),
  );
  await start.step(
    "letting in",
    () => (cluster?.servesClients ? cluster.records.letIn() : undefined),
    (counts) => counts?.stop(),
  );
  return keys;
}

/** What the exchange itself has traded is a dataset with a past. */
function addOwnPast(
  history: DatasetReaders,
  trading: Trading | undefined,
  feeds: readonly FeedRunner[],
): void {
  const own = feeds.find(({ dataset }) => dataset.code === localDataset);
  if (trading === undefined) return;
  history.add(
    localDataset,
    trading.past(() => own?.marketUs),
  );
}

/** The configured datasets; their quotes go to whoever follows them. */
function openDatasets({ config, times: { clock } }: Site, outside: OutsidePrices) {
  const quoted = outsideQuotes(outside, clock);
  const { datasets, cluster } = config;
  // Feeds of a cluster are run by one of its nodes at a time; engines serve no datasets.
  const own = cluster === undefined ? datasets : cluster.role === "engine" ? [] : unfed(datasets);
  return own.map((dataset) => openDataset(dataset, clock.nowUs(), quoted));
}

function unfed(datasets: Config["datasets"]): Config["datasets"] {
  return datasets.filter(({ feed }) => feed === undefined);
}

/** Opens the exchange, with a past where it begins as a demo. */
async function openTrading(
  site: Site,
  folder: DataFolder,
  {
    progress,
    ...beginning
  }: Omit<TradingBeginning, "isNew"> & { readonly progress: (share: number) => void },
) {
  const isNew = await site.start.step("past", () => makePast(site, folder, progress));
  return await Trading.open(site, folder, { ...beginning, isNew });
}

/** Where producers push to the datasets that take it. */
export interface Ingest {
  readonly routes: readonly RestRoute[];
  readonly streams: readonly Dialect[];
}

function ingestOf(
  served: readonly ServedDataset[],
  { keys: store, secrets, watch }: Pick<ProtocolContext, "keys" | "secrets" | "watch">,
): Ingest {
  const door = new KeyIngestDoor({ store, secrets, watch });
  return {
    routes: served.flatMap(({ dataset, opened }) => opened?.routes?.(dataset.code, door) ?? []),
    streams: served.flatMap(({ dataset, opened }) => opened?.streams?.(dataset.code, door) ?? []),
  };
}
