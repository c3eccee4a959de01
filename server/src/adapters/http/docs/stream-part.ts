/** The streams as HTML, written from their AsyncAPI document. */
import type { AsyncApiDocument } from "../asyncapi.ts";
import { type Html, html, prose } from "./html.ts";
import { documentPaths } from "./layout.ts";
import { schemaTable } from "./schema-table.ts";

interface Reference {
  readonly $ref: string;
}

interface Server {
  readonly title: string;
  readonly description: string;
  readonly protocol: string;
  readonly security?: readonly Reference[];
}

interface Channel {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Reference[];
  readonly tags: readonly { readonly name: string }[];
  readonly bindings: {
    readonly ws: {
      readonly query?: {
        readonly properties: Readonly<Record<string, { readonly description: string }>>;
      };
    };
  };
}

interface Operation {
  readonly action: "send" | "receive";
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
}

interface Message {
  readonly name: string;
  readonly summary: string;
  readonly contentType: string;
  readonly payload: Payload;
  /** Name of the message that this one is with positions. */
  readonly "x-positions-of"?: string;
  readonly examples?: readonly { readonly summary: string; readonly payload: unknown }[];
}

interface Payload {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

interface Scheme {
  readonly in: string;
  readonly name: string;
  readonly description: string;
}

/** Links to the channels, by protocol. */
export function streamContents(document: AsyncApiDocument): readonly Html[] {
  return serversOf(document).map(
    ([name, { title }]) =>
      html`<details open><summary>${title} stream</summary><ul>${channelsOf(document, name).map(
        ([id, channel]) => html`<li data-for="${id}"><a href="#${id}">${channel.title}</a></li>`,
      )}</ul></details>`,
  );
}

/** All channels, by protocol: each piece is made when it is asked for. */
export function* streamPart(document: AsyncApiDocument): Generator<Html> {
  yield html`<section id="streams"><h1>Streams</h1>
<p>Over WebSocket. For programs: AsyncAPI 3.0 as <a href="${documentPaths.streams}">JSON</a> or <a href="${documentPaths.streamsYaml}">YAML</a>. Examples can be sent from the <a href="/console">console</a>.</p>`;
  for (const [name, server] of serversOf(document)) {
    yield serverHtml(document, name, server);
    for (const [id, channel] of channelsOf(document, name)) {
      yield channelHtml(document, id, channel);
    }
  }
  yield html`</section>`;
}

function serversOf({ servers }: AsyncApiDocument): readonly [string, Server][] {
  return Object.entries(servers as Readonly<Record<string, Server>>);
}

function channelsOf({ channels }: AsyncApiDocument, server: string): readonly [string, Channel][] {
  return Object.entries(channels as Readonly<Record<string, Channel>>).filter(([, { servers }]) =>
    servers.some(({ $ref }) => $ref === `#/servers/${server}`),
  );
}

function serverHtml(document: AsyncApiDocument, name: string, server: Server): Html {
  const channels = channelsOf(document, name);
  const schemes = document.components.securitySchemes as Readonly<Record<string, Scheme>>;
  const proofs = (server.security ?? []).flatMap(({ $ref }) => schemes[lastPart($ref)] ?? []);
  const address = `${server.protocol}://SERVER${channels[0]?.[1].address ?? ""}`;
  const query = proofs.map((proof) => `${proof.name}=${proof.name.toUpperCase()}`).join("&");
  const isProof = (parameter: string) => proofs.some((proof) => proof.name === parameter);
  const others = Object.entries(channels[0]?.[1].bindings.ws.query?.properties ?? {}).filter(
    ([parameter]) => !isProof(parameter),
  );
  return html`<h2 id="${name}">${server.title}</h2>
<pre class="copy" tabindex="0">${address}${query === "" ? "" : `?${query}`}</pre>
<p>${prose(server.description)} <a href="/docs/errors#${name}">Errors and close codes</a></p>
${proofs.length === 0 ? html`<p class="access">Open to everybody.</p>` : html`<ul class="access">${proofs.map((proof) => html`<li><code>${proof.name}</code> (${proof.in}): ${prose(proof.description)}</li>`)}</ul>`}
${others.length === 0 ? undefined : html`<ul>${others.map(([parameter, { description }]) => html`<li><code>${parameter}</code> (query): ${prose(description)}</li>`)}</ul>`}`;
}

function channelHtml(document: AsyncApiDocument, id: string, channel: Channel): Html {
  const operations = Object.entries(document.operations as Readonly<Record<string, Operation>>)
    .map(([, operation]) => operation)
    .filter((operation) => operation.channel.$ref === `#/channels/${id}`);
  const isPrivate = channel.tags.some(({ name }) => name === "private");
  return html`<details class="item" id="${id}">
<summary><b class="channel">${isPrivate ? "private" : "public"}</b> <code>${id}</code> <span>${channel.title}</span></summary>
<p>${prose(channel.description)}</p>
${operations.map((operation) => operationHtml(document, operation))}
</details>`;
}

function operationHtml(document: AsyncApiDocument, operation: Operation): Html {
  const messages = operation.messages.map((one) => messageOf(document, operation, one));
  const replies = (operation.reply?.messages ?? []).map((one) =>
    messageOf(document, operation, one),
  );
  const who = operation.action === "receive" ? "You send" : "The server sends";
  const isMore = ({ name, "x-positions-of": of = name }: Message) => of !== name;
  const others = [...messages, ...replies].filter(isMore);
  const isAllMore = messages.every(isMore);
  return html`${messages
    .filter((one) => !isMore(one))
    .map((one) => html`<h3>${who} <code>${one.name}</code></h3>${messageHtml(one)}`)}
${others.map((one) => moreHtml(document, operation, one))}
${isAllMore ? undefined : replies.map((one) => html`<details class="reply"><summary>Reply <code>${one.name}</code>: ${prose(one.summary)}</summary>${messageHtml(one)}</details>`)}`;
}

/** What a message has more than that of connections without positions. */
function moreHtml(document: AsyncApiDocument, operation: Operation, message: Message): Html {
  const { name, summary, payload, "x-positions-of": plainName = name } = message;
  const plain = messageOf(document, operation, { $ref: `/${plainName}` });
  const isMore = (field: string) => !Object.hasOwn(plain.payload.properties ?? {}, field);
  const fields = Object.entries(payload.properties ?? {}).filter(([field]) => isMore(field));
  const more = {
    properties: Object.fromEntries(fields),
    required: payload.required?.filter(isMore) ?? [],
  };
  return html`<details class="reply"><summary><code>${name}</code>: ${prose(summary)}</summary>${schemaTable(more)}</details>`;
}

function messageHtml({ summary, contentType, payload, examples = [] }: Message): Html {
  const isJson = contentType === "application/json";
  return html`<p>${prose(summary)}${isJson ? undefined : html` <code>${contentType}</code>`}</p>
${schemaTable(payload)}
${examples.map((one) => html`<pre class="copy" tabindex="0">${isJson ? JSON.stringify(one.payload) : String(one.payload)}</pre>`)}`;
}

/** The message that an operation names as its channel does. */
function messageOf(
  document: AsyncApiDocument,
  { channel }: Operation,
  { $ref }: Reference,
): Message {
  const [protocol = ""] = lastPart(channel.$ref).split(".");
  return document.components.messages[`${protocol}.${lastPart($ref)}`] as Message;
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
