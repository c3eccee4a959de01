/** When a cluster's log went on after something had befallen it, by the broker's own time stamps. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { decodeMessage, type LogMessage } from "../../server/src/adapters/nats/message.ts";
import { stream } from "./process-cluster.ts";

/** Milliseconds after the blow, as far as it has come to it. */
export interface FirstWrites {
  /** The first message with commands, stored by whoever leads then. */
  readonly commandMs: number | undefined;
  /** The message with which another engine has taken over. */
  readonly takeoverMs: number | undefined;
}

/** Number of the last message. */
export async function lastMessage(servers: readonly string[]): Promise<number> {
  return await managed(
    servers,
    async (manager) => (await manager.streams.info(stream)).state.last_seq,
  );
}

/** Looks at what was stored behind a message. The broker puts its stamp on a message when it takes it, before it is durable. */
export async function firstWrites(
  servers: readonly string[],
  {
    after,
    atMs,
    needsTerm,
  }: { readonly after: number; readonly atMs: number; readonly needsTerm: boolean },
): Promise<FirstWrites> {
  return await managed(servers, async (manager) => {
    const { state } = await manager.streams.info(stream);
    let takeoverMs: number | undefined;
    for (let seq = after + 1; seq <= state.last_seq; seq += 1) {
      const found = await manager.streams.getMessage(stream, { seq });
      if (found === null) continue;
      const ms = found.time.getTime() - atMs;
      const message = decodeMessage(found.data);
      if (message?.takeover !== undefined) takeoverMs ??= ms;
      const isLater = needsTerm ? takeoverMs !== undefined : ms > 0;
      if (isLater && holdsCommands(message)) return { commandMs: ms, takeoverMs };
    }
    return { commandMs: undefined, takeoverMs };
  });
}

function holdsCommands(message: LogMessage | undefined): boolean {
  return message !== undefined && message.batch.count > 0;
}

async function managed<Result>(
  servers: readonly string[],
  task: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<Result>,
): Promise<Result> {
  const connection = await connect({ servers: [...servers], timeout: 5_000 });
  try {
    return await task(await jetstreamManager(connection, { timeout: 5_000 }));
  } finally {
    await connection.close();
  }
}
