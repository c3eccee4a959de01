/**
 * HTTP for the owner of a Unix socket or named pipe: what is posted is handed on as text, within bounds.
 * Who may connect is the system's to say; nothing here looks at what is asked.
 */
import type { Server } from "node:http";
import Fastify, { type FastifyReply } from "fastify";
import type { Log } from "../../ports/log.ts";
import type { Tap } from "../../ports/tap.ts";
import { listenAt } from "./socket-file.ts";
import { TapStream } from "./tap-stream.ts";

/** Largest request body that is read, in bytes. */
export const socketBodyBytesMax = 65_536;

/** Connections at once; more are closed, and come again. */
export const socketConnectionsMax = 1_024;

/** How long a client may take to send its request, in milliseconds. */
const requestTimeoutMs = 10_000;

/** How often connections that say nothing are looked for: they must not keep others out. */
const connectionsCheckingInterval = 1_000;

/** Recorders that may look at what passes, at once. */
export const tapsMax = 8;

/** How long a stop waits for requests that are being answered, in milliseconds. */
const closeGraceMs = 2_000;

/** What is answered: a text, or all that passes somewhere until one of both has enough. */
export interface SocketReply {
  readonly status: number;
  readonly body: object;
  readonly tap?: Tap | undefined;
}

/** One request. */
export interface SocketRequest {
  /** What is asked for: the path without its first stroke. */
  readonly name: string;
  readonly body: string;
  header(name: string): string | undefined;
}

/** What a socket server serves. */
export interface SocketServerOptions {
  readonly path: string;
  answer(request: SocketRequest): Promise<SocketReply>;
  /** The answer to what could not be read. */
  fault(status: number, message: string): object;
  readonly log: Log;
}

/** A server that listens. */
export interface SocketServer {
  /** Removes the file, answers what was asked, and closes; once, however often it is called. */
  close(): Promise<void>;
}

/**
 * Starts to listen; undefined when another server answers at the path. A `StartError` says why it
 * cannot.
 */
export async function startSocketServer(
  options: SocketServerOptions,
): Promise<SocketServer | undefined> {
  const taps = new Set<TapStream>();
  const app = application(options, taps);
  await app.ready();
  const { server } = app;
  server.maxConnections = socketConnectionsMax;
  const removeFile = await listenAt(server, options.path);
  if (removeFile === undefined) {
    await app.close();
    return undefined;
  }
  let closing: Promise<void> | undefined;
  return {
    close() {
      removeFile();
      for (const tap of taps) tap.finish();
      closing ??= closeGently(app, server);
      return closing;
    },
  };
}

function application({ answer, fault, log }: SocketServerOptions, taps: Set<TapStream>) {
  const app = Fastify({
    logger: false,
    bodyLimit: socketBodyBytesMax,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval },
    forceCloseConnections: "idle",
    frameworkErrors: (_error, _request, reply) => {
      send(reply, { status: 400, body: fault(400, "the path is malformed") });
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.post("/*", async (request, reply) => {
    const { url, body, headers } = request;
    const text = typeof body === "string" ? body : "";
    const header = (name: string) => headers[name]?.toString();
    const answered = await answer({ name: url.slice(1), body: text, header });
    if (answered.tap === undefined) return send(reply, answered);
    if (taps.size >= tapsMax) {
      const message = `${tapsMax} recorders look at what passes here, and no more may`;
      return send(reply, { status: 503, body: fault(503, message) });
    }
    const tap = new TapStream(answered.tap);
    taps.add(tap);
    tap.once("close", () => taps.delete(tap));
    return reply
      .header("content-type", "application/octet-stream")
      .header("connection", "close")
      .send(tap);
  });
  app.setNotFoundHandler((_request, reply) =>
    send(reply, { status: 405, body: fault(405, "operations are asked for with POST") }),
  );
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status === 413) {
      const message = `a body has at most ${socketBodyBytesMax} bytes`;
      return send(reply, { status, body: fault(status, message) });
    }
    if (status < 500) return send(reply, { status, body: fault(status, "it cannot be read") });
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error("an operator's request failed", { message });
    return send(reply, { status, body: fault(status, "it failed: the server's log says why") });
  });
  return app;
}

function send(reply: FastifyReply, { status, body }: SocketReply): FastifyReply {
  return reply
    .code(status)
    .header("content-type", "application/json; charset=utf-8")
    .header("connection", "close")
    .send(JSON.stringify(body));
}

async function closeGently(app: { close(): Promise<void> }, server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await app.close();
  clearTimeout(late);
}
