/**
 * The composition root: builds every part, connects them, starts and stops them. It reads from top to
 * bottom in the order in which things depend on each other, and stops in the opposite one.
 */
import { createDoorkeeper } from "../access/doorkeeper.ts";
import { watchedDoorkeeper } from "../access/refused-logins.ts";
import type { DemoUser } from "../access/users.ts";
import { MarketClock } from "../adapters/clock/market-clock.ts";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { isAddressOrRange } from "../adapters/http/address.ts";
import { createHttpServer, type HttpServer } from "../adapters/http/http-server.ts";
import type { HealthPart } from "../adapters/http/readiness.ts";
import { createPrometheusMeter } from "../adapters/metrics/prometheus.ts";
import { StoreError } from "../adapters/sqlite/file/store-error.ts";
import { openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { frameText } from "../adapters/ws/frame.ts";
import { Gateway } from "../adapters/ws/gateway.ts";
import { allocate } from "../adapters/ws/socket-transport.ts";
import {
  type AdminServer,
  type AdminServerOptions,
  startAdminServer,
} from "../admin/admin-server.ts";
import { isServed } from "../admin/ask-server.ts";
import { noExchange } from "../admin/target.ts";
import { type DataFolder, dataFolder, openDataFolder } from "../config/data-folder.ts";
import type { Config } from "../config/schema.ts";
import { cryptomusFailed, cryptomusNotFound, isCryptomusPath } from "../dialects/cryptomus/rest.ts";
import { createFinazonDialect } from "../dialects/finazon/dialect.ts";
import { finazonNotFound, finazonRoutes } from "../dialects/finazon/rest.ts";
import type { Engine } from "../engine/engine.ts";
import { Hub } from "../hub/hub.ts";
import { Catalog } from "../marketdata/catalog.ts";
import { type Clock, steadyMs } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { RestReply } from "../ports/rest.ts";
import { StartError } from "../ports/start-error.ts";
import { every, everySecond } from "../ports/timers.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import { currentState } from "../streams/market-streams.ts";
import { logClock } from "./clock-watch.ts";
import { connectFeed, openDataset, ownTrades } from "./datasets.ts";
import { Demo } from "./demo/demo.ts";
import { errorsPage } from "./errors-page.ts";
import { httpFigures, registerFigures } from "./figures.ts";
import { loginWatch } from "./login-watch.ts";
import { exposureWarnings } from "./start/exposure.ts";
import {
  boundsWithin,
  type ConnectionBounds,
  fewConnections,
  openFilesMax,
} from "./start/open-files.ts";
import { refuseUnusableFolder } from "./start/preflight.ts";
import { Start, type StartWatcher } from "./start/start.ts";
import { readTls } from "./start/tls.ts";
import { lookForStores, warnOfOpenFolder } from "./start/warnings.ts";
import type { Environment } from "./stores/user-registry.ts";
import { Trading } from "./trading.ts";
import { version } from "./version.ts";

/** How often it is looked whether keys were revoked, in milliseconds. */
const keyRefreshMs = 1_000;

/** What a server is made of besides its configuration. */
export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Where the master key may be; by default there is none. */
  readonly environment: Environment;
  /** Told of the start's steps, and asked whether it is still wanted. */
  readonly watcher?: StartWatcher;
  /** Told how far a bounded feed has come, 0 … 1. */
  progress?(dataset: string, share: number): void;
  /** What tells the time; the machine's clock when left out. */
  readonly clock?: Clock;
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  /** The port that was taken; for port 0 the one that the system chose. */
  readonly port: number;
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  /** The demo API key, when there is one. */
  readonly demoKey: string | undefined;
  /** The demo users of the exchange; none where it has none. */
  readonly demoUsers: readonly DemoUser[];
  /** What of the demo was switched off or on at this start, a sentence each. */
  readonly demoNotes: readonly string[];
  /** What is open to whoever reaches the port and should not be, a sentence with its remedy each. */
  readonly warnings: readonly string[];
  readonly feeds: readonly FeedRunner[];
  /**
   * Reads the certificate and its key anew, for clients that come from now on. Where they cannot be
   * used, the log says why and the old ones stay. Does nothing without TLS.
   */
  renewCertificate(): void;
  /** Closes connections with 1001, stops feeds, closes stores. Calling it again waits for the same stop. */
  stop(): Promise<void>;
}

