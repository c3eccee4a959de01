/** The protocols of a server, opened: what each of them offers, put together in the order of their list. */
import type { ApiDescription } from "../adapters/http/openapi.ts";
import type { Audience } from "../agents/audience.ts";
import { type Config, partOf } from "../config/schema.ts";
import type { MarketRules } from "../core/market/rules.ts";
import type { Dialect } from "../ports/dialect.ts";
import type { OpenProtocol, Protocol, ProtocolContext } from "../ports/protocol.ts";
import type { RestReply, RestRoute } from "../ports/rest.ts";
import type { RpcServices } from "../ports/rpc.ts";
import { servedProtocols } from "./configuration.ts";
import { version } from "./version.ts";

/** What a server speaks. */
export class Protocols {
  readonly dialects: readonly Dialect[];
  readonly routes: readonly RestRoute[];
  readonly #known: readonly Protocol[];
  readonly #opened: readonly OpenProtocol[];

  /**
   * Opens those of a list that are switched on and have what they need. `audience` notices who asks
   * where there is trading.
   */
  constructor(
    protocols: readonly Protocol[],
    config: Config,
    { context, audience }: { context: ProtocolContext; audience: Audience | undefined },
  ) {
    this.#known = protocols;
    const served = servedProtocols(config, protocols);
    const opened = served.map((protocol) => {
      const open = protocol.open(context, partOf(config, protocol));
      if (audience === undefined || !protocol.needs.exchange) return open;
      return { ...open, routes: audience.noticing(open.routes) };
    });
    this.#opened = opened;
    this.dialects = opened.map(({ dialect }) => dialect);
    this.routes = opened.flatMap(({ routes }) => routes);
  }

  /** What is served over gRPC, where that is configured. */
  get rpc(): readonly RpcServices[] {
    return this.#opened.flatMap(({ rpc }) => rpc ?? []);
  }

  /** Tasks that look for changes made by other processes, one for each protocol that has one. */
  get refreshes(): readonly ((nowMs: number) => void)[] {
    return this.#opened.map((opened) => (nowMs) => opened.refresh?.(nowMs));
  }

  /** Protocols that have passes for visitors. */
  get withPasses(): readonly string[] {
    return this.#opened
      .filter(({ visitorPass }) => visitorPass !== undefined)
      .map(({ dialect }) => dialect.name);
  }

  /** How a protocol makes passes for visitors; undefined where it has none. */
  passOf(protocol: string): OpenProtocol["visitorPass"] {
    return this.#opened.find(({ dialect }) => dialect.name === protocol)?.visitorPass;
  }

  /** Whether a stream is served on this path. */
  isStream(path: string): boolean {
    return this.dialects.some((dialect) => dialect.accepts(path));
  }

  marketListed(rules: MarketRules): void {
    for (const opened of this.#opened) opened.marketListed?.(rules);
  }

  datasetEnded(code: string): void {
    for (const opened of this.#opened) opened.datasetEnded?.(code);
  }

  /** The reply for a path that nothing serves. What no protocol owns is answered by the first one. */
  notFound(path: string): RestReply {
    const owner = this.#ownerOf(path) ?? this.#known[0];
    return owner?.notFound(path) ?? serverFailure(404, "Not Found");
  }

  /** The reply for a request that could not be read, or whose handling failed. */
  failed(path: string, status: number, message: string): RestReply {
    return this.#ownerOf(path)?.failed(status, message) ?? serverFailure(status, message);
  }

  /** Also of a protocol that is switched off: who asks there speaks it. */
  #ownerOf(path: string): Protocol | undefined {
    return this.#known.find((protocol) => protocol.owns(path));
  }
}

/** What the description of all their routes is headed with. */
export function apiDescription(protocols: readonly Protocol[]): ApiDescription {
  const whose = protocols.map(({ title }) => `${title}'s`).join(" and ");
  return {
    title: "openbourse",
    version: version(),
    description: `The REST interfaces of this server: ${whose}, and the operator's.`,
  };
}

/** What the description of all their streams is headed with. */
export function streamsDescription(protocols: readonly Protocol[]): ApiDescription {
  const whose = protocols.map(({ title }) => `${title}'s`).join(" and ");
  return {
    title: "openbourse",
    version: version(),
    description: `The streams of this server over WebSocket: ${whose}.`,
  };
}

function serverFailure(status: number, message: string): RestReply {
  return { status, body: JSON.stringify({ status: "error", error: { status, message } }) };
}
