/**
 * The part of `@grpc/grpc-js` and `@grpc/proto-loader` that is used, and where they are found. They are optional peers:
 * nothing of them is loaded before a server has gRPC configured.
 */
import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";

/** Entries of metadata. */
export interface Metadata {
  get(key: string): readonly (string | Buffer)[];
  set(key: string, value: string): void;
}

/** How a call ended. */
export interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** A call before its message is read. */
export interface InterceptedCall {
  /** `ADDRESS:PORT`. */
  getPeer(): string;
  sendStatus(status: Status): void;
}

/** Who is told of a call, in this order; each is handed on by calling `next`. */
interface CallListener {
  onReceiveMetadata(metadata: Metadata, next: (metadata: Metadata) => void): void;
  /** The call is over, whichever way. */
  onCancel(): void;
}

type Interceptor = (method: { readonly path: string }, call: InterceptedCall) => InterceptedCall;

/** A call with its message. */
export interface UnaryCall {
  readonly request: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): void;
  getPeer(): string;
}

/** Ends a call: with a status, or with a message and its trailer. */
export type EndCall = (
  status: Status | null,
  message?: object | Buffer,
  trailer?: Metadata,
) => void;

/** A procedure as it was read of a `.proto` file. */
export interface Procedure {
  readonly path: string;
  /** Writes a message. */
  readonly responseSerialize: (message: object) => Buffer;
}

/** Procedures by their names. */
export type Service = Readonly<Record<string, Procedure>>;

/** Takes connections in. */
export interface Injector {
  injectConnection(socket: Duplex): void;
  /** Lets calls end for so long; no new ones are taken. */
  drain(graceMs: number): void;
}

/** A server of the library's. */
export interface CallServer {
  addService(
    service: Service,
    procedures: Readonly<Record<string, (call: UnaryCall, end: EndCall) => void>>,
  ): void;
  createConnectionInjector(credentials: object): Injector;
  forceShutdown(): void;
}

/** `@grpc/grpc-js`. */
interface GrpcJs {
  readonly Server: new (
    options: Readonly<Record<string, number | readonly Interceptor[]>>,
  ) => CallServer;
  readonly ServerCredentials: { createInsecure(): object };
  readonly ServerInterceptingCall: new (
    call: InterceptedCall,
    responder: { start(next: (listener: CallListener) => void): void },
  ) => InterceptedCall;
  readonly Metadata: new () => Metadata;
  readonly status: Readonly<Record<string, number>>;
  readonly logVerbosity: { readonly NONE: number };
  setLogVerbosity(verbosity: number): void;
}

/** `@grpc/proto-loader`. */
interface ProtoLoader {
  loadSync(
    file: string,
    options: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, Service | { readonly format: string }>>;
}

/** Both. */
export interface GrpcLibrary {
  readonly grpc: GrpcJs;
  readonly loader: ProtoLoader;
}

const packages = ["@grpc/grpc-js", "@grpc/proto-loader"] as const;

/** What an operator has to do where they are not there. */
const remedy = "npm install @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1";

/** Finds both without loading anything; undefined, or what is missing and what to do. */
export function missingLibrary(names: readonly string[] = packages): string | undefined {
  const missing = names.filter((name) => placeOf(name) === undefined);
  if (missing.length === 0) return undefined;
  return `server.grpc needs what is not installed, ${missing.join(" and ")}: ${remedy}`;
}

function placeOf(name: string): string | undefined {
  try {
    const place = import.meta.resolve(name);
    return existsSync(fileURLToPath(place)) ? place : undefined;
  } catch {
    return undefined;
  }
}

/** Loads both. */
export async function loadLibrary(): Promise<GrpcLibrary> {
  const [grpc, loader] = await Promise.all(packages.map((name) => import(placeOf(name) ?? name)));
  return { grpc: grpc.default, loader: loader.default };
}
