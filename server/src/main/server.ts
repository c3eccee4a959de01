/**
 * The composition root: builds every part, connects them, starts and stops them. It reads from top to
 * bottom in the order in which things depend on each other.
 */
import { createDoorkeeper } from "../access/doorkeeper.ts";
import { ensureDemoKey } from "../access/keys.ts";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { createHttpServer, type HealthPart } from "../adapters/http/http-server.ts";
import { createPrometheusMeter } from "../adapters/metrics/prometheus.ts";
import { openKeyStore } from "../adapters/sqlite/key-store.ts";
import { StoreError } from "../adapters/sqlite/store-error.ts";
import { frameText } from "../adapters/ws/frame.ts";
import { Gateway } from "../adapters/ws/gateway.ts";
import { createFinazonDialect } from "../dialects/finazon/dialect.ts";
import { finazonNotFound, finazonRoutes } from "../dialects/finazon/rest.ts";
import { Hub } from "../hub/hub.ts";
import { Catalog } from "../marketdata/catalog.ts";
import type { Dataset } from "../marketdata/instrument.ts";
import type { Clock } from "../ports/clock.ts";
import type { KeyStore } from "../ports/key-store.ts";
import type { Log } from "../ports/log.ts";
import { localDataset } from "./config/load.ts";
import type { Config, DatasetConfig } from "./config/schema.ts";
import { type DataFolder, openDataFolder, readDemoKey, writeDemoKey } from "./data-folder.ts";
import { errorsPage } from "./errors-page.ts";
import { FeedRunner } from "./feed-runner.ts";
import { type OpenedFeed, openFeed } from "./feeds.ts";
import { registerFigures } from "./figures.ts";
import { StartError } from "./start-error.ts";
import { runParticipants } from "./venue/participants-runner.ts";
import { localPublisher, Venue } from "./venue/venue.ts";

/** Wall time is passed on to feeds at each whole second. */
const secondUs = 1_000_000;

/** How often it is looked whether keys were revoked, in milliseconds. */
const keyRefreshMs = 1_000;

/** What a server is made of besides its configuration. */
export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Told how far a bounded feed has come, 0 … 1. */
  progress?(dataset: string, share: number): void;
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  /** The port that was taken; for port 0 the one that the system chose. */
  readonly port: number;
  /** The demo API key, when there is one. */
  readonly demoKey: string | undefined;
  readonly feeds: readonly FeedRunner[];
  /** Closes connections with 1001, stops feeds, closes stores. Calling it again waits for the same stop. */
  stop(): Promise<void>;
}

/** Builds and starts a server. Throws a `StartError` with what the operator has to do. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log } = options;
  const clock = systemClock();
  const nowMs = () => Math.floor(clock.nowUs() / 1000);

  const folder = openFolder(config.data);
  const store = openKeyStore(folder.keysFile);
  const secrets = systemSecrets();
  const doorkeeper = createDoorkeeper({
    store,
    secrets,
    defaults: config.limits,
    onLimit: config.finazon.onConnectionLimit,
  });
  const demoKey = config.demo.key ? demoKeyOf(folder, store, nowMs()) : undefined;

  const catalog = new Catalog();
  const hub = new Hub({
    frameText,
    schedule: (task) => setImmediate(task),
    subscribed: ({ instrument }) => {
      feeds.find(({ dataset }) => dataset.code === instrument.dataset.code)?.audienceCame();
    },
  });
  const venue = config.exchange.enabled ? await openVenue(folder, clock, options) : undefined;
  // Before feeds are made, so that the participants' markets are served from the first moment.
  const stopParticipants = venue ? await startParticipants(venue, clock, config) : () => {};
  const served = [
    ...config.datasets.map(openDataset),
    ...(venue ? [ownTrades(venue, config)] : []),
  ];
  const feeds = served.map((dataset) => buildFeed({ ...dataset, catalog, hub, clock, options }));

  const gateway = new Gateway({
    dialects: [
      createFinazonDialect({
        catalog,
        doorkeeper,
        options: { eventInReplies: config.finazon.eventInReplies },
      }),
    ],
    hub,
    clock,
    log,
    connectionsMax: config.server.connectionsMax,
    outboxBytesMax: config.server.outboxBytesMax,
    pingIntervalMs: config.server.pingIntervalMs,
  });
  const meter = createPrometheusMeter();
  meter.onRead(registerFigures(meter, { hub, gateway, feeds, venue }));

  let stopping: Promise<void> | undefined;
  const http = createHttpServer({
    routes: finazonRoutes({ catalog, doorkeeper }),
    pages: [errorsPage()],
    notFound: finazonNotFound,
    readiness: () => [
      { name: "server", ok: stopping === undefined, detail: stopping ? "stopping" : "running" },
      ...(venue ? venueHealth(venue) : []),
      ...feeds.map((feed) => ({
        name: `feed ${feed.dataset.code}`,
        ok: true,
        detail: feed.failure === undefined ? feed.state : `failed: ${feed.failure}`,
      })),
    ],
    metrics: async () => ({ text: await meter.text(), contentType: meter.contentType }),
    upgrade: (request, socket, head) => gateway.upgrade(request, socket, head),
    nowMs,
    log,
  });

  const { host } = config.server;
  const port = await http.listen(host, config.server.port).catch(async (error: unknown) => {
    stopParticipants();
    await Promise.all([gateway.stop(0), http.close(), venue?.stop()]);
    store.close();
    throw listenError(error, host, config.server.port);
  });
  for (const feed of feeds) feed.start();
  const stopSeconds = everySecond(clock, (nowUs) => {
    for (const feed of feeds) feed.wallTime(nowUs);
  });
  const stopRefresh = every(clock, keyRefreshMs, () => {
    try {
      doorkeeper.refresh(nowMs());
    } catch (error) {
      // The disk may be full or the file locked for long; the next look is a second away.
      if (!(error instanceof StoreError)) throw error;
      log.error("revoked keys could not be looked for", { reason: error.message });
    }
  });

  async function stop(): Promise<void> {
    stopSeconds();
    stopRefresh();
    await Promise.all(feeds.map((feed) => feed.stop()));
    await Promise.all([gateway.stop(config.server.stopGraceMs), http.close()]);
    stopParticipants();
    await venue?.stop();
    store.close();
  }
  return {
    host,
    port,
    demoKey,
    feeds,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

function openFolder(path: string): DataFolder {
  try {
    return openDataFolder(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `data folder ${path} cannot be made (${code}): choose another one with --data, or make it writable`,
    );
  }
}

function demoKeyOf(folder: DataFolder, store: KeyStore, nowMs: number): string | undefined {
  const made = ensureDemoKey(store, systemSecrets(), { remembered: readDemoKey(folder), nowMs });
  if (typeof made === "string") return undefined;
  if (made.isNew) writeDemoKey(folder, made.key);
  return made.key;
}

/** A dataset and its opened feed. */
interface ServedDataset {
  readonly dataset: Dataset;
  readonly opened: OpenedFeed;
}

