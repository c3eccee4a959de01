/**
 * The HTTP server: REST routes of the dialects, health and metrics for operators, and the `upgrade`
 * event for the WebSocket gateway. It parses requests and nothing else; routes are plain functions.
 */
import type { IncomingMessage } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteHandlerMethod,
} from "fastify";
import { assert } from "../../core/assert.ts";
import type { Awaitable } from "../../ports/awaitable.ts";
import type { Log } from "../../ports/log.ts";
import { type RestReply, type RestRequest, type RestRoute, retryAfter } from "../../ports/rest.ts";
import { type AsyncApiDocument, asyncApiDocument } from "./asyncapi.ts";
import { allowOrigin } from "./cors.ts";
import { docsPath } from "./docs/layout.ts";
import type { ProtoFile } from "./docs/rest-part.ts";
import { addDocs, pageFile, sendFile } from "./docs-pages.ts";
import { Front, type HttpLimits, type Sender, type TlsFiles } from "./front.ts";
import { type AllowedMethods, allowedMethods } from "./methods.ts";
import { onceASecond } from "./once-a-second.ts";
import { type ApiDescription, openApiDocument } from "./openapi.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { addPage, type PageFiles } from "./page-files.ts";
import { pieceByPiece } from "./pieces.ts";
import { type HealthPart, readinessReply } from "./readiness.ts";

/** Taken like this because an import of it also loads a client for requests, which takes a tenth of a start. */
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** Largest request body that is read, in bytes. */
export const bodyBytesMax = 65_536;

/** Statuses of those who are not let in, or who ask too often. */
const isRefused: ReadonlySet<number> = new Set([401, 403, 429]);

const tooMany = STATUS_CODES[429] ?? "";

/** Longest value of one path part, in characters. */
const pathPartMax = 500;

/** A page for people. */
export interface Page {
  readonly path: string;
  readonly html: string;
}

/** The page for people, and what it alone asks for. */
export interface ServedPage {
  readonly files: PageFiles;
  /** Where it is shown; the first one is `/`. */
  readonly paths: readonly string[];
  /** Answered like all others, and not described at `/docs`. */
  readonly routes: readonly RestRoute[];
}

/** Options of an HTTP server. */
export interface HttpServerOptions {
  readonly routes: readonly RestRoute[];
  readonly pages: readonly Page[];
  /** Undefined: there is none, and `/` leads to the description. */
  readonly page?: ServedPage | undefined;
  /** The answer for paths that no route serves. */
  notFound(path: string): RestReply;
  /**
   * The answer for a request that could not be read (status 400 to 499), or whose handling failed
   * (500 and above, and then `message` does not say why). Undefined: an error object of ours.
   */
  failed?(path: string, status: number, message: string): RestReply | undefined;
  /** What the description at `/docs` is headed with; without it there is none. */
  readonly api?: ApiDescription;
  /** What it says of the streams; the same object as long as nothing has changed. */
  streams?(): AsyncApiDocument;
  /** Files that describe what is served over gRPC; none when left out. */
  readonly protos?: readonly ProtoFile[];
  /** Parts that must work before traffic is sent here. */
  readiness(): readonly HealthPart[];
  /** Asked at most once a second. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Origins of pages that may read answers in a browser; `*` for all, empty for none. */
  readonly corsOrigins: readonly string[];
  /** Whether a stream is served on this path. */
  isStream(path: string): boolean;
  /**
   * Opens a WebSocket, or refuses it and returns false; `tooMany` when its address has no place, or
   * asks too often.
   */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    tooMany: boolean,
    address: string | undefined,
  ): Awaitable<boolean>;
  readonly limits: HttpLimits;
  nowMs(): number;
  monotonicMs(): number;
  readonly log: Log;
  /** Certificate and key in PEM; without them it speaks plain HTTP. */
  readonly tls?: TlsFiles | undefined;
}

