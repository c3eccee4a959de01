/**
 * The stream of a command log at the broker: how it has to be set up, and how its messages are written
 * and read. It knows nothing of writers and fences but the number that a message has to come after.
 */
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { assert } from "../../core/assert.ts";
import { StartError } from "../../ports/start-error.ts";
import { type Delivery, deliver } from "./delivery.ts";
import type { NatsLink } from "./link.ts";
import { overheadBytesMax } from "./message.ts";
import { page } from "./pages.ts";
import { patiently } from "./patient.ts";
import type { StreamMessage } from "./stream-message.ts";
import { wordsOf } from "./words.ts";

/** Which stream is the log. */
export interface CommandStreamOptions {
  /** Name of the stream: letters, digits, `-` and `_`. */
  readonly name: string;
  /** On how many servers each message is: 1, 3 or 5. */
  readonly replicas: number;
  /** Identity of a log that is made where there is none: 32 hex digits. Left out where one has to be there. */
  readonly newEpoch?: string | undefined;
}

/** Largest message that a stream takes, in bytes, where the broker takes that much. */
const messageBytesMax = 1_024 * 1_024;

/** The broker's own headers, which count as well. */
const ownHeaderBytes = 1_024;

/** How long an answer of the broker is waited for, in milliseconds. */
const answerMs = 2_000;

/** The broker's word for a message that does not come after the one that it expects. */
const wrongLastSequence = 10_071;

const epochKey = "openbourse.epoch";

/** That the broker has no such stream, as far as the server knows that was asked. */
const noStream = 10_059;

/** What became of a message: its place is taken, or nobody knows yet, for this reason. */
export type Published = "stored" | "taken" | Error;

/** An open stream. The link is not its own, and stays open when nobody uses the stream any more. */
export class CommandStream {
  readonly epoch: string;
  /** Most bytes of a batch's payload. */
  readonly payloadBytesMax: number;
  readonly link: NatsLink;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #name: string;

  private constructor(link: NatsLink, manager: JetStreamManager, info: StreamInfo) {
    this.link = link;
    this.#manager = manager;
    this.#client = jetstream(link.connection, { timeout: answerMs });
    this.#name = info.config.name;
    this.epoch = info.config.metadata?.[epochKey] ?? "";
    const taken = Math.min(link.connection.info?.max_payload ?? messageBytesMax, messageBytesMax);
    this.payloadBytesMax = taken - overheadBytesMax - ownHeaderBytes;
  }

  /** Finds or makes the stream. A `StartError` says why that cannot be. */
  static async open(link: NatsLink, options: CommandStreamOptions): Promise<CommandStream> {
    try {
      const { manager, info } = await patiently(async () => {
        const manager = await jetstreamManager(link.connection, { timeout: answerMs });
        return { manager, info: await foundOrMade(manager, options) };
      });
      const fault = faultOf(info.config, options);
      if (fault !== undefined) throw new StartError(`stream ${options.name} ${fault}`);
      return new CommandStream(link, manager, info);
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError(`the broker's stream ${options.name} cannot be used: ${wordsOf(error)}`);
    }
  }

