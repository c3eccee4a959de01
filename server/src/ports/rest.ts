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
  /** Raw body text; empty where there is none. */
  readonly body: string;
}

/** One answer. */
export interface RestReply {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  /** Header fields besides those of the body, by name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The header that tells a refused caller in how many seconds to try again (RFC 9110 10.2.3). */
export function retryAfter(seconds: number): { readonly "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(seconds))) };
}

/** The headers with which status 426 says what the address speaks (RFC 9110 15.5.22). */
export const upgradeRequired = { upgrade: "websocket", connection: "upgrade" } as const;

/** One operation of a REST interface. */
export interface RestRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path with `:name` parts, for example `/:version/datasets`. */
  readonly path: string;
  /** One line for the API description. */
  readonly summary: string;
  /** Heading under which the API description lists it. */
  readonly tag: string;
  /** How a caller proves who he is. */
  readonly security: "none" | "api-key" | "signature";
  /** JSON Schema of the path's parts, where they are more than plain texts. */
  readonly paramsSchema?: object;
  /** JSON Schema of the query parameters. */
  readonly querySchema?: object;
  /** JSON Schema of the body. */
  readonly bodySchema?: object;
  /** JSON Schema of the body of a successful reply. */
  readonly replySchema?: object;
  /** `nowMs` is a time of `steadyMs`, for rates and ages; what is told or compared takes another clock. */
  handle(request: RestRequest, nowMs: number): RestReply | Promise<RestReply>;
}
