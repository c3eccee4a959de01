/**
 * The composition root: builds every part, connects them, starts and stops them. It reads from top to
 * bottom in the order in which things depend on each other, and stops in the opposite one: what is
 * served, then the doors to it, then the feeds.
 */
import type { DemoUser } from "../access/users.ts";
import { createPrometheusMeter } from "../adapters/metrics/prometheus.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Protocol } from "../ports/protocol.ts";
import { everySecond } from "../ports/timers.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import { Demo } from "./demo/demo.ts";
import { dialects } from "./dialects.ts";
import { openDoors } from "./doors.ts";
import { openGrpc } from "./grpc.ts";
import { loginWatch } from "./login-watch.ts";
import { openServed } from "./served.ts";
import type { Site } from "./site.ts";
import { exposureWarnings } from "./start/exposure.ts";
import { listen } from "./start/listening.ts";
import { Start, type StartWatcher } from "./start/start.ts";
import { readTls, renewCertificate } from "./start/tls.ts";
import type { Environment } from "./stores/user-registry.ts";
import { timesOf } from "./times.ts";

/** Options of a server besides its configuration. */
export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Where the master key may be; by default there is none. */
  readonly environment: Environment;
  /**
   * The protocols that it may speak: those of `main/dialects.ts` when left out. The configuration has
   * to be read with the same ones.
   */
  readonly protocols?: readonly Protocol[];
  /** Told of the start's steps, and asked whether it is still wanted. */
  readonly watcher?: StartWatcher;
  /** Told how far a bounded feed has come, 0 … 1. */
  progress?(dataset: string, share: number): void;
  /** Told how much of the past is made that a demo begins with, 0 … 1. */
  pastProgress?(share: number): void;
  /** What tells the time; the machine's clock when left out. */
  readonly clock?: Clock;
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  /** The port that was taken; for port 0 the one that the system chose. */
  readonly port: number;
  /** The port for gRPC; undefined where it is not configured. */
  readonly grpcPort: number | undefined;
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  /** Whether there is a page for people at `/`. */
  readonly hasPage: boolean;
  /** The demo API key, when there is one. */
  readonly demoKey: string | undefined;
  /** The demo users of the exchange; none where it has none. */
  readonly demoUsers: readonly DemoUser[];
  /** What of the demo was switched off or on at this start, a sentence each. */
  readonly demoNotes: readonly string[];
  /** What is open to whoever reaches the port and should not be, a sentence with its remedy each. */
  readonly warnings: readonly string[];
  readonly feeds: readonly FeedRunner[];
  /** Resolves with why it has to be stopped, if it ever has to; undefined where it never has to. */
  readonly ended: Promise<string> | undefined;
  /**
   * Reads the certificate and its key again, for clients that come from now on. Where they cannot be
   * used, the log says why and the old ones stay. Does nothing without TLS.
   */
  renewCertificate(): void;
  /** Closes connections with 1001, stops feeds, closes stores. Calling it again waits for the same stop. */
  stop(): Promise<void>;
}

/** Builds and starts a server. Throws a `StartError` with what the operator has to do. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, environment, protocols = dialects } = options;
  const times = timesOf(log, options.clock);
  const meter = createPrometheusMeter();
  const watch = loginWatch(meter, log);
  await using start = new Start(options.watcher);

  const demo = await start.step("demo", () => new Demo(options.config, log));
  const { config } = demo;
  const { host, tls: tlsFiles, port: wanted } = config.server;
  const tls = await start.step(
    "certificate",
    () => tlsFiles && readTls(tlsFiles, { log, nowMs: times.wallMs() }),
  );
  const site: Site = { log, times, config, protocols, demo, environment, meter, watch, start };
  const served = await openServed(site, {
    progress: (code, share) => options.progress?.(code, share),
    pastProgress: (share) => options.pastProgress?.(share),
  });
  const life: { stopping?: Promise<void> } = {};
  const isStopping = () => life.stopping !== undefined;
  const { gateway, http, hasPage } = await openDoors(site, served, { tls, isStopping });

  const port = await start.step("listening", () => listen(http, host, wanted));
  const grpc = await openGrpc(site, served, tls);
  const { feeds, hub, trading, sessions, demoKey, demoUsers } = served;
  for (const feed of feeds) {
    await start.step(
      "feeds running",
      () => feed.start(),
      () => feed.stop(),
    );
  }
  // They play what feeds have read, and end before those.
  await start.step(
    "sessions",
    () => sessions,
    (opened) => opened.close(),
  );
  await start.step(
    "seconds",
    () =>
      everySecond(times.clock, (nowUs) => {
        for (const feed of feeds) feed.wallTime(nowUs);
        sessions.pass(nowUs);
        hub.expire();
        trading?.audience.look(gateway.connections);
      }),
    (cancel) => cancel(),
  );

  const warnings = exposureWarnings(config, protocols);
  for (const warning of warnings) log.warn("the server is exposed", { warning });
  const running = start.done();
  return {
    ...{ host, port, grpcPort: grpc?.port, hasPage, demoKey, demoUsers, warnings, feeds },
    isSecure: tls !== undefined,
    ended: served.cluster?.ended,
    demoNotes: demo.notes,
    renewCertificate: () =>
      renewCertificate([http, ...(grpc === undefined ? [] : [grpc])], tlsFiles, {
        ...{ log, nowMs: times.wallMs() },
      }),
    stop() {
      life.stopping ??= running.disposeAsync();
      return life.stopping;
    },
  };
}
