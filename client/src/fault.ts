/** Everything that can go wrong with a client, as a closed union, and the error that carries it. */

/** One field of a request that was refused, and why. */
export interface FieldFault {
  readonly property: string;
  readonly message: string;
}

/** What went wrong. Switch over `kind`: the compiler then says when one is missing. */
export type Fault =
  /** The credentials are not taken. Trying again is of no use. */
  | { readonly kind: "unauthorized"; readonly message: string }
  /** The server understood and said no; `code` is the protocol's own. */
  | {
      readonly kind: "refused";
      readonly message: string;
      readonly code: string;
      /** HTTP status; of the stream there is none. */
      readonly status?: number;
      readonly fields?: readonly FieldFault[];
    }
  /** Markets, currencies or tickers that the server does not know or does not give. */
  | { readonly kind: "unknown-name"; readonly message: string; readonly names: readonly string[] }
  /** Too many requests, and waiting as long as was allowed did not help. */
  | {
      readonly kind: "rate-limited";
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  /** The server cannot do it at present. */
  | { readonly kind: "unavailable"; readonly message: string; readonly status?: number }
  /** No answer in time. */
  | { readonly kind: "timeout"; readonly message: string }
  /** No connection. */
  | { readonly kind: "network"; readonly message: string }
  /** The server was silent for too long, and the connection was given up. */
  | { readonly kind: "silent"; readonly message: string; readonly silentMs: number }
  /** The server ended the connection. */
  | {
      readonly kind: "ended";
      readonly message: string;
      readonly code: number;
      readonly reason: string;
    }
  /** What came cannot be what the protocol says. */
  | { readonly kind: "unreadable"; readonly message: string }
  /** A reader was slower than what it reads, and its buffer has no more room. */
  | { readonly kind: "overflow"; readonly message: string; readonly max: number }
  /** An order may or may not have been taken: ask for it by its client order id. */
  | {
      readonly kind: "unknown-outcome";
      readonly message: string;
      readonly clientOrderId: string;
    }
  /** The client was asked for what it cannot do. */
  | { readonly kind: "misuse"; readonly message: string }
  /** The client was closed by its own program. */
  | { readonly kind: "closed"; readonly message: string };

/** The only error that this package throws and rejects with. */
export class ClientError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.name = "ClientError";
    this.fault = fault;
  }
}

/** What went wrong, where it is known what; `network` for errors of the platform. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ClientError) return error.fault;
  return { kind: "network", message: error instanceof Error ? error.message : String(error) };
}

/** The fault of a client that was closed. */
export const closedFault: Fault = { kind: "closed", message: "the client was closed" };
