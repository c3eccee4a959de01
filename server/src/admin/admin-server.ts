/**
 * The door for administrators of a running server: HTTP on this machine's own address, on a port of
 * its own, for whoever can read the token in the data folder. It serves no browser.
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Value } from "typebox/value";
import type { Log, LogFields } from "../ports/log.ts";
import type { WatchLogins } from "../ports/refused-login.ts";
import type { Secrets } from "../ports/secrets.ts";
import { StartError } from "../ports/start-error.ts";
import { readAdminFile, removeAdminFile, writeAdminFile } from "./admin-file.ts";
import type { AdminAnswer } from "./answer.ts";
import type { Note } from "./note.ts";
import { type AdminOperation, adminOperations, findOperation } from "./operations.ts";
import { operatorHeader, operatorOf } from "./operator.ts";
import type { AdminTarget } from "./target.ts";

/** Largest request body that is read, in bytes. */
export const adminBodyBytesMax = 65_536;

/** Connections at once; more are closed, and come again. */
export const adminConnectionsMax = 1_024;

/** How long a client may take to send its request, in milliseconds. */
const requestTimeoutMs = 10_000;

/** How often connections that say nothing are looked for: they must not keep administrators out. */
const connectionsCheckingInterval = 1_000;

const serverOptions = {
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  connectionsCheckingInterval,
} as const;

/** How long a stop waits for requests that are being answered, in milliseconds. */
const closeGraceMs = 2_000;

const host = "127.0.0.1";
const tokenBytes = 32;

/** Statuses of the three kinds of answers. */
const statuses = { done: 200, refused: 422, unavailable: 503 } as const;

/** What an administration is made of. */
export interface AdminServerOptions {
  /** Where address and token are written, see `admin-file.ts`. */
  readonly file: string;
  readonly target: AdminTarget;
  /** Whether the target is an exchange, and not only the connections of a server. */
  readonly hasExchange: boolean;
  readonly secrets: Secrets;
  readonly log: Log;
  /** Told of callers who are refused; nobody is when left out. */
  readonly watch?: WatchLogins;
  /** 0, the default, for any free one. */
  readonly port?: number;
}

/** An administration that can be reached. */
export interface AdminServer {
  readonly port: number;
  /** Removes the file, answers what was asked, and closes; once, however often it is called. */
  close(): Promise<void>;
}

/** Why a request is not carried out; clients read the status, people the text. */
interface Fault {
  readonly status: number;
  readonly message: string;
}

/** Why a caller is refused, whatever they ask. */
interface CallerFault extends Fault {
  readonly reason: "wrong-host" | "browser" | "wrong-token";
}