/** Builds and starts a server. Throws a `StartError` with what the operator has to do. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log } = options;
  const wall = options.clock ?? systemClock();
  const clock = new MarketClock({ clock: wall, told: logClock(log) });
  // Three times: the wall clock's, which may be set; that of the market; and one for intervals.
  const wallMs = () => Math.floor(wall.nowUs() / 1_000);
  const nowMs = steadyMs(wall);
  await using start = new Start(options.watcher);
  let stopping: Promise<void> | undefined;
  let storesFault: string | undefined;

  const demo = await start.step("demo", () => new Demo(options.config, log));
  const { config } = demo;
  const tls = await start.step(
    "certificate",
    () => config.server.tls && readTls(config.server.tls, { log, nowMs: wallMs() }),
  );
  const configured = await start.step("datasets", () => config.datasets.map(openDataset));
  await start.step("files", () =>
    namingOtherServer(dataFolder(config.data), (unopened) =>
      refuseUnusableFolder(unopened, { withExchange: config.exchange.enabled }),
    ),
  );
  const folder = await start.step("data folder", () => openFolder(config.data));
  warnOfOpenFolder(folder.path, log);
  const { environment } = options;
  const trading = config.exchange.enabled
    ? await Trading.open({ folder, config, demo, environment, clock, wallMs, log, start })
    : undefined;
  const store = await start.step(
    "keys",
    () => openKeyStore(folder.keysFile),
    (keys) => keys.close(),
  );
  const meter = createPrometheusMeter();
  const watch = loginWatch(meter, log);
  const keys = createDoorkeeper({
    store,
    secrets: systemSecrets(),
    defaults: config.limits,
    onLimit: config.finazon.onConnectionLimit,
  });
  const doorkeeper = watchedDoorkeeper(keys, watch);

  const feeds: FeedRunner[] = [];
  const hub = new Hub({
    frameText,
    allocate,
    backlogBytesMax: config.server.backlogBytesMax,
    schedule: flushSchedule(clock, config.server.flushDelayMs),
    current: (topic) => trading && currentState(trading.board, topic, clock.nowUs()),
    subscribed: (topic) => {
      if (topic.kind !== "bars") return;
      feeds.find((feed) => feed.dataset.code === topic.dataset)?.audienceCame(topic);
    },
  });
  // Before feeds are connected, so that the exchange's markets are served from the first moment.
  const demoUsers = (await trading?.start(hub)) ?? [];
  // Once the exchange is ours: a second server on the folder must not revoke the key of the first.
  const demoKey = await start.step("demo key", () => {
    demo.remember();
    return demo.key(store, nowMs());
  });
  const engine = trading?.engine;
  const catalog = new Catalog();
  const latenessUs = config.bars.latenessMs * 1_000;
  const { unchangedBars } = config.finazon;
  const progress = (code: string, share: number) => options.progress?.(code, share);
  await start.step("feeds", async () => {
    const served = [...configured, ...(trading ? [ownTrades(trading.feed, config)] : [])];
    for (const dataset of served) {
      feeds.push(
        connectFeed(dataset, {
          ...{ catalog, hub, clock, log, latenessUs, unchangedBars, progress },
          ended: (code) => finazon.datasetEnded(code),
        }),
      );
    }
    await Promise.all(feeds.map((feed) => feed.prepare()));
  });

  const { eventInReplies, firstPage } = config.finazon;
  const finazon = createFinazonDialect({ catalog, doorkeeper, options: { eventInReplies } });
  const cryptomus = config.cryptomus.enabled ? trading?.cryptomus(watch) : undefined;
  const dialects = [finazon, ...(cryptomus ? [cryptomus.dialect] : [])];
  const bounds = connectionBounds(config, log);
  const gateway = await start.step(
    "gateway",
    () => new Gateway({ dialects, hub, clock, log, ...config.server, ...bounds }),
    // A start that fails before there is an HTTP server has timers here, and no connections.
    (made) => made.stop(config.server.stopGraceMs),
  );
  await start.step(
    "key changes",
    () =>
      every(clock, keyRefreshMs, () => {
        storesFault = lookForStores(log, storesFault, store.lost() ?? trading?.usersLost);
        lookForChanges(log, () => keys.refresh(nowMs()));
        lookForChanges(log, () => cryptomus?.refresh(nowMs()));
        lookForChanges(log, () => void trading?.disabledUsers.refresh());
      }),
    (cancel) => cancel(),
  );
  const target = { ...(trading?.adminTarget ?? noExchange), sessions: gateway };
  const hasExchange = trading !== undefined;
  await start.step(
    "administration",
    () => administration(folder.adminFile, { target, hasExchange, log, watch }),
    (admin) => admin?.close(),
  );
  meter.onRead(registerFigures(meter, { hub, gateway, feeds, engine, clock }));
  const http = await start.step(
    "http",
    () =>
      createHttpServer({
        routes: [
          ...finazonRoutes({ catalog, doorkeeper, firstPage: firstPage === 1 ? 1 : 0 }),
          ...(cryptomus?.routes ?? []),
        ],
        pages: [errorsPage()],
        api: apiDescription,
        notFound: (path) =>
          isCryptomusPath(path) ? cryptomusNotFound(path) : finazonNotFound(path),
        failed: failedReply,
        readiness: () =>
          health({ stopping: stopping !== undefined, storesFault, engine, feeds, clock }),
        metrics: async () => ({ text: await meter.text(), contentType: meter.contentType }),
        isStream: (path) => dialects.some((dialect) => dialect.accepts(path)),
        upgrade: (...upgrade) => gateway.upgrade(...upgrade),
        limits: {
          ...config.server.http,
          connectionsMax: bounds.httpConnectionsMax,
          trustedProxies: config.server.trustedProxies,
        },
        corsOrigins: config.server.cors.origins,
        nowMs,
        monotonicMs: () => clock.monotonicMs(),
        log,
        tls,
      }),
    // Together: the HTTP server is closed only when the sockets that were upgraded are gone.
    async (made) => {
      await Promise.all([
        gateway.stop(config.server.stopGraceMs),
        made.close(config.server.stopGraceMs),
      ]);
    },
  );

  meter.onRead(httpFigures(meter, http.front));

  const { host } = config.server;
  const port = await start.step("listening", () => listen(http, host, config.server.port));
  for (const feed of feeds) {
    await start.step(
      "feeds running",
      () => feed.start(),
      () => feed.stop(),
    );
  }
  await start.step(
    "seconds",
    () =>
      everySecond(clock, (nowUs) => {
        for (const feed of feeds) feed.wallTime(nowUs);
        trading?.audience.look(gateway.connections);
      }),
    (cancel) => cancel(),
  );

  const warnings = exposureWarnings(config);
  for (const warning of warnings) log.warn("the server is exposed", { warning });
  const running = start.done();
  return {
    host,
    port,
    isSecure: tls !== undefined,
    demoKey,
    demoUsers,
    demoNotes: demo.notes,
    warnings,
    feeds,
    renewCertificate: () => renewCertificate(http, config, { log, nowMs: wallMs() }),
    stop() {
      stopping ??= running.disposeAsync();
      return stopping;
    },
  };
}

/** Does something with a folder; where its log is locked because another server has it, that is said. */
function namingOtherServer(folder: DataFolder, task: (folder: DataFolder) => void): void {
  try {
    task(folder);
  } catch (error) {
    const isLocked = error instanceof Error && error.message.includes("is locked");
    if (!isLocked || !isServed(folder.adminFile)) throw error;
    throw new StartError(
      `another server runs on the data folder ${folder.path}: stop it first, or name another folder with --data (${error.message})`,
    );
  }
}

