/** A server in the test's own process, for tests that need its clock or its parts. */
import { loadConfig } from "../../server/src/main/configuration.ts";
import { type RunningServer, startServer } from "../../server/src/main/server.ts";
import type { Clock } from "../../server/src/ports/clock.ts";
import type { LogFields } from "../../server/src/ports/log.ts";
import type { Protocol } from "../../server/src/ports/protocol.ts";

/** What to start a server with. */
export interface ServerHereSetup {
  readonly data: string;
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

const base = { "server.port": 0, "exchange.warmUpMs": 0 };

/** Starts a server on a free port. */
export async function startServerHere(setup: ServerHereSetup): Promise<ServerHere> {
  const { data, clock, settings = {}, protocols } = setup;
  const flags = Object.entries({ ...base, data, ...settings }).map(([path, value]) => ({
    path: path.split("."),
    value,
    origin: "test",
  }));
  const loaded = loadConfig({ environment: {}, flags }, protocols);
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