/** Starts to listen and writes the file. A `StartError` says why it cannot. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { file, secrets, hasExchange } = options;
  const token = secrets.randomHex(tokenBytes);
  const server = createServer(serverOptions, (request, response) => {
    void answer(request, response, { ...options, token });
  });
  server.maxConnections = adminConnectionsMax;
  const port = await listen(server, options.port ?? 0);
  try {
    const url = `http://${host}:${port}`;
    writeAdminFile(file, { url, token, pid: process.pid, exchange: hasExchange });
  } catch (error) {
    server.close();
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `${file} cannot be written (${code}): make the data folder writable, with room on its disk, and move away what lies in the place of this file`,
    );
  }
  let closing: Promise<void> | undefined;
  return {
    port,
    close() {
      closing ??= closeGently(server, { file, token });
      return closing;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", ({ message }) => {
      reject(new StartError(`the administration cannot listen: ${message}`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

async function closeGently(
  server: Server,
  { file, token }: { readonly file: string; readonly token: string },
): Promise<void> {
  // Another server may have come since, and written its own.
  if (readAdminFile(file)?.token === token) removeAdminFile(file);
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const late = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(late);
}

interface Door extends AdminServerOptions {
  readonly token: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
): Promise<void> {
  try {
    const refused = refuseCaller(request, door);
    if (refused !== undefined) {
      const address = request.socket.remoteAddress;
      door.watch?.({ door: "administration", reason: refused.reason, address });
    }
    const fault = refused ?? refuseRequest(request);
    if (fault !== undefined) return sendFault(response, fault);
    const name = operationName(request);
    const operation = findOperation(name);
    if (operation === undefined) return sendFault(response, unknownOperation(name));
    const asked = await readRequest(request, operation);
    if ("status" in asked) return sendFault(response, asked);
    const told = await operation.run(asked.request, door.target);
    const operator = operatorOf(request.headers[operatorHeader]);
    noteInLog(door.log, { operator, name, operation, asked: asked.request, told });
    send(response, statuses[told.kind], told);
  } catch (error) {
    if (request.errored !== null) return;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    door.log.error("an administrator's request failed", { message });
    sendFault(response, { status: 500, message: "it failed: the server's log says why" });
  }
}

/** Who did what to whom, how much of it, and what came of it; no request has a secret in it. */
function noteInLog(
  log: Log,
  done: {
    readonly operator: string;
    readonly name: string;
    readonly operation: AdminOperation;
    readonly asked: unknown;
    readonly told: AdminAnswer<unknown>;
  },
): void {
  const { operator, name, operation, asked, told } = done;
  const what =
    name === "note"
      ? { operation: (asked as Note).action, ...(asked as Note).fields }
      : { operation: name, ...(asked as LogFields) };
  const outcome =
    told.kind === "done" ? pick(told.result, operation.logged) : { reason: told.message };
  const fields = { ...what, operator, outcome: told.kind, ...outcome };
  if (operation.effect === "reads") log.debug("administered", fields);
  else log.info("administered", fields);
}

/** Those of some fields that a result has. */
function pick(result: unknown, names: readonly string[]): LogFields {
  if (typeof result !== "object" || result === null) return {};
  return Object.fromEntries(Object.entries(result).filter(([name]) => names.includes(name)));
}

/** A page in a browser may send requests here, also under a name of its own, but never with the token. */
function refuseCaller({ headers }: IncomingMessage, door: Door): CallerFault | undefined {
  const name = headers.host?.replace(/:\d*$/, "");
  if (name !== host && name !== "localhost") {
    const message = `this is ${host}, and nothing else`;
    return { reason: "wrong-host", status: 403, message };
  }
  if (headers.origin !== undefined) {
    return { reason: "browser", status: 403, message: "browsers are not served" };
  }
  const shown = headers.authorization ?? "";
  return door.secrets.equal(shown, `Bearer ${door.token}`)
    ? undefined
    : { reason: "wrong-token", status: 401, message: "the token is that of another server" };
}

function refuseRequest({ method, headers }: IncomingMessage): Fault | undefined {
  if (method !== "POST") return { status: 405, message: "operations are asked for with POST" };
  const length = headers["content-length"];
  if (length === undefined) return { status: 411, message: "say how long the body is" };
  return Number(length) > adminBodyBytesMax
    ? { status: 413, message: `a body has at most ${adminBodyBytesMax} bytes` }
    : undefined;
}

function operationName({ url = "" }: IncomingMessage): string {
  return url.replace(/^\//, "");
}

function unknownOperation(name: string): Fault {
  const known = Object.keys(adminOperations).join(", ");
  return { status: 404, message: `"${name}" is no operation: there are ${known}` };
}

async function readRequest(
  request: IncomingMessage,
  operation: AdminOperation,
): Promise<{ readonly request: unknown } | Fault> {
  const asked = parseJson(await text(request));
  if (asked !== undefined && Value.Check(operation.request, asked)) return { request: asked };
  return { status: 400, message: "the body is not what this operation is asked with" };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function sendFault(response: ServerResponse, { status, message }: Fault): void {
  send(response, status, { kind: "fault", message });
}

function send(
  response: ServerResponse,
  status: number,
  body: AdminAnswer<unknown> | { readonly kind: "fault"; readonly message: string },
): void {
  const headers: OutgoingHttpHeaders = {
    "content-type": "application/json; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    connection: "close",
  };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