/** Where operators reach the server; undefined when another server on the folder is reached there. */
async function administration(
  file: string,
  parts: Pick<AdminServerOptions, "target" | "hasExchange" | "log" | "watch">,
): Promise<AdminServer | undefined> {
  if (parts.hasExchange || !isServed(file)) {
    return await startAdminServer({ file, ...parts, secrets: systemSecrets() });
  }
  parts.log.warn("another server runs on this data folder: `sessions` lists its connections only");
  return undefined;
}

function connectionBounds({ server }: Config, log: Log): ConnectionBounds {
  const wrong = server.trustedProxies.find((proxy) => !isAddressOrRange(proxy));
  if (wrong !== undefined) {
    throw new StartError(
      `server.trustedProxies: ${wrong} is neither an address nor a range such as 10.0.0.0/8`,
    );
  }
  const files = openFilesMax();
  const configured = {
    connectionsMax: server.connectionsMax,
    httpConnectionsMax: server.http.connectionsMax,
  };
  const bounds = boundsWithin(files, configured);
  if (bounds.connectionsMax < Math.min(fewConnections, server.connectionsMax)) {
    log.warn("this process may open few files, so few connections fit", { files, ...bounds });
  }
  return bounds;
}

function renewCertificate(
  http: HttpServer,
  { server }: Config,
  at: { readonly log: Log; readonly nowMs: number },
): void {
  if (server.tls === undefined) return;
  try {
    http.renewTls(readTls(server.tls, at));
    at.log.info("the certificate was read anew", { file: server.tls.cert });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    at.log.error("the certificate was not renewed", { reason: error.message });
  }
}