function openDataset(config: DatasetConfig): ServedDataset {
  const { code, name = code, publisher = code } = config;
  const opened = openFeed(config);
  if (typeof opened === "string") throw new StartError(`dataset ${code}: ${opened}`);
  return { dataset: { code, name, publisher }, opened };
}

/** The exchange's own trades, served like those of any other feed. */
function ownTrades(venue: Venue, { exchange }: Config): ServedDataset {
  return {
    dataset: { code: localDataset, name: "openbourse exchange", publisher: localPublisher },
    opened: {
      feed: venue.feed,
      waitsForConsumers: false,
      waitsForAudience: false,
      simulated: exchange.participants.enabled,
    },
  };
}

function openVenue(folder: DataFolder, clock: Clock, options: ServerOptions): Promise<Venue> {
  return Venue.open({
    folder: folder.venue,
    clock,
    log: options.log,
    snapshotEvery: options.config.exchange.snapshotEveryCommands,
    logBytesMax: options.config.exchange.logBytesMax,
  });
}

async function startParticipants(
  venue: Venue,
  clock: Clock,
  { exchange }: Config,
): Promise<() => void> {
  const { enabled, seed, rate } = exchange.participants;
  return enabled ? await runParticipants(venue, clock, { seed, rate }) : () => {};
}

function venueHealth({ fault, historyFault }: Venue): readonly HealthPart[] {
  return [
    { name: "exchange", ok: fault === undefined, detail: fault ?? "running" },
    { name: "history", ok: historyFault === undefined, detail: historyFault ?? "running" },
  ];
}

function buildFeed(
  parts: ServedDataset & {
    readonly catalog: Catalog;
    readonly hub: Hub;
    readonly clock: Clock;
    readonly options: ServerOptions;
  },
): FeedRunner {
  const { dataset, opened, catalog, hub, clock, options } = parts;
  catalog.addDataset(dataset);
  sayWhatIsServed(options.log, dataset, opened);
  return new FeedRunner({
    dataset,
    opened,
    latenessUs: options.config.bars.latenessMs * 1_000,
    catalog,
    clock,
    log: options.log,
    publish: (bar, periodS) => {
      const { instrument, startUs } = bar;
      // Bars of different minutes never replace each other: a client that is behind loses no bar.
      const stateKey = `${instrument.dataset.code}|${instrument.ticker}|${periodS}|${startUs}`;
      hub.publish({ kind: "bars", instrument, periodS }, bar, stateKey);
    },
    caughtUp: () => hub.caughtUp(),
    progress: (share) => options.progress?.(dataset.code, share),
  });
}

function sayWhatIsServed(log: Log, { code, publisher }: Dataset, { simulated }: OpenedFeed): void {
  const phrase = simulated ? "dataset is simulated: its prices are made up" : "dataset is served";
  log.info(phrase, { dataset: code, publisher });
}

function listenError(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new StartError(`port ${port} of ${host} is in use: choose another one with --port`);
    case "EACCES":
      return new StartError(`port ${port} of ${host} may not be opened: choose one above 1023`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StartError(`${host} is not an address of this machine: choose one with --host`);
    default:
      return error;
  }
}

/** Runs a task at each whole second of wall time. */
function everySecond(clock: Clock, task: (nowUs: number) => void): () => void {
  let cancel = () => {};
  const schedule = () => {
    const untilNextUs = secondUs - (clock.nowUs() % secondUs);
    cancel = clock.after(Math.ceil(untilNextUs / 1_000), () => {
      task(clock.nowUs());
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

function every(clock: Clock, intervalMs: number, task: () => void): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      task();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}
