/** What can be said on the streams of this server, read from its AsyncAPI document. The console knows no protocol by itself. */

/** Where the document is. */
export const documentPath = "/docs/asyncapi.json";

/** A protocol with a stream. */
export interface ConsoleProtocol {
  readonly name: string;
  readonly title: string;
  /** Path of its stream. */
  readonly path: string;
  /** Parameter of the address that says who connects; undefined where everybody may. */
  readonly parameter: string | undefined;
  readonly channels: readonly ConsoleChannel[];
  /** What is sent to be kept connected; undefined where the protocol has no such request. */
  readonly signOfLife: string | undefined;
}

/** What belongs together. */
export interface ConsoleChannel {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly isPrivate: boolean;
  readonly examples: readonly ConsoleExample[];
}

/** A message that can be sent as it is. */
export interface ConsoleExample {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

interface Reference {
  readonly $ref: string;
}

interface Message {
  readonly name: string;
  readonly contentType: string;
  readonly examples?: readonly { readonly summary: string; readonly payload: unknown }[];
}

interface Channel {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Reference[];
  readonly tags?: readonly { readonly name: string }[];
  readonly bindings?: { readonly ws?: { readonly query?: { readonly properties: object } } };
}

/** The document, as far as it is read. */
export interface AsyncApi {
  readonly servers: Readonly<
    Record<string, { readonly title: string; readonly security?: readonly Reference[] }>
  >;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly action: "send" | "receive";
        readonly channel: Reference;
        readonly messages: readonly Reference[];
      }
    >
  >;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

/** Requests that do nothing but say that somebody is there, by the names that protocols have for them. */
const signsOfLife: ReadonlySet<string> = new Set(["ping", "heartbeat"]);

/** Reads a document. */
export function protocolsOf(document: AsyncApi): readonly ConsoleProtocol[] {
  return Object.entries(document.servers).map(([name, { title, security }]) => {
    const channels = Object.entries(document.channels).filter(([, { servers }]) =>
      servers.some(({ $ref }) => $ref === `#/servers/${name}`),
    );
    const [first] = channels.map(([, channel]) => channel);
    const read = channels.map(([id, channel]) => channelOf(document, id, channel));
    const examples = read.flatMap((channel) => channel.examples);
    return {
      ...{ name, title, path: first?.address ?? "/" },
      parameter: security === undefined ? undefined : parametersOf(first)[0],
      channels: read.filter((channel) => channel.examples.length > 0),
      signOfLife: examples.find(({ title: summary }) => signsOfLife.has(summary))?.text,
    };
  });
}

/** The one that says who connects comes first. */
function parametersOf(channel: Channel | undefined): readonly string[] {
  return Object.keys(channel?.bindings?.ws?.query?.properties ?? {});
}

function channelOf(document: AsyncApi, id: string, channel: Channel): ConsoleChannel {
  const requests = Object.values(document.operations).filter(
    ({ action, channel: { $ref } }) => action === "receive" && $ref === `#/channels/${id}`,
  );
  const messages = requests.flatMap((request) =>
    request.messages.map(({ $ref }) => lastPart($ref)),
  );
  const [protocol = ""] = id.split(".");
  return {
    ...{ id, title: channel.title, about: channel.description.replaceAll("`", "") },
    isPrivate: channel.tags?.some(({ name }) => name === "private") ?? false,
    examples: messages.flatMap((message) =>
      examplesOf(`${protocol}.${message}`, document.components.messages[`${protocol}.${message}`]),
    ),
  };
}

function examplesOf(id: string, message: Message | undefined): readonly ConsoleExample[] {
  const { contentType, examples = [] } = message ?? {};
  return examples.map(({ summary, payload }, index) => ({
    ...{ id: `${id}.${index}`, title: summary },
    text: contentType === "application/json" ? JSON.stringify(payload) : String(payload),
  }));
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
