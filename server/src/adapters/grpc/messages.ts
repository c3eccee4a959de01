/** What the thread that speaks gRPC and the rest of the server say to each other. */
import type { RpcAnswer, RpcCall, RpcShape } from "../../ports/rpc.ts";
import type { EndingCounters } from "../peers/connections.ts";

/** Certificate and key in PEM. */
export interface TlsFiles {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

/** What bounds clients of gRPC. */
export interface GrpcBounds {
  /** Connections of all together; one more takes the place of the one that is of no use for the longest. */
  readonly connectionsMax: number;
  /** Connections of one address; loopback and trusted proxies are exempt. */
  readonly connectionsPerAddressMax: number;
  /** Calls of one connection at once. */
  readonly callsPerConnectionMax: number;
  /** Calls of an address a second, and at once, that do not show who makes them. */
  readonly strangersPerSecondMax: number;
  readonly strangersBurstMax: number;
  /** How long a TLS handshake may take. */
  readonly headersTimeoutMs: number;
  /** How long it may take from a call until its answer was taken. */
  readonly answerTimeoutMs: number;
  /** How long a connection may be without a call. */
  readonly keepAliveTimeoutMs: number;
  /** Bytes of answers that may wait for all clients together. */
  readonly unsentBytesMax: number;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** What the thread is started with. */
export interface ThreadStart {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly bounds: GrpcBounds;
  readonly services: readonly {
    /** Path of its `.proto` file. */
    readonly file: string;
    readonly replies: ReadonlyMap<string, RpcShape>;
  }[];
}

/** A call on its way to who answers it. */
export interface PostedCall extends Omit<RpcCall, "isGone"> {
  readonly kind: "call";
  readonly id: number;
}

/** What is counted. */
export interface GrpcFigures {
  readonly connections: number;
  /** Bytes of answers that clients have not taken. */
  readonly unsentBytes: number;
  readonly endings: EndingCounters;
  /** Calls that have ended, by the name of their status. */
  readonly calls: Readonly<Record<string, number>>;
  /** Figures whose fraction was left out. */
  readonly inexact: number;
}

/** What the thread says. */
export type FromThread =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "not-listening"; readonly code: string; readonly message: string }
  | PostedCall
  /** Who made a call has given up. */
  | { readonly kind: "gone"; readonly id: number }
  /** An answer could not be written. */
  | { readonly kind: "failed"; readonly path: string; readonly message: string }
  | { readonly kind: "figures"; readonly figures: GrpcFigures };

/** What the thread is told. */
export type ToThread =
  | { readonly kind: "answer"; readonly id: number; readonly answer: RpcAnswer }
  | { readonly kind: "certificate"; readonly tls: TlsFiles }
  | { readonly kind: "stop"; readonly graceMs: number };