/** A server that may be listening. */
export interface HttpServer {
  /** Starts to listen; resolves with the port that was taken (for port 0, the one chosen). */
  listen(host: string, port: number): Promise<number>;
  /** Shows another certificate to clients that come from now on; only for a server that speaks TLS. */
  renewTls(tls: TlsFiles): void;
  /** Stops taking connections, ends idle ones, and after a while those whose requests are not answered. */
  close(graceMs: number): Promise<void>;
  readonly front: Front;
}

/** Builds the server; nothing listens yet. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const held: { front?: Front } = {};
  const app = Fastify({
    serverFactory(answer) {
      held.front = new Front(options, answer);
      return held.front.server;
    },
    logger: false,
    bodyLimit: bodyBytesMax,
    routerOptions: { maxParamLength: pathPartMax, ignoreTrailingSlash: true },
    forceCloseConnections: "idle",
    // What is wrong before a route is found: a malformed path, a part that is too long.
    frameworkErrors: (error, request, reply) => {
      answerError(options, error, request, reply);
    },
  });
  const { front } = held;
  assert(front !== undefined, "the server is made with the application");
  guard(app, options, front);
  // Routes want the raw text: signatures are made over bytes, not over parsed values.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  addOperatorRoutes(app, options);
  addRoutes(app, options, front);
  const allowed = addPages(app, options);
  app.setNotFoundHandler(unrouted(options, allowed));
  app.setErrorHandler((error, request, reply) => answerError(options, error, request, reply));
  if (options.api !== undefined) {
    const { api, streams = () => noStreams, protos = [] } = options;
    const noStreams = asyncApiDocument([], api, { host: "", isSecure: false });
    addDocs(app, {
      rest: openApiDocument([...options.routes, ...operatorRoutes], api),
      streams,
      protos,
    });
    // Whoever opens the printed address in a browser wants to know what is there.
    if (options.page === undefined) app.get("/", (_request, reply) => reply.redirect(docsPath));
  }
  return {
    front,
    async listen(host, port) {
      await app.listen({ host, port });
      const address = front.server.address();
      return typeof address === "object" && address !== null ? address.port : port;
    },
    renewTls(tls) {
      assert(options.tls !== undefined, "a plain server has no certificate");
      (front.server as SecureServer).setSecureContext(tls);
    },
    async close(graceMs) {
      const late = setTimeout(() => front.connections.endAll(), graceMs);
      await app.close();
      clearTimeout(late);
      front.stop();
    },
  };
}

/** What comes before each request is read: other origins, a stranger's rate, and then its turn. */
function guard(app: FastifyInstance, options: HttpServerOptions, front: Front): void {
  const { corsOrigins } = options;
  app.addHook("onRequest", (request, reply, next) => {
    if (corsOrigins.length > 0) allowOrigin(corsOrigins, request, reply);
    if (front.admits(request.raw)) {
      next();
      return;
    }
    const path = pathOf(request);
    const refused = options.failed?.(path, 429, tooMany) ?? ourFailure(429, tooMany);
    send(reply, { ...refused, headers: retryAfter(1) });
  });
  app.addHook("preHandler", (request, _reply, next) => front.inTurn(request.raw, next));
}

function answerError(
  options: HttpServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = statusOf(error);
  const path = pathOf(request);
  if (status >= 500) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    options.log.error("request failed", { path, message: reason });
  }
  // What the framework says repeats the request, with the key that may be in it.
  const message = status >= 500 ? "internal server error" : (STATUS_CODES[status] ?? "refused");
  const answer = options.failed?.(path, status, message) ?? ourFailure(status, message);
  return send(reply, answer);
}

function addRoutes(app: FastifyInstance, options: HttpServerOptions, front: Front): void {
  const { page } = options;
  for (const route of [...options.routes, ...(page?.routes ?? [])]) {
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.bodyBytesMax ?? bodyBytesMax,
      handler: async (request, reply) => {
        const startMs = options.monotonicMs();
        const answering = route.handle(restRequest(request, front), options.nowMs());
        const costMs = options.monotonicMs() - startMs;
        const answer = await answering;
        front.judge(request.raw, senderOf(route, answer), costMs);
        return send(reply, answer);
      },
    });
  }
}

