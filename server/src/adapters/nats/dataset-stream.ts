/** The stream of datasets, kept by NATS JetStream: one subject for each dataset, on which one writer at a time goes on. */
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { Appended, DatasetMessage, DatasetStream } from "../../ports/dataset-stream.ts";
import { type StopSignal, stopSource } from "../../ports/feed.ts";
import { StartError } from "../../ports/start-error.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { saysNoStream } from "./command-stream.ts";
import { type Delivery, deliver } from "./delivery.ts";
import type { NatsLink } from "./link.ts";
import { patiently } from "./patient.ts";
import { wordsOf } from "./words.ts";

/** How long a message is kept, in milliseconds. */
export const datasetAgeMsMax = 3_600_000;

/** Most bytes of all messages together, on each server that has them; the oldest are forgotten first. */
export const datasetBytesMax: number = 512 * 1_024 * 1_024;

/** Largest message, in bytes, where the broker takes that much. */
const messageBytesMax = 1_024 * 1_024;

/** The broker's own headers, which count as well. */
const headerBytes = 1_024;

const nsPerMs = 1_000_000;

/** How long an answer of the broker is waited for, in milliseconds. */
const answerMs = 2_000;

/** The broker's words for a message that does not come after the one that it expects. */
const wrongLast: ReadonlySet<number> = new Set([10_071, 10_164]);

/** Between two looks whether a delivery is still alive, and between two tries to have one, in milliseconds. */
const silenceMs = 1_500;
const againMs = 100;

/** Tries without a delivery after which another server is gone to. */
const unansweredMax = 6;

const epochKey = "openbourse.epoch";

/** Which stream it is. */
export interface DatasetStreamOptions {
  /** Name of the stream: letters, digits, `-` and `_`. */
  readonly name: string;
  /** On how many servers each message is: 1, 3 or 5. */
  readonly replicas: number;
  /** Identity of a stream that is made where there is none: 32 hex digits. Left out where one has to be there. */
  readonly newEpoch?: string | undefined;
  /** By default {@link datasetBytesMax}. */
  readonly bytesMax?: number;
}

/** An open stream. */
export class NatsDatasetStream implements DatasetStream {
  readonly epoch: string;
  readonly newestAtOpening: number;
  readonly messageBytesMax: number;
  readonly #link: NatsLink;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #name: string;
  readonly #closing = stopSource();

  private constructor(link: NatsLink, manager: JetStreamManager, { config, state }: StreamInfo) {
    this.newestAtOpening = state.last_seq;
    this.#link = link;
    this.#manager = manager;
    this.#client = jetstream(link.connection, { timeout: answerMs });
    this.#name = config.name;
    this.epoch = config.metadata?.[epochKey] ?? "";
    const taken = Math.min(link.connection.info?.max_payload ?? messageBytesMax, messageBytesMax);
    this.messageBytesMax = taken - headerBytes;
  }

  /** Finds or makes it; undefined where there is none and none is to be made. A `StartError` says why it cannot be used. */
  static async open(
    link: NatsLink,
    options: DatasetStreamOptions,
  ): Promise<NatsDatasetStream | undefined> {
    const { name } = options;
    try {
      const opened = await patiently(async () => {
        const manager = await jetstreamManager(link.connection, { timeout: answerMs });
        const info = await foundOrMade(manager, options);
        return info && { manager, info };
      });
      if (opened === undefined) return undefined;
      const { manager, info } = opened;
      if (!/^[0-9a-f]{32}$/.test(info.config.metadata?.[epochKey] ?? "")) {
        throw new StartError(`stream ${name} was not made by openbourse: name another cluster`);
      }
      return new NatsDatasetStream(link, manager, info);
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError(`the broker's stream ${name} cannot be used: ${wordsOf(error)}`);
    }
  }

  last(dataset: string): Promise<DatasetMessage | undefined | StorageFailure> {
    return this.#found({ last_by_subj: this.#subject(dataset) });
  }

