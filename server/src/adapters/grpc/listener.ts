/**
 * gRPC over HTTP/2: takes connections and calls in, hands each call on with its message, and writes the answer. It runs in a
 * thread of its own, because one packet may hold hundreds of calls, and a library reads them all at once.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createSecureServer, type Server as SecureServer } from "node:tls";
import type { RpcAnswer, RpcFields, RpcShape } from "../../ports/rpc.ts";
import { Addresses } from "../peers/address.ts";
import { AddressRates } from "../peers/address-rates.ts";
import { Connections } from "../peers/connections.ts";
import { type CallRefusal, Calls, type OpenCall } from "./calls.ts";
import type {
  CallServer,
  EndCall,
  GrpcLibrary,
  Injector,
  InterceptedCall,
  Metadata,
  Procedure,
  Service,
  UnaryCall,
} from "./library.ts";
import type { FromThread, GrpcFigures, ThreadStart, TlsFiles } from "./messages.ts";
import { shapeReply } from "./shape.ts";

/** Largest message of a client, in bytes. */
export const requestBytesMax = 16_384;

/** Largest message of ours, in bytes: what clients take by themselves. */
const replyBytesMax = 4_194_304;

/** How often connections are looked after, in milliseconds. */
const sweepMs = 1_000;

/** Metadata entries that tell that quantities have lost their fraction: how many, and what that means. */
const inexactTrailer = "openbourse-inexact";
const warningTrailer = "openbourse-warning";

/** Statuses of those who are not let in, or who ask too often; and of those who may not have been looked at. */
const isRefused: ReadonlySet<string> = new Set([
  ...["UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"],
]);
const isUnsaid: ReadonlySet<string> = new Set(["NOT_FOUND", "UNAVAILABLE", "INTERNAL"]);

const refusals: Readonly<
  Record<CallRefusal, { readonly status: string; readonly details: string }>
> = {
  "too-often": {
    status: "RESOURCE_EXHAUSTED",
    details: "Your address asks too often without a valid API key. Wait a second and try again.",
  },
  busy: {
    status: "UNAVAILABLE",
    details: "Too many calls wait for an answer at once. Wait a second and try again.",
  },
};

/** A call that waits for its answer. */
interface Asked {
  readonly call: OpenCall;
  readonly procedure: Procedure;
  readonly shape: RpcShape;
  readonly end: EndCall;
}

/** The listener. */
export class Listener {
  readonly #library: GrpcLibrary;
  readonly #post: (message: FromThread) => void;
  readonly #connections: Connections;
  readonly #rates: AddressRates;
  readonly #addresses: Addresses;
  readonly #calls: Calls;
  readonly #server: Server | SecureServer;
  readonly #grpc: CallServer;
  readonly #injector: Injector;
  readonly #sweeping: NodeJS.Timeout;
  readonly #asked = new Map<number, Asked>();
  readonly #begun = new WeakMap<Metadata, OpenCall>();
  readonly #ended: Record<string, number> = {};
  #inexact = 0;
  #lastId = 0;