  /** Number of the last message; 0 of an empty stream. */
  async last(): Promise<number> {
    return (await this.#state()).last_seq;
  }

  /** Number of the first message; 1 where there is none. */
  async first(): Promise<number> {
    const state = await this.#state();
    return state.messages === 0 ? 1 : state.first_seq;
  }

  /** What all its messages take, in bytes. */
  async bytes(): Promise<number> {
    return (await this.#state()).bytes;
  }

  /** Forgets all messages before the one of a number, 2 or more: 1 means to the broker that nothing is kept. */
  async forgetBefore(at: number): Promise<void> {
    assert(at > 1, "something is kept");
    await this.#manager.streams.purge(this.#name, { seq: at });
  }

  /** Stores a message behind the one of a number, or not at all. Never rejects. */
  async publish(bytes: Uint8Array, after: number): Promise<Published> {
    try {
      const expect = { lastSequence: after };
      const options = { expect, timeout: answerMs, retries: 0 };
      const subject = commandSubject(this.#name);
      await this.link.asked(() => this.#client.publish(subject, bytes, options));
      return "stored";
    } catch (error) {
      const isTaken = error instanceof JetStreamApiError && error.code === wrongLastSequence;
      return isTaken ? "taken" : error instanceof Error ? error : new Error(String(error));
    }
  }

  async #state() {
    const { state } = await this.link.asked(() => this.#manager.streams.info(this.#name));
    return state;
  }

  /** The message of a number, as its leader has it; undefined where it has none. */
  async message(at: number): Promise<StreamMessage | undefined> {
    const found = await this.link.asked(() =>
      this.#manager.streams.getMessage(this.#name, { seq: at }),
    );
    return found === null ? undefined : { at: found.seq, bytes: found.data };
  }

  /** Messages from one number to another, both included; ends early where the stream does. */
  async *messages(from: number, to: number): AsyncGenerator<StreamMessage, void, undefined> {
    for (let next = from; next <= to; ) {
      const before = next;
      for (const found of await page(this.link, { stream: this.#name, from: next, to })) {
        if (found.at > to) break;
        yield found;
        next = found.at + 1;
      }
      if (next !== before) continue;
      // A server that is behind has not got it yet; the one that leads has.
      const found = await this.message(next);
      if (found === undefined) return;
      yield found;
      next = found.at + 1;
    }
  }

  /** Has messages from a number on delivered as they come; see {@link Delivery}. Rejects where that cannot be. */
  deliver(from: number): Promise<Delivery> {
    return deliver(this.link, this.#manager, { stream: this.#name, from });
  }
}

/** What reads and writes messages needs of a stream. */
export interface MessageStream extends Pick<CommandStream, Exclude<keyof CommandStream, "link">> {
  readonly link: Pick<NatsLink, "goElsewhere">;
}

/** Whether the broker says that the stream is not there. */
export function saysNoStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === noStream;
}

/** The subject of a log's messages, by the name of its stream. */
export function commandSubject(name: string): string {
  return `openbourse.${name}.commands`;
}

async function foundOrMade(
  manager: JetStreamManager,
  { name, replicas, newEpoch }: CommandStreamOptions,
): Promise<StreamInfo> {
  const found = await manager.streams.info(name).catch((error: unknown) => {
    if (saysNoStream(error)) return undefined;
    throw error;
  });
  if (found !== undefined) return found;
  if (newEpoch === undefined) {
    throw new StartError(
      `the NATS servers have no stream ${name}, in which the commands of the cluster are: start an engine of it first, or correct cluster.name; where the stream was lost, fill it from the log of the engine that has most commands (openbourse cluster refill)`,
    );
  }
  return await manager.streams.add({
    name,
    subjects: [commandSubject(name)],
    storage: "file",
    retention: "limits",
    discard: "new",
    num_replicas: replicas,
    max_msg_size: messageBytesMax,
    // A message is known again by its place, and not by an id.
    duplicate_window: 100_000_000,
    deny_delete: true,
    allow_direct: true,
    metadata: { [epochKey]: newEpoch },
  });
}

/** Why a stream can be no log, in words that follow its name. */
function faultOf(config: StreamConfig, { replicas }: CommandStreamOptions): string | undefined {
  const { metadata, discard, max_age, max_msgs, max_bytes, num_replicas } = config;
  const epoch = metadata?.[epochKey];
  if (epoch === undefined || !/^[0-9a-f]{32}$/.test(epoch)) {
    return "was not made by openbourse: name another one";
  }
  const isBounded = max_age > 0 || max_msgs > 0 || max_bytes > 0;
  if (isBounded && discard !== "new") {
    return "forgets its oldest messages (discard: old with a limit): take the limit away";
  }
  if (max_age > 0) return "forgets its messages by age: set max_age to 0";
  if (num_replicas !== replicas) {
    return `is kept by ${num_replicas} servers, and is to be by ${replicas}: change its num_replicas, or the configuration`;
  }
  return undefined;
}