  next(dataset: string, from: number): Promise<DatasetMessage | undefined | StorageFailure> {
    const query = { seq: from, next_by_subj: this.#subject(dataset) };
    return this.#found(query);
  }

  async append(
    dataset: string,
    bytes: Uint8Array,
    after: number,
  ): Promise<Appended | StorageFailure> {
    try {
      const expect = { lastSubjectSequence: after };
      const options = { expect, timeout: answerMs, retries: 0 };
      const subject = this.#subject(dataset);
      const { seq } = await this.#link.asked(() => this.#client.publish(subject, bytes, options));
      return { kind: "appended", at: seq };
    } catch (error) {
      const isTaken = error instanceof JetStreamApiError && wrongLast.has(error.code);
      return isTaken ? "overtaken" : failure("take", error);
    }
  }

  async *follow(
    dataset: string,
    from: number,
    signal: StopSignal,
  ): AsyncGenerator<DatasetMessage, void, undefined> {
    const closing = this.#closing.signal;
    let next = from;
    let delivery: Delivery | undefined;
    const wake = () => delivery?.wake();
    for (const source of [signal, closing]) source.addEventListener("abort", wake);
    const isOver = () => signal.aborted || closing.aborted;
    try {
      while (!isOver()) {
        delivery ??= await this.#delivery(dataset, next, isOver);
        for (let found = delivery?.take(); found !== undefined; found = delivery?.take()) {
          if (found.at < next) continue;
          next = found.at + 1;
          yield found;
        }
        if (delivery === undefined || isOver() || (await isAlive(delivery))) continue;
        delivery.close();
        delivery = undefined;
      }
    } finally {
      for (const source of [signal, closing]) source.removeEventListener("abort", wake);
      delivery?.close();
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  /** A delivery of what comes from a number on, tried until there is one. */
  async #delivery(
    dataset: string,
    from: number,
    isOver: () => boolean,
  ): Promise<Delivery | undefined> {
    const options = { stream: this.#name, from, subject: this.#subject(dataset) };
    for (let tries = 1; !isOver(); tries += 1) {
      try {
        return await deliver(this.#link, this.#manager, options);
      } catch {
        if (tries % unansweredMax === 0) this.#link.goElsewhere();
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
    return undefined;
  }

  async #found(query: MsgRequest): Promise<DatasetMessage | undefined | StorageFailure> {
    try {
      const found = await this.#link.asked(() =>
        this.#manager.streams.getMessage(this.#name, query),
      );
      return found === null ? undefined : { at: found.seq, bytes: found.data };
    } catch (error) {
      return failure("tell", error);
    }
  }

  #subject(dataset: string): string {
    return `${subjectsOf(this.#name)}.${dataset.replaceAll(".", "=")}`;
  }
}

/** Whether a delivery goes on: a message is there, or may come. */
async function isAlive(delivery: Delivery): Promise<boolean> {
  return (await delivery.comes(silenceMs)) || !(delivery.isSilent || delivery.isBroken);
}

function subjectsOf(name: string): string {
  return `openbourse.${name}.told`;
}

async function foundOrMade(
  manager: JetStreamManager,
  { name, replicas, newEpoch, bytesMax = datasetBytesMax }: DatasetStreamOptions,
): Promise<StreamInfo | undefined> {
  const found = await manager.streams.info(name).catch((error: unknown) => {
    if (saysNoStream(error)) return undefined;
    throw error;
  });
  if (found !== undefined || newEpoch === undefined) return found;
  const config: Partial<StreamConfig> & { name: string } = {
    name,
    subjects: [`${subjectsOf(name)}.>`],
    storage: "file",
    retention: "limits",
    discard: "old",
    num_replicas: replicas,
    max_age: datasetAgeMsMax * nsPerMs,
    max_bytes: bytesMax,
    max_msg_size: messageBytesMax,
    // A message is known again by its place, and not by an id.
    duplicate_window: 100 * nsPerMs,
    deny_delete: true,
    allow_direct: true,
    metadata: { [epochKey]: newEpoch },
  };
  return await manager.streams.add(config);
}

function failure(verb: string, error: unknown): StorageFailure {
  const message = `the broker does not ${verb} what feeds have told: ${wordsOf(error)}`;
  return { kind: "failure", fault: "failed", message };
}