  constructor(library: GrpcLibrary, start: ThreadStart, post: (message: FromThread) => void) {
    const { bounds, tls } = start;
    const monotonicMs = () => performance.now();
    this.#library = library;
    this.#post = post;
    this.#addresses = new Addresses(bounds.trustedProxies);
    this.#connections = new Connections(bounds, this.#addresses, monotonicMs);
    this.#rates = new AddressRates({
      perSecond: bounds.strangersPerSecondMax,
      burst: bounds.strangersBurstMax,
    });
    this.#calls = new Calls(this.#connections, this.#rates, monotonicMs);
    this.#grpc = this.#createGrpc(start);
    const { ServerCredentials } = library.grpc;
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#server = this.#createListener(tls, bounds.headersTimeoutMs);
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs);
  }

  /** Starts to listen; resolves with the port that was taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** The answer to a call that was posted; one that nobody waits for any more is left. */
  answer(id: number, answer: RpcAnswer): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    if (answer.kind === "refusal") {
      this.#refuse(asked, answer.status, answer.details, answer.trailer);
      return;
    }
    try {
      this.#reply(asked, answer);
    } catch (error) {
      // A reply that cannot be written is a bug, and no reason to end the calls of others.
      this.#post({ kind: "failed", path: asked.procedure.path, message: String(error) });
      this.#refuse(
        asked,
        "INTERNAL",
        "The answer could not be written. This is a fault of the server.",
      );
    }
  }

  /** Shows another certificate to clients that come from now on. */
  renew({ cert, key }: TlsFiles): void {
    const context = { cert: Buffer.from(cert), key: Buffer.from(key) };
    if ("setSecureContext" in this.#server) this.#server.setSecureContext(context);
  }

  /** Takes nothing new, lets calls end for so long, and ends the rest. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#injector.drain(graceMs);
    const late = setTimeout(() => this.#connections.endAll(), graceMs);
    await closed;
    clearTimeout(late);
    clearInterval(this.#sweeping);
    this.#grpc.forceShutdown();
  }

  get figures(): GrpcFigures {
    const { size, unsentBytes, endings } = this.#connections;
    return {
      ...{ connections: size, unsentBytes, endings: { ...endings } },
      ...{ calls: { ...this.#ended }, inexact: this.#inexact },
    };
  }

  #createGrpc({ bounds, services }: ThreadStart) {
    const { grpc, loader } = this.#library;
    // It would write what strangers send to standard error, keys too.
    grpc.setLogVerbosity(grpc.logVerbosity.NONE);
    const server = new grpc.Server({
      "grpc.max_receive_message_length": requestBytesMax,
      "grpc.max_send_message_length": replyBytesMax,
      "grpc.max_concurrent_streams": bounds.callsPerConnectionMax,
      "grpc.max_connection_idle_ms": bounds.keepAliveTimeoutMs,
      "grpc.enable_channelz": 0,
      interceptors: [(_method, call) => this.#intercept(call)],
    });
    for (const { file, replies } of services) {
      const loaded = loader.loadSync(file, { keepCase: true, longs: String });
      for (const part of Object.values(loaded)) {
        if (!("format" in part)) this.#serve(server, part as Service, replies);
      }
    }
    return server;
  }

  #serve(server: CallServer, service: Service, replies: ReadonlyMap<string, RpcShape>): void {
    const served: Record<string, (call: UnaryCall, end: EndCall) => void> = {};
    const described: Record<string, Procedure> = {};
    for (const [name, procedure] of Object.entries(service)) {
      // Messages are written before they are handed over, so that their size is known.
      described[name] = { ...procedure, responseSerialize: (bytes) => bytes as Buffer };
      const shape = replies.get(procedure.path);
      if (shape === undefined) continue;
      served[name] = (call, end) => this.#ask(call, { procedure, shape, end });
    }
    server.addService(described, served);
  }

  #createListener(tls: TlsFiles | undefined, handshakeTimeout: number): Server | SecureServer {
    const take = (socket: Socket) => {
      socket.on("error", ignoreError);
      if (this.#connections.find(socket) === undefined) socket.destroy();
      else this.#injector.injectConnection(socket);
    };
    const server =
      tls === undefined
        ? createServer({ noDelay: true })
        : createSecureServer({
            ...{ cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) },
            ...{ ALPNProtocols: ["h2"], handshakeTimeout, noDelay: true },
          });
    server.on("connection", (socket: Socket) => {
      socket.on("error", ignoreError);
      this.#connections.open(socket);
    });
    server.on(tls === undefined ? "connection" : "secureConnection", take);
    server.on("tlsClientError", ignoreError);
    return server;
  }

  /** Looks at a call before its message is read. */
  #intercept(call: InterceptedCall): InterceptedCall {
    const { grpc } = this.#library;
    let begun: OpenCall | undefined;
    return new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, goOn) => {
            const visitor = this.#connections.find(peerOf(call.getPeer()));
            if (visitor === undefined) return;
            const { remoteAddress } = visitor.socket;
            const forwarded = entryOf(metadata, "x-forwarded-for");
            const address = this.#addresses.ofRequest(remoteAddress, forwarded);
            const taken = this.#calls.begin(visitor, address);
            if (typeof taken !== "string") {
              begun = taken;
              this.#begun.set(metadata, taken);
              goOn(metadata);
              return;
            }
            const { status, details } = refusals[taken];
            this.#count(status);
            call.sendStatus({ code: grpc.status[status] ?? 0, details });
          },
          onCancel: () => {
            if (begun !== undefined) this.#calls.ended(begun);
          },
        }),
    });
  }

  #ask(call: UnaryCall, { procedure, shape, end }: Omit<Asked, "call">): void {
    const begun = this.#begun.get(call.metadata);
    if (begun === undefined) return;
    this.#lastId += 1;
    const id = this.#lastId;
    this.#asked.set(id, { call: begun, procedure, shape, end });
    call.on("cancelled", () => {
      if (!this.#asked.delete(id)) return;
      this.#count("CANCELLED");
      this.#post({ kind: "gone", id });
    });
    const { remoteAddress } = begun.visitor.socket;
    this.#post({
      ...{ kind: "call", id, path: procedure.path, fields: call.request as RpcFields },
      authorization: entryOf(call.metadata, "authorization"),
      address: this.#addresses.shown(remoteAddress, entryOf(call.metadata, "x-forwarded-for")),
    });
  }

  #reply(
    { call, procedure, shape, end }: Asked,
    reply: Extract<RpcAnswer, { kind: "reply" }>,
  ): void {
    const { message, inexact } = shapeReply(reply, shape);
    const trailer = this.#metadataOf(reply.trailer);
    if (inexact > 0) {
      this.#inexact += inexact;
      trailer.set(inexactTrailer, String(inexact));
      trailer.set(warningTrailer, warningOf(inexact));
    }
    const bytes = procedure.responseSerialize(message);
    this.#count("OK");
    this.#calls.answered(call, bytes.length, true);
    end(null, bytes, trailer);
  }

  #refuse(
    { call, end }: Asked,
    status: string,
    details: string,
    trailer: Readonly<Record<string, string>> = {},
  ): void {
    this.#count(status);
    this.#calls.answered(call, 0, isUnsaid.has(status) ? undefined : !isRefused.has(status));
    end({
      code: this.#library.grpc.status[status] ?? 0,
      // It may repeat a text that was cut within a character.
      details: details.toWellFormed(),
      metadata: this.#metadataOf(trailer),
    });
  }

  #metadataOf(entries: Readonly<Record<string, string>> = {}): Metadata {
    const metadata = new this.#library.grpc.Metadata();
    for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
    return metadata;
  }

  #count(status: string): void {
    this.#ended[status] = (this.#ended[status] ?? 0) + 1;
  }

  #sweep(): void {
    this.#connections.sweep();
    this.#rates.sweep(performance.now());
    this.#post({ kind: "figures", figures: this.figures });
  }
}

function warningOf(inexact: number): string {
  const which = inexact === 1 ? "1 quantity has" : `${inexact} quantities have`;
  return `${which} a fraction that an int64 cannot hold; the whole part was sent. REST tells all digits.`;
}

function entryOf(metadata: Metadata, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}

/** `192.0.2.1:4711`, `2001:db8::1:4711`. */
function peerOf(peer: string) {
  const at = peer.lastIndexOf(":");
  return { remoteAddress: peer.slice(0, at), remotePort: Number(peer.slice(at + 1)) };
}

function ignoreError(): void {}
