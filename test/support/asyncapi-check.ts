/**
 * What is wrong with an AsyncAPI 3.0 document, a line each. It knows the parts of the specification that our
 * documents use: whatever else stands in one is reported, so that nothing goes unread.
 */
import { Value } from "typebox/value";
import { schemaFaults } from "./openapi-check.ts";

type Json = Readonly<Record<string, unknown>>;

/** Fields that each kind of object may have, those that it must have with a `!` (AsyncAPI 3.0.0, Schema). */
const fields = {
  document: "asyncapi! info! id servers defaultContentType channels operations components",
  info: "title! version! description termsOfService contact license tags externalDocs",
  server:
    "host! protocol! protocolVersion pathname description title summary variables security tags externalDocs bindings",
  channel:
    "address messages title summary description servers parameters tags externalDocs bindings",
  operation:
    "action! channel! title summary description security tags externalDocs bindings traits messages reply",
  reply: "address channel messages",
  message:
    "headers payload correlationId contentType name title summary description tags externalDocs bindings examples traits",
  example: "headers payload name summary",
  components: "messages! securitySchemes",
  scheme: "type! in! name! description",
  binding: "method query headers bindingVersion",
} as const;

/** Keys of parts that others refer to. */
const keyPattern = /^[\w.-]+$/;

/** Everything that is wrong. */
export function findAsyncApiFaults(document: Json): readonly string[] {
  const { messages, securitySchemes } = asObject(document["components"]);
  const keys = ["servers", "channels", "operations"].flatMap((part) =>
    Object.keys(asObject(document[part])),
  );
  return [
    ...fieldFaults("document", document, "document"),
    ...unless(/^3\.0\.\d+$/.test(String(document["asyncapi"])), "asyncapi is no 3.0 version"),
    ...fieldFaults("info", document["info"], "info"),
    ...fieldFaults("components", document["components"], "components"),
    ...keys.flatMap((key) => unless(keyPattern.test(key), `key ${key}`)),
    ...entries(document["servers"]).flatMap(([name, server]) =>
      serverFaults(document, name, server),
    ),
    ...entries(document["channels"]).flatMap(([name, channel]) =>
      channelFaults(document, name, channel),
    ),
    ...entries(document["operations"]).flatMap(([name, operation]) =>
      operationFaults(document, name, operation),
    ),
    ...entries(securitySchemes).flatMap(([name, scheme]) => [
      ...fieldFaults("scheme", scheme, `scheme ${name}`),
      ...unless(scheme["type"] === "httpApiKey", `scheme ${name}: type`),
    ]),
    ...entries(messages).flatMap(([name, message]) => messageFaults(message, `message ${name}`)),
  ];
}

function unless(isRight: boolean, fault: string): readonly string[] {
  return isRight ? [] : [fault];
}

/** A reference that leads nowhere, or to something else than it should. */
function referenceFaults(document: Json, value: unknown, prefix: string): readonly string[] {
  const { $ref } = asObject(value);
  const isRight =
    typeof $ref === "string" && $ref.startsWith(prefix) && at(document, $ref) !== undefined;
  return unless(isRight, `${JSON.stringify(value)} leads nowhere below ${prefix}`);
}

function serverFaults(document: Json, name: string, server: Json): readonly string[] {
  const place = `server ${name}`;
  const security = asList(server["security"]).flatMap((way) =>
    referenceFaults(document, way, "#/components/securitySchemes/"),
  );
  return [
    ...fieldFaults("server", server, place),
    ...unless(["ws", "wss"].includes(String(server["protocol"])), `${place}: protocol`),
    ...unless(/^[\w.:[\]-]+$/.test(String(server["host"])), `${place}: host`),
    ...security.map((fault) => `${place}: ${fault}`),
  ];
}

function channelFaults(document: Json, name: string, channel: Json): readonly string[] {
  const place = `channel ${name}`;
  const references = [
    ...asList(channel["servers"]).flatMap((one) => referenceFaults(document, one, "#/servers/")),
    ...Object.values(asObject(channel["messages"])).flatMap((one) =>
      referenceFaults(document, one, "#/components/messages/"),
    ),
  ];
  return [
    ...fieldFaults("channel", channel, place),
    ...unless(/^\/[^?#]*$/.test(String(channel["address"])), `${place}: address`),
    ...references.map((fault) => `${place}: ${fault}`),
    ...fieldFaults("binding", asObject(channel["bindings"])["ws"], place),
  ];
}

function operationFaults(document: Json, name: string, operation: Json): readonly string[] {
  const place = `operation ${name}`;
  const { action, channel, messages, reply } = operation;
  const ofChannel = `${String(asObject(channel)["$ref"])}/messages/`;
  const { channel: back, messages: replies } = asObject(reply);
  const references = [
    ...referenceFaults(document, channel, "#/channels/"),
    ...(reply === undefined ? [] : referenceFaults(document, back, "#/channels/")),
    ...[...asList(messages), ...asList(replies)].flatMap((one) =>
      referenceFaults(document, one, ofChannel),
    ),
  ];
  return [
    ...fieldFaults("operation", operation, place),
    ...unless(["send", "receive"].includes(String(action)), `${place}: action`),
    ...(reply === undefined ? [] : fieldFaults("reply", reply, place)),
    ...references.map((fault) => `${place}: ${fault}`),
  ];
}

function messageFaults(message: Json, place: string): readonly string[] {
  const { payload, examples } = message;
  return [
    ...fieldFaults("message", message, place),
    ...schemaFaults(JSON.parse(JSON.stringify(payload), withPlaces), `${place}: payload`),
    ...asList(examples).flatMap((example) => [
      ...fieldFaults("example", example, place),
      // An example that its own schema refuses teaches what is wrong.
      ...unless(
        Value.Check(asObject(payload), example["payload"]),
        `${place}: example ${JSON.stringify(example["payload"])} is refused by the schema`,
      ),
    ]),
  ];
}

/** Draft 7, which AsyncAPI has, writes the places of a tuple as `items`; drafts after it as `prefixItems`. */
function withPlaces(_key: string, value: unknown): unknown {
  const { items, ...others } = asObject(value);
  return Array.isArray(items) ? { ...others, prefixItems: items } : value;
}

function fieldFaults(kind: keyof typeof fields, value: unknown, place: string): readonly string[] {
  const known = fields[kind].split(" ");
  const object = asObject(value);
  return [
    ...known
      .filter((name) => name.endsWith("!") && !(name.slice(0, -1) in object))
      .map((name) => `${place}: no ${name.slice(0, -1)}`),
    ...Object.keys(object)
      .filter(
        (name) => !name.startsWith("x-") && !known.some((one) => one.replace("!", "") === name),
      )
      .map((name) => `${place}: unknown field ${name}`),
  ];
}

/** What a reference of the document leads to. */
function at(document: Json, reference: string): unknown {
  const parts = reference.slice(2).split("/");
  return parts.reduce<unknown>((value, part) => asObject(value)[part], document);
}

function entries(value: unknown): readonly (readonly [string, Json])[] {
  return Object.entries(asObject(value)).map(([name, part]) => [name, asObject(part)]);
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}
