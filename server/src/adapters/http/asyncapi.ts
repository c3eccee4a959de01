/**
 * Describes the streams as an AsyncAPI 3.0 document. It is made of what the protocols say of themselves,
 * in their own schemas, so it cannot tell anything else than they do.
 */
import type { DialectDescription } from "../../ports/dialect.ts";
import type { RouteSecurity } from "../../ports/rest.ts";
import type {
  ChannelDescription,
  MessageDescription,
  RequestDescription,
  StreamDescription,
} from "../../ports/stream-description.ts";
import type { ApiDescription } from "./openapi.ts";

/** A stream with what the server knows of it besides. */
export interface DescribedStream extends DialectDescription {
  /** Its part of the page with all errors, where it has one. */
  readonly errorsPart?: string;
}

/** Where a server is reached, as far as it knows: for example `127.0.0.1:8080`. */
export interface StreamPlace {
  readonly host: string;
  readonly isSecure: boolean;
}

type Named<Value> = Readonly<Record<string, Value>>;

/** An AsyncAPI document, as far as anybody here looks into it. */
export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: ApiDescription;
  readonly defaultContentType: string;
  readonly servers: Named<object>;
  readonly channels: Named<object>;
  readonly operations: Named<object>;
  readonly components: {
    readonly messages: Named<object>;
    readonly securitySchemes: Named<object>;
  };
}

const defaultContentType = "application/json";

/** Writes the document. Names of its parts begin with that of their protocol. */
export function asyncApiDocument(
  streams: readonly DescribedStream[],
  info: ApiDescription,
  place: StreamPlace,
): AsyncApiDocument {
  const of = <Value>(
    parts: (described: DescribedStream) => readonly (readonly [string, Value])[],
  ) => Object.fromEntries(streams.flatMap(parts));
  const security = streams.flatMap(({ stream }) => stream.security);
  return {
    asyncapi: "3.0.0",
    info,
    defaultContentType,
    servers: of((described) => [[described.name, server(described, place)]]),
    channels: of((described) =>
      described.stream.channels.map((part) => [
        `${described.name}.${part.name}`,
        channel(described, part),
      ]),
    ),
    operations: of((described) =>
      described.stream.channels.flatMap((part) => operations(described.name, part)),
    ),
    components: {
      messages: of((described) =>
        described.stream.channels
          .flatMap(messagesOf)
          .map((one) => [`${described.name}.${one.name}`, message(one)]),
      ),
      securitySchemes: schemes(security),
    },
  };
}

function server(described: DescribedStream, place: StreamPlace): object {
  const { title, stream, closings, errorsPart } = described;
  const errors =
    errorsPart === undefined ? "" : ` Errors and close codes: \`/docs/errors#${errorsPart}\`.`;
  return {
    host: place.host,
    protocol: place.isSecure ? "wss" : "ws",
    title,
    description: stream.about + errors,
    ...(stream.security.length === 0 ? {} : { security: references(stream.security) }),
    "x-closings": Object.entries(closings).map(([why, closing]) => ({ why, ...closing })),
  };
}

/** One of them will do. Where a way takes several parts, all of them are named. */
function references(security: RouteSecurity): readonly object[] {
  return security
    .flatMap((way) => Object.keys(way))
    .map((name) => ({ $ref: `#/components/securitySchemes/${name}` }));
}

function schemes(security: RouteSecurity): Named<object> {
  return Object.fromEntries(
    security
      .flatMap((way) => Object.entries(way))
      .map(([name, scheme]) => [name, { ...scheme, type: "httpApiKey" }]),
  );
}

function channel({ name, stream }: DescribedStream, part: ChannelDescription): object {
  return {
    address: stream.path,
    title: part.title,
    description: part.about,
    servers: [{ $ref: `#/servers/${name}` }],
    tags: [{ name }, ...(part.isPrivate ? [{ name: "private" }] : [])],
    messages: Object.fromEntries(
      messagesOf(part).map((one) => [
        one.name,
        { $ref: `#/components/messages/${name}.${one.name}` },
      ]),
    ),
    bindings: { ws: { method: "GET", ...queryBinding(stream), bindingVersion: "0.1.0" } },
  };
}

/** What the address of the upgrade carries (AsyncAPI bindings, WebSockets 0.1.0). */
function queryBinding({ security, parameters = {} }: StreamDescription): object {
  const proofs = security
    .flatMap((way) => Object.values(way))
    .filter((scheme) => scheme.in === "query")
    .map(({ name, description }) => [name, description] as const);
  const shown = [...proofs, ...Object.entries(parameters)].map(
    ([name, description]) => [name, { type: "string", description }] as const,
  );
  if (shown.length === 0) return {};
  return { query: { type: "object", properties: Object.fromEntries(shown) } };
}

function messagesOf({ requests, updates }: ChannelDescription): readonly MessageDescription[] {
  return [...requests.flatMap((one) => [one, ...one.replies]), ...updates];
}

/** What the server receives, an operation for each request, and what it sends of itself. */
function operations(
  name: string,
  part: ChannelDescription,
): readonly (readonly [string, object])[] {
  const id = `${name}.${part.name}`;
  const asked = part.requests.map((one) => [`${id}.${one.name}`, receiving(id, one)] as const);
  if (part.updates.length === 0) return asked;
  const updates = {
    action: "send",
    channel: { $ref: `#/channels/${id}` },
    title: part.title,
    summary: part.about,
    messages: part.updates.map((one) => messageOf(id, one)),
  };
  return [...asked, [`${id}.updates`, updates]];
}

function receiving(id: string, request: RequestDescription): object {
  const here = { $ref: `#/channels/${id}` };
  const { replies } = request;
  return {
    action: "receive",
    channel: here,
    summary: request.summary,
    messages: [messageOf(id, request)],
    ...(replies.length === 0
      ? {}
      : { reply: { channel: here, messages: replies.map((one) => messageOf(id, one)) } }),
  };
}

function messageOf(id: string, { name }: MessageDescription): object {
  return { $ref: `#/channels/${id}/messages/${name}` };
}

function message(described: MessageDescription): object {
  const { name, summary, schema, contentType, positionsOf, examples } = described;
  return {
    name,
    summary,
    contentType: contentType ?? defaultContentType,
    payload: schema,
    ...(positionsOf === undefined ? {} : { "x-positions-of": positionsOf }),
    ...(examples.length === 0
      ? {}
      : { examples: examples.map((one, index) => ({ name: `${name}-${index + 1}`, ...one })) }),
  };
}
