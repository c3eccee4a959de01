/** `serve`: runs the server until it is told to stop. */
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { createLog } from "../../adapters/log/log.ts";
import type { ConfigInput } from "../../config/load.ts";
import { type Config, partOf } from "../../config/schema.ts";
import { wordsOf } from "../../core/words-of.ts";
import { servedProtocols } from "../../main/configuration.ts";
import { dialects } from "../../main/dialects.ts";
import { type RunningServer, startServer } from "../../main/server.ts";
import { StartCancelled, type StartStep, type StartWatcher } from "../../main/start/start.ts";
import type { Environment } from "../../main/stores/user-registry.ts";
import { noPage } from "../../main/terminal/page.ts";
import type { Log } from "../../ports/log.ts";
import type { ServerAddresses } from "../../ports/protocol.ts";
import { tuneCollector } from "../collector.ts";
import { configOrExitCode } from "./config.ts";
import { goOnWithoutReader } from "./output.ts";
import { progressLine } from "./progress.ts";

/** Starts the configured server; resolves with the exit code once it has stopped. */
export async function serve(input: ConfigInput): Promise<number> {
  const config = configOrExitCode(input);
  return config === 2 ? 2 : serveConfig(config, input.environment);
}

/** Steps at which the exchange's threads are there, and the first burst of commands is to come; a gateway recovers nothing. */
const beforeCommands: ReadonlySet<StartStep> = new Set(["recovery", "admissions"]);

/** Longest that a process lives on whose start has failed or is not wanted any more, in milliseconds. */
const endWithinMs = 4_000;

/** Starts a server and stops it on SIGTERM or SIGINT, also while it starts. */
export async function serveConfig(
  config: Config,
  environment: Environment,
  began?: StartWatcher["began"],
): Promise<number> {
  const log = logOf(config);
  // Before anything is said: whoever waits for the ready line may send a signal at once.
  const signalled = firstSignal();
  goOnWithoutReader();
  const progress = progressLine(process.stderr);
  const pastProgress = progressLine(process.stderr, "making a past");
  const unwanted = new AbortController();
  const end = new CertainEnd();
  let isStarting = true;
  void signalled.then((signal) => {
    if (!isStarting) return;
    log.info("stopping before the start is over", { signal });
    unwanted.abort();
    end.within("the start did not end when it was told to stop");
  });
  const watcher: StartWatcher = {
    signal: unwanted.signal,
    began(step) {
      if (beforeCommands.has(step)) tuneCollector();
      return began?.(step);
    },
    failed: (error) => end.within(wordsOf(error)),
  };
  let server: RunningServer;
  try {
    server = await startServer({
      config,
      log,
      environment,
      watcher,
      progress: (code, share) => progress.show(code, share),
      pastProgress(share) {
        tuneCollector();
        pastProgress.show("trades", share);
      },
    });
    tuneCollector();
  } catch (error) {
    end.relax();
    if (error instanceof StartCancelled) return 0;
    throw error;
  } finally {
    isStarting = false;
  }
  // Without TLS it keeps its usual meaning: the terminal is gone, and so is the server.
  if (server.isSecure) process.on("SIGHUP", () => server.renewCertificate());
  sayReady(server, config);
  const ended = server.ended?.then((reason) => ({ reason }));
  const why = await Promise.race([signalled, ...(ended === undefined ? [] : [ended])]);
  progress.clear();
  const isTold = typeof why === "string";
  log.info("stopping", isTold ? { signal: why } : why);
  if (!isTold) end.within(why.reason);
  await server.stop();
  end.relax();
  log.info("stopped");
  if (isTold) return 0;
  process.stderr.write(`openbourse: ${why.reason}; start this node again\n`);
  return 1;
}

/**
 * Ends the process for certain after a start that failed or is not wanted any more, whatever still
 * keeps it: giving back what had been made may fail as well.
 */
class CertainEnd {
  #timer: NodeJS.Timeout | undefined;
  #reason = "";

  /** Ends the process in {@link endWithinMs} with code 1, saying why, unless it ends by itself. */
  within(reason: string): void {
    this.#reason = reason;
    this.#timer ??= setTimeout(() => {
      if (this.#reason !== "") process.stderr.write(`openbourse: ${this.#reason}\n`);
      process.exit(1);
    }, endWithinMs);
  }

  /** Everything was given back, and the reason is told by others: only a leftover is cut off now. */
  relax(): void {
    this.#reason = "";
    this.#timer?.unref();
  }
}

/** The log that a configuration asks for: readable on a terminal, JSON elsewhere. */
export function logOf({ log }: Config): Log {
  const readable = log.format === "text" || (log.format === "auto" && process.stderr.isTTY);
  return createLog({ level: log.level, pretty: readable });
}

/** The lines on standard output that people and scripts wait for. */
function sayReady(server: RunningServer, config: Config): void {
  const { http } = addressesOf(server);
  const grpc = server.grpcPort && hostAndPort(server.host, server.grpcPort);
  const lines = [
    ...(server.hasPage ? [`open ${pageAddress(server)} in a browser`] : []),
    `openbourse listening on ${http}`,
    ...(grpc === undefined ? [] : [`gRPC listening on ${grpc}`]),
    ...demoLines(server, config),
    ...(server.hasPage || !config.terminal.enabled ? [] : [`warning: ${noPage}`]),
    ...server.warnings.map((warning) => `warning: ${warning}`),
    ...server.demoNotes.map((note) => `demo: ${note}`),
  ];
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** The demo's key and users, and how each protocol is tried with them. */
function demoLines(server: RunningServer, config: Config): readonly string[] {
  const { demoKey, demoUsers, feeds } = server;
  const at = addressesOf(server);
  const trials = servedProtocols(config, dialects).map((protocol) => {
    const means = { secrets: systemSecrets(), config: partOf(config, protocol) };
    return { ...protocol.trial, means };
  });
  const lines: string[] = [];
  if (demoKey !== undefined) {
    lines.push(`demo API key: ${demoKey}`);
    const dataset = feeds[0]?.dataset.code;
    for (const { ofKey } of trials) lines.push(...(ofKey?.(at, demoKey, dataset) ?? []));
  }
  for (const { userId, apiKey } of demoUsers) lines.push(`demo user: ${userId} key ${apiKey}`);
  const [first] = demoUsers;
  if (first === undefined) return lines;
  for (const { ofUser, means } of trials) lines.push(...(ofUser?.(at, first, means) ?? []));
  return lines;
}

function hostAndPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function addressesOf({ host, port, isSecure }: RunningServer): ServerAddresses {
  const address = hostAndPort(host, port);
  const secure = isSecure ? "s" : "";
  return { http: `http${secure}://${address}`, ws: `ws${secure}://${address}` };
}

/** Where somebody at this machine sees the page. */
function pageAddress(server: RunningServer): string {
  const isEverywhere = server.host === "0.0.0.0" || server.host === "::";
  return `${addressesOf(isEverywhere ? { ...server, host: "127.0.0.1" } : server).http}/`;
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // Listeners stay, so that a second signal does not kill the process in the middle of stopping.
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  });
}
