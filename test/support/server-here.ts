/** A server in the test's own process, for tests that need its clock or its parts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoUser } from "../../server/src/access/users.ts";
import { StoreError } from "../../server/src/adapters/sqlite/file/store-error.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { type RunningServer, startServer } from "../../server/src/main/server.ts";
import type { Clock } from "../../server/src/ports/clock.ts";
import type { LogFields } from "../../server/src/ports/log.ts";
import type { Protocol } from "../../server/src/ports/protocol.ts";
import { StartError } from "../../server/src/ports/start-error.ts";
import { plainListener } from "./listeners.ts";
import type { ServerAddress, ServerSetup } from "./server-process.ts";

/** What to start a server with. */
export interface ServerHereSetup {
  readonly data: string;
  /** A configuration file; none when left out. */
  readonly file?: string;
  readonly clock?: Clock;
  /** Settings by dotted path, for example `exchange.participants.enabled`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The protocols that it may speak; those of every server when left out. */
  readonly protocols?: readonly Protocol[];
}

/** A line of the log. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly phrase: string;
  readonly fields: LogFields;
}

/** A server and what it says. */
export interface ServerHere {
  readonly server: RunningServer;
  readonly http: string;
  readonly ws: string;
  readonly log: readonly LogLine[];
  /** The state of a part of `/readyz`. */
  health(part: string): Promise<string | undefined>;
  /** The value of a figure of `/metrics`, its labels written as there. */
  figure(name: string): Promise<number | undefined>;
}

/** Why a server does not start: what its process would say in one line, and end with code 1. */
export async function refusedStart(setup: ServerHereSetup): Promise<string> {
  try {
    await (await startServerHere(setup)).server.stop();
  } catch (error) {
    const isExpected = error instanceof StartError || error instanceof StoreError;
    if (!isExpected || error.message.includes("\n")) throw error;
    return error.message;
  }
  throw new Error("the server has started");
}

const base = { "server.port": 0, "exchange.warmUpMs": 0, "demo.pastHours": 0 };

/** Starts a server on a free port. */
export async function startServerHere(setup: ServerHereSetup): Promise<ServerHere> {
  const { data, file, clock, settings = {}, protocols } = setup;
  const flags = Object.entries({ ...base, data, ...settings }).map(([path, value]) => ({
    path: path.split("."),
    value,
    origin: "test",
  }));
  const loaded = loadConfig({ file, environment: {}, flags }, protocols);
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  const lines: LogLine[] = [];
  const write =
    (level: LogLine["level"]) =>
    (phrase: string, fields: LogFields = {}) => {
      lines.push({ level, phrase, fields });
    };
  const server = await startServer({
    config: loaded.config,
    environment: {},
    ...(protocols === undefined ? {} : { protocols }),
    log: {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    },
    ...(clock === undefined ? {} : { clock }),
  });
  const http = `http://127.0.0.1:${server.port}`;
  return {
    server,
    http,
    ws: `ws://127.0.0.1:${server.port}`,
    log: lines,
    async health(part) {
      const reply = await fetch(`${http}/readyz`);
      const { parts } = (await reply.json()) as { parts: { name: string; state: string }[] };
      return parts.find(({ name }) => name === part)?.state;
    },
    async figure(name) {
      const text = await (await fetch(`${http}/metrics`)).text();
      const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
  };
}

/** A server of this process, and what it says. */
export interface ServerInside extends ServerAddress, Omit<ServerHere, "http" | "ws"> {
  readonly demoKey: string;
  /** One of the funded demo users, counted from 0. */
  demoUser(index: number): DemoUser;
  /** Stops it and, unless it was told where its data are, removes them. */
  stop(): Promise<void>;
}

/**
 * What `startServerProcess` starts, in the test's own process: for tests of which nothing depends on
 * the process, which takes longer to start than most of them take.
 */
export async function startServerInside(
  setup: Omit<ServerSetup, "args"> & Pick<ServerHereSetup, "clock"> = {},
): Promise<ServerInside> {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-inside-"));
  const data = setup.data ?? join(folder, "data");
  const file = join(folder, "openbourse.yaml");
  writeFileSync(file, setup.yaml ?? "");
  const { listener = plainListener, clock } = setup;
  const here = await startServerHere({
    ...{ data, file, settings: listener.settings(folder) },
    ...(clock === undefined ? {} : { clock }),
  });
  const { port, isSecure, demoKey = "" } = here.server;
  const secure = isSecure ? "s" : "";
  return {
    ...here,
    port,
    isSecure,
    http: `http${secure}://127.0.0.1:${port}`,
    ws: `ws${secure}://127.0.0.1:${port}`,
    data,
    demoKey,
    demoUser(index) {
      const user = here.server.demoUsers[index];
      if (user === undefined) throw new Error(`there is no demo user ${index}`);
      return user;
    },
    async stop() {
      await here.server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
