/**
 * uWebSockets as the npm registry has it, and the Node that it runs on. Its binaries for the newer
 * Nodes want a newer C library than some systems have; there another Node of the machine is taken.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The few functions of the package that are used. */
export interface UwsModule {
  App(): UwsApp;
  us_socket_local_port(listening: unknown): number;
}

/** A server of the package. */
export interface UwsApp {
  ws(pattern: string, behavior: UwsBehavior): UwsApp;
  publish(topic: string, message: string): boolean;
  listen(host: string, port: number, started: (listening: unknown) => void): UwsApp;
}

/** What is done about connections. */
export interface UwsBehavior {
  upgrade(response: UwsResponse, request: UwsRequest, context: unknown): void;
  open(socket: UwsSocket): void;
}

/** What a connection carries with it. */
export interface UwsUserData {
  readonly topics: readonly number[];
}

interface UwsResponse {
  upgrade(
    data: UwsUserData,
    key: string,
    protocol: string,
    extensions: string,
    context: unknown,
  ): void;
}

interface UwsRequest {
  getQuery(name: string): string | undefined;
  getHeader(name: string): string;
}

interface UwsSocket {
  subscribe(topic: string): boolean;
  getUserData(): UwsUserData;
}

/** A Node that can load the package, and what it calls itself; undefined when there is none. */
export function nodeForUwebsockets():
  | { readonly command: string; readonly version: string }
  | undefined {
  const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  for (const command of new Set([process.execPath, ...onPath.filter(existsSync)])) {
    const { status, stdout } = spawnSync(
      command,
      ["-e", 'require("uwebsockets"); console.log(process.versions.node)'],
      { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
    if (status === 0) return { command, version: stdout.trim() };
  }
  return undefined;
}
