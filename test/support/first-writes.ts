/** When a cluster's log went on after something had befallen it, by the broker's own time stamps. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { decodeMessage, type LogMessage } from "../../server/src/adapters/nats/message.ts";
import { stream } from "./process-cluster.ts";

/** Milliseconds after the blow, as far as it has come to it. */
export interface FirstWrites {
  /**
   * The first message with commands, stored by whoever leads then. Where nobody takes over: the one that ended the longest
   * pause, since what was under way at the blow may still have been stored.
   */
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

interface Write {
  /** Milliseconds after the blow. */
  readonly ms: number;
  readonly isTakeover: boolean;
  readonly holdsCommands: boolean;
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
  const writes = await writesAfter(servers, { after, atMs });
  const takeover = writes.findIndex(({ isTakeover }) => isTakeover);
  const takeoverMs = writes[takeover]?.ms;
  if (needsTerm && takeover < 0) return { commandMs: undefined, takeoverMs };
  const behind = needsTerm ? writes.slice(takeover) : writes;
  const commands = behind.filter(({ holdsCommands, ms }) => holdsCommands && ms > 0);
  const commandMs = needsTerm ? commands[0]?.ms : endOfLongestPause(commands);
  return { commandMs, takeoverMs };
}

async function writesAfter(
  servers: readonly string[],
  { after, atMs }: { readonly after: number; readonly atMs: number },
): Promise<readonly Write[]> {
  return await managed(servers, async (manager) => {
    const { state } = await manager.streams.info(stream);
    const writes: Write[] = [];
    for (let seq = after + 1; seq <= state.last_seq; seq += 1) {
      const found = await manager.streams.getMessage(stream, { seq });
      if (found === null) continue;
      const message = decodeMessage(found.data);
      writes.push({
        ms: found.time.getTime() - atMs,
        isTakeover: message?.takeover !== undefined,
        holdsCommands: holdsCommands(message),
      });
    }
    return writes;
  });
}

function endOfLongestPause(writes: readonly Write[]): number | undefined {
  let pauseMs = 0;
  let beforeMs = 0;
  let endMs: number | undefined;
  for (const { ms } of writes) {
    if (ms - beforeMs > pauseMs) {
      pauseMs = ms - beforeMs;
      endMs = ms;
    }
    beforeMs = ms;
  }
  return endMs;
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
