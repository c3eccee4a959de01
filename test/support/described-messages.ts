/** The messages of a described stream, on connections that asked for positions and on others. */
import { Value } from "typebox/value";
import type {
  MessageDescription,
  RequestDescription,
  StreamDescription,
} from "../../server/src/ports/stream-description.ts";

/** Whether a connection asked for positions. */
export type Connection = "plain" | "positioned";

/** What a client may send; of what has a form with positions, that form where they were asked for. */
export function requestsOf(
  { channels }: StreamDescription,
  connection: Connection = "plain",
): readonly RequestDescription[] {
  const all = unique(channels.flatMap(({ requests }) => requests));
  const extended = new Set(all.map(({ positionsOf }) => positionsOf));
  return all.filter(({ name, positionsOf }) =>
    connection === "plain" ? positionsOf === undefined : !extended.has(name),
  );
}

/** What the server may send: on connections with positions, updates in their form alone. */
export function sentOf(
  stream: StreamDescription,
  connection: Connection = "plain",
): readonly MessageDescription[] {
  const replies = requestsOf(stream, connection).flatMap((request) => request.replies);
  const updates = stream.channels.flatMap((channel) => channel.updates);
  const extended = new Set(
    updates.filter(({ name, positionsOf }) => positionsOf !== name).map((one) => one.positionsOf),
  );
  return unique([
    ...replies,
    ...updates.filter(({ name, positionsOf }) =>
      connection === "plain" ? positionsOf === undefined : !extended.has(name),
    ),
  ]);
}

function unique<Message extends MessageDescription>(
  messages: readonly Message[],
): readonly Message[] {
  return [...new Map(messages.map((message) => [message.name, message])).values()];
}

/** Names of those that a value is one of. */
export function fitting(
  messages: readonly MessageDescription[],
  value: unknown,
): readonly string[] {
  return messages.filter(({ schema }) => Value.Check(schema, value)).map(({ name }) => name);
}
