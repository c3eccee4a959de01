/** REST routes as plain functions: a dialect declares them, the HTTP adapter serves them. */

/** One request, already parsed by the HTTP adapter. */
export interface RestRequest {
  /** Upper case. */
  readonly method: string;
  /** Path as requested, without the query. */
  readonly path: string;
  /** Path and query exactly as requested. */
  readonly target: string;
  /** Values of the path's `:name` parts, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** First value of each query parameter, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Value of a header; the name is looked up without regard to case. */
  header(name: string): string | undefined;
  /** Where it came from, as far as that is known. */
  readonly address?: string | undefined;
  /** Whether who asked has hung up. */
  isGone?(): boolean;
  /** Raw body text; empty where there is none. */
  readonly body: string;
}

/** One answer. */
export interface RestReply {
  readonly status: number;
  /** JSON text, or its beginning where there is a `rest`. */
  readonly body: string;
  /** How the text goes on. Each piece is asked for once the ones before it have left; the last ones never when the peer goes. */
  readonly rest?: Iterable<string>;
  /** Header fields besides those of the body, by name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The header that tells a refused caller in how many seconds to try again (RFC 9110 10.2.3). */
export function retryAfter(seconds: number): { readonly "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/** The headers with which status 426 says what the address speaks (RFC 9110 15.5.22). */
export const upgradeRequired = { upgrade: "websocket", connection: "upgrade" } as const;

/**
 * Ways in which callers may prove who they are, any one of which will do. Each names all that it takes,
 * with an OpenAPI security scheme; the same name means the same scheme in all protocols.
 */
export type RouteSecurity = readonly Readonly<Record<string, SecurityScheme>>[];

/** The security of what is open to everybody. */
export const anybody: RouteSecurity = [];

/** Where a caller writes one part of a proof (OpenAPI 3.1, security scheme of type `apiKey`). */
export interface SecurityScheme {
  readonly type: "apiKey";
  readonly in: "query" | "header";
  /** Of the parameter or header. */
  readonly name: string;
  readonly description: string;
}

/** One operation of a REST interface. */
export interface RestRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path with `:name` parts, for example `/:version/datasets`. */
  readonly path: string;
  /** One line for the API description. */
  readonly summary: string;
  /** Heading under which the API description lists it. */
  readonly tag: string;
  /** How callers prove who they are; whoever asks is answered where it is {@link anybody}. */
  readonly security: RouteSecurity;
  /** JSON Schema of the path's parts, where they are more than plain texts. */
  readonly paramsSchema?: object;
  /** JSON Schema of the query parameters. */
  readonly querySchema?: object;
  /** JSON Schema of the body. */
  readonly bodySchema?: object;
  /** Largest body in bytes; that of the server when left out. */
  readonly bodyBytesMax?: number;
  /** JSON Schema of the body of a successful reply. */
  readonly replySchema?: object;
  /** `nowMs` is a time of `steadyMs`, for rates and ages; what is told or compared takes another clock. */
  handle(request: RestRequest, nowMs: number): RestReply | Promise<RestReply>;
}