/** Adds what people see, and tells which methods each path takes. */
function addPages(app: FastifyInstance, options: HttpServerOptions): AllowedMethods {
  const { page } = options;
  for (const { path, html } of options.pages) {
    const sent = pageFile(html);
    app.get(path, (request, reply) => sendFile(sent, request, reply));
  }
  if (page !== undefined) addPage(app, page.files, page.paths);
  const paths = [...options.pages.map(({ path }) => path), ...(page?.paths ?? [])];
  return allowedMethods([
    ...options.routes,
    ...(page?.routes ?? []),
    ...operatorRoutes,
    ...paths.map((path) => ({ method: "GET", path })),
  ]);
}

function addOperatorRoutes(app: FastifyInstance, options: HttpServerOptions): void {
  app.get("/healthz", (_request, reply) => send(reply, { status: 200, body: '{"status":"ok"}' }));
  app.get("/readyz", (_request, reply) => send(reply, readinessReply(options.readiness())));
  // Open to strangers, and made of every connection and feed.
  const figures = onceASecond(options.monotonicMs, options.metrics);
  app.get("/metrics", async (_request, reply) => {
    const { text, contentType } = await figures();
    return reply.header("content-type", contentType).send(text);
  });
}

/** What is answered to a request that no route took: other methods of a known path, or nothing there. */
function unrouted(options: HttpServerOptions, allowed: AllowedMethods): RouteHandlerMethod {
  return (request, reply) => {
    const path = pathOf(request);
    const methods = allowed(path);
    if (methods === undefined) return send(reply, options.notFound(path));
    reply.header("allow", `${methods}, OPTIONS`);
    if (request.method === "OPTIONS") {
      if (options.corsOrigins.length > 0) reply.header("access-control-allow-methods", methods);
      return reply.code(204).send();
    }
    const message = "Method Not Allowed";
    return send(reply, options.failed?.(path, 405, message) ?? ourFailure(405, message));
  };
}

/** A path that is not there is also what somebody unknown may be told. */
function senderOf({ security }: RestRoute, { status }: RestReply): Sender {
  if (isRefused.has(status)) return "refused";
  return security.length === 0 || status === 404 ? "unsaid" : "shown";
}

function restRequest(request: FastifyRequest, front: Front): RestRequest {
  return {
    method: request.method,
    path: pathOf(request),
    target: request.url,
    address: front.addressShown(request.raw),
    params: request.params as Record<string, string>,
    query: queryOf(request.url),
    header(name: string): string | undefined {
      const value = request.headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    },
    isGone: () => request.raw.socket.destroyed,
    body: typeof request.body === "string" ? request.body : "",
  };
}

function queryOf(target: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null);
  if (!target.includes("?")) return query;
  const url = URL.parse(target, "http://openbourse.invalid");
  for (const [name, value] of url?.searchParams ?? []) query[name] ??= value;
  return query;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" && status >= 400 && status <= 599 ? status : 500;
}

function ourFailure(status: number, message: string): RestReply {
  return { status, body: JSON.stringify({ status: "error", error: { status, message } }) };
}

function send(reply: FastifyReply, answer: RestReply): FastifyReply {
  const { status, body, headers, rest } = answer;
  if (headers !== undefined) reply.headers(headers);
  reply.code(status);
  // What a cache has is not described again (RFC 9110 15.4.5).
  if (status === 304) return reply.send();
  reply
    .header("content-type", "application/json; charset=utf-8")
    .header("x-content-type-options", "nosniff");
  if (rest === undefined) return reply.send(body);
  const isAsked = reply.request.method !== "HEAD";
  return reply.send(pieceByPiece(isAsked ? [body] : [], isAsked ? rest : []));
}
