/** Where clients and operators come in: the gateway, the HTTP server and the administration. */
import type { TlsFiles } from "../adapters/http/front.ts";
import {
  createHttpServer,
  type HttpServer,
  type ServedPage,
} from "../adapters/http/http-server.ts";
import type { HealthPart } from "../adapters/http/readiness.ts";
import { Gateway } from "../adapters/ws/gateway.ts";
import { type AdminTarget, noExchange } from "../admin/target.ts";
import { openAdministration } from "./administration.ts";
import { StoreWatch } from "./changes.ts";
import { datasetFigures } from "./cluster/dataset-figures.ts";
import { clusterFigures } from "./cluster/figures.ts";
import { dayFigures } from "./day-figures.ts";
import { errorsPage } from "./errors-page.ts";
import { httpFigures, passFigures, registerFigures } from "./figures.ts";
import { protoFiles } from "./grpc.ts";
import { feedStatuses, health } from "./health.ts";
import { mirrorFigures } from "./mirror-figures.ts";
import { apiDescription } from "./protocols.ts";
import type { Served } from "./served.ts";
import { sessionFigures } from "./session-figures.ts";
import type { Site } from "./site.ts";
import { connectionBounds } from "./start/listening.ts";
import type { ConnectionBounds } from "./start/open-files.ts";
import { streamDocument } from "./stream-document.ts";
import { pageOf, passesOf } from "./terminal/page.ts";

/** How the doors are opened. */
export interface DoorOptions {
  /** Certificate and key; without them the server speaks plain HTTP. */
  readonly tls: TlsFiles | undefined;
  isStopping(): boolean;
}

/** Doors that are built; nothing listens yet. */
export interface Doors {
  /** Whether there is a page at `/`. */
  readonly hasPage: boolean;
  readonly gateway: Gateway;
  readonly http: HttpServer;
}

/** Builds them. */
export async function openDoors(site: Site, served: Served, options: DoorOptions): Promise<Doors> {
  const { log, times, config, start, meter } = site;
  const { clock, nowMs } = times;
  const { hub, protocols, trading, feeds, folder } = served;
  const engine = trading?.engine;
  const recordings = served.recordings.all;
  const bounds = connectionBounds(config, log);
  const gateway = await start.step(
    "gateway",
    () => {
      const dialects = [...protocols.dialects, ...served.ingest.streams];
      const { origins } = config.server.cors;
      return new Gateway({ dialects, hub, clock, log, origins, ...config.server, ...bounds });
    },
    // A start that fails before there is an HTTP server has timers here, and no connections.
    (made) => made.stop(config.server.stopGraceMs),
  );
  const stores = new StoreWatch();
  await start.step(
    "key changes",
    () =>
      stores.start(clock, {
        log,
        lost: () => served.keys.lost() ?? trading?.usersLost,
        refreshes: [
          ...protocols.refreshes.map((refresh) => () => refresh(nowMs())),
          () => void (trading?.writes && trading.disabledUsers.refresh()),
        ],
      }),
    (cancel) => cancel(),
  );
  const target = targetOf(served, gateway);
  const hasExchange = trading !== undefined;
  await start.step(
    "administration",
    () => openAdministration(folder, { target, hasExchange, log, start }),
    (opened) => opened?.stop(),
  );
  meter.onRead(registerFigures(meter, { hub, gateway, feeds, recordings, engine, clock }));
  meter.onRead(dayFigures(meter, trading?.days ?? []));
  meter.onRead(sessionFigures(meter, served.sessions));
  meter.onRead(clusterFigures(meter, served.cluster));
  meter.onRead(datasetFigures(meter, served.shared));
  meter.onRead(mirrorFigures(meter, trading?.mirrors?.mirrors ?? []));
  const readiness = () =>
    health({
      ...{ engine, feeds, recordings, clock },
      cluster: served.cluster?.member,
      told: (code) => served.shared?.statuses.find(({ dataset }) => dataset === code)?.state,
      isStopping: options.isStopping(),
      storesFault: stores.fault,
    });
  const passes = passesOf(site, served);
  const page = await start.step("page", () => pageOf(site, served, passes));
  const http = await start.step(
    "http",
    () => createHttp(site, served, { gateway, bounds, readiness, page, tls: options.tls }),
    // Together: the HTTP server is closed only when the sockets that were upgraded are gone.
    async (made) => {
      const { stopGraceMs } = config.server;
      await Promise.all([gateway.stop(stopGraceMs), made.close(stopGraceMs)]);
    },
  );
  meter.onRead(httpFigures(meter, http.front));
  meter.onRead(passFigures(meter, passes.counts));
  return { gateway, http, hasPage: page !== undefined };
}

/** What operators work on. */
function targetOf(served: Served, gateway: Gateway): AdminTarget {
  const { trading, feeds, cluster, replays, venueTaps, shared } = served;
  return {
    ...(trading?.adminTarget ?? noExchange),
    sessions: gateway,
    feeds: () => feedStatuses(feeds),
    replays,
    cluster: cluster?.controlOf(trading?.engine, shared),
    taps: { sent: gateway.sent, venues: venueTaps },
  };
}

function createHttp(
  { log, times, config, meter, protocols: known }: Site,
  { protocols, trading, ingest }: Served,
  parts: {
    readonly gateway: Gateway;
    readonly bounds: ConnectionBounds;
    readonly readiness: () => readonly HealthPart[];
    readonly page: ServedPage | undefined;
    readonly tls: TlsFiles | undefined;
  },
): HttpServer {
  const { server } = config;
  const { clock, nowMs } = times;
  const { gateway, bounds, readiness, page, tls } = parts;
  return createHttpServer({
    routes: [...protocols.routes, ...ingest.routes],
    pages: [errorsPage(known)],
    page,
    api: apiDescription(known),
    streams: streamDocument({
      ...{ known, config, isSecure: tls !== undefined },
      besides: ingest.streams.flatMap(({ description }) => description ?? []),
      ...{ board: trading?.board, marketMs: times.marketMs },
    }),
    protos: server.grpc === undefined ? [] : protoFiles(protocols.rpc),
    notFound: (path) => protocols.notFound(path),
    failed: (path, status, message) => protocols.failed(path, status, message),
    isStream: (path) =>
      protocols.isStream(path) || ingest.streams.some((stream) => stream.accepts(path)),
    upgrade: (...upgrade) => gateway.upgrade(...upgrade),
    readiness,
    metrics: async () => ({ text: await meter.text(), contentType: meter.contentType }),
    limits: {
      ...server.http,
      connectionsMax: bounds.httpConnectionsMax,
      trustedProxies: server.trustedProxies,
    },
    corsOrigins: server.cors.origins,
    nowMs,
    monotonicMs: () => clock.monotonicMs(),
    log,
    tls,
  });
}