/** When a flush comes: once the event loop's turn has done its work, or so many milliseconds later. */
function flushSchedule(clock: Clock, delayMs: number): (task: () => void) => void {
  return delayMs === 0 ? (task) => setImmediate(task) : (task) => clock.after(delayMs, task);
}

const apiDescription = {
  title: "openbourse",
  version: version(),
  description: "The REST interfaces of this server: Finazon's and Cryptomus's, and the operator's.",
};

function failedReply(path: string, status: number, message: string): RestReply {
  if (isCryptomusPath(path)) return cryptomusFailed(status, message);
  return { status, body: JSON.stringify({ status: "error", error: { status, message } }) };
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

function lookForChanges(log: Log, refresh: () => void): void {
  try {
    refresh();
  } catch (error) {
    // The disk may be full or the file locked for long; the next look is a second away.
    if (!(error instanceof StoreError)) throw error;
    log.error("revoked keys could not be looked for", { reason: error.message });
  }
}

/** A feed that failed leaves the server ready: its other datasets are fine, and a metric tells. */
function health(parts: {
  readonly stopping: boolean;
  readonly storesFault: string | undefined;
  readonly engine: Engine | undefined;
  readonly feeds: readonly FeedRunner[];
  readonly clock: MarketClock;
}): readonly HealthPart[] {
  const { stopping, storesFault, engine, feeds, clock } = parts;
  const part = (name: string, fault: string | undefined): HealthPart => ({
    name,
    state: fault === undefined ? "running" : "failed",
  });
  const oldParts = ({ scrub, historyScrub }: Engine) => [
    part("old log", scrub.damage),
    part("old history", historyScrub.damage),
  ];
  return [
    { name: "server", state: stopping ? "stopping" : "running" },
    { name: "clock", state: clock.standing.kind, isOptional: true },
    part("stores", storesFault),
    ...(engine ? [exchangePart(engine), part("history", engine.historyFault)] : []),
    ...(engine ? oldParts(engine).map((old) => ({ ...old, isOptional: true })) : []),
    ...feeds.map(({ dataset, figures, state }): HealthPart => {
      const { total, found } = figures.unused;
      const unused = total === 0 ? {} : { unused: found };
      return { name: `feed ${dataset.code}`, state, isOptional: true, ...unused };
    }),
  ];
}

function exchangePart({ fault, isStalled }: Engine): HealthPart {
  const state = fault === undefined ? "running" : isStalled ? "waiting" : "failed";
  return { name: "exchange", state };
}

async function listen(http: HttpServer, host: string, port: number): Promise<number> {
  try {
    return await http.listen(host, port);
  } catch (error) {
    throw listenError(error, host, port);
  }
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
