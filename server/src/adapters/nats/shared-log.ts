/**
 * A command log that nodes share, kept by NATS JetStream. Opening it changes nothing: whoever writes begins a new term with
 * a message of their own right behind the last one, and a writer from before is fenced from then on.
 */
import { randomBytes } from "node:crypto";
import type { BatchBound, CommandLog, LogEntry } from "../../ports/command-log.ts";
import { batchCommandsMax } from "../../ports/command-log.ts";
import { type StopSignal, stopSource } from "../../ports/feed.ts";
import type { LogEnd, NotRefilled, SharedEntry, SharedLog } from "../../ports/shared-log.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { NatsCommandLog } from "./command-log.ts";
import { CommandStream, type CommandStreamOptions, type MessageStream } from "./command-stream.ts";
import { type Doubt, doubtDefault, Following } from "./following.ts";
import type { NatsLink } from "./link.ts";
import { LogReader } from "./log-reader.ts";
import { encodeMessage } from "./message.ts";
import { refilled } from "./refill.ts";
import { wordsOf } from "./words.ts";

/** How a log is followed and written. */
export interface StreamLogOptions {
  /** When it is believed that a log has lost its end, or is gone. */
  readonly doubt?: Doubt | undefined;
  /** Most bytes that a writer has taken and that are not yet durable. */
  readonly inFlightBytesMax?: number | undefined;
}

/** How a log is opened. */
export interface SharedLogOptions extends CommandStreamOptions, StreamLogOptions {}

/** How often a takeover is offered again whose answer is lost, and after how long each, in milliseconds. */
const takeoverTries = 20;
const againMs = 100;

/** The log of one stream. */
export class NatsSharedLog implements SharedLog {
  readonly epoch: string;
  readonly largestBatch: BatchBound;
  readonly #stream: MessageStream;
  readonly #reader: LogReader;
  readonly #options: StreamLogOptions;
  readonly #closing = stopSource();
  #voidMessages = 0;
  readonly #passedOver = () => {
    this.#voidMessages += 1;
  };

  /** The log of an open stream. */
  constructor(stream: MessageStream, options: StreamLogOptions) {
    this.#stream = stream;
    this.#reader = new LogReader(stream);
    this.#options = options;
    this.epoch = stream.epoch;
    this.largestBatch = { commands: batchCommandsMax, bytes: stream.payloadBytesMax };
  }

  /** Opens the log over a connection, which stays the caller's. A `StartError` says why that cannot be. */
  static async open(link: NatsLink, options: SharedLogOptions): Promise<NatsSharedLog> {
    return new NatsSharedLog(await CommandStream.open(link, options), options);
  }

  get voidMessages(): number {
    return this.#voidMessages;
  }

  end(): Promise<LogEnd | StorageFailure> {
    return this.#asked(async () => (await this.#reader.end()).end);
  }

  start(): Promise<LogEnd | StorageFailure> {
    return this.#asked(() => this.#reader.begin());
  }

  bytes(): Promise<number | StorageFailure> {
    return this.#asked(() => this.#stream.bytes());
  }

  shorten(sequence: number, untilUs: number): Promise<LogEnd | StorageFailure> {
    return this.#asked(async () => {
      const at = await this.#reader.lastUntil(sequence, untilUs);
      // The message itself stays: it says where the chain stands.
      if (at !== undefined) await this.#stream.forgetBefore(at);
      return await this.#reader.begin();
    });
  }

  async *read(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    yield* this.#reader.read(fromSequence, await this.#stream.last());
  }

  async *follow(
    fromSequence: number,
    signal: StopSignal,
  ): AsyncGenerator<SharedEntry, void, undefined> {
    const { doubt = doubtDefault } = this.#options;
    const either = stopSource();
    const stop = () => either.abort();
    const sources = [signal, this.#closing.signal];
    if (sources.some(({ aborted }) => aborted)) return;
    for (const source of sources) source.addEventListener("abort", stop);
    const following = {
      ...{ stream: this.#stream, reader: this.#reader, signal: either.signal, doubt },
      passedOver: this.#passedOver,
    };
    try {
      yield* new Following(following).entries(fromSequence);
    } finally {
      for (const source of sources) source.removeEventListener("abort", stop);
    }
  }

  chainAfter(sequence: number): Promise<number | undefined | StorageFailure> {
    return this.#asked(async () => {
      const place = await this.#reader.placeAt(sequence, await this.#stream.last());
      return place?.end.lastSequence === sequence ? place.end.chain : undefined;
    });
  }

  async takeOver(after: LogEnd, node: string): Promise<CommandLog | "overtaken" | StorageFailure> {
    const writer = randomBytes(16).toString("hex");
    const term = after.term + 1;
    const batch = {
      ...{ firstSequence: after.lastSequence + 1, count: 0, timeUs: 0 },
      payload: new Uint8Array(0),
    };
    const { chain } = after;
    const bytes = encodeMessage({ takeover: node, term, epoch: this.epoch, writer, chain, batch });
    const at = await this.#offered(bytes, after);
    if (at === "taken") return "overtaken";
    if (typeof at !== "number") return unreachable(at);
    return new NatsCommandLog({
      ...{ stream: this.#stream, reader: this.#reader, writer },
      end: { ...after, at, term },
      inFlightBytesMax: this.#options.inFlightBytesMax,
      passedOver: this.#passedOver,
    });
  }

  async refill(entries: AsyncIterable<LogEntry>): Promise<LogEnd | NotRefilled | StorageFailure> {
    return await refilled(this, entries);
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  /**
   * Offers a message for the place behind what was applied last, until it is known who has it; and for the next one where
   * what has it is void. Returns the place that it has got.
   */
  async #offered(bytes: Uint8Array, applied: LogEnd): Promise<number | "taken" | Error> {
    let last = applied.at;
    let fault = new Error("the place of a takeover is neither free nor taken");
    for (let tries = 0; tries < takeoverTries; tries += 1) {
      const published = await this.#stream.publish(bytes, last);
      if (published === "stored") return last + 1;
      if (published !== "taken") fault = published;
      // An answer may have been lost: what has the place is looked at.
      const found = await this.#foundBehind(last, bytes, applied).catch((error: Error) => {
        fault = error;
        return undefined;
      });
      if (found === "own") return last + 1;
      if (found === "other") return "taken";
      if (found === undefined) await new Promise((resolve) => setTimeout(resolve, againMs));
      else last = found;
    }
    return fault;
  }

  /** What is behind the last message that was passed: void ones, and the number of the last of them; undefined where nothing is. */
  async #foundBehind(
    passed: number,
    bytes: Uint8Array,
    applied: LogEnd,
  ): Promise<"own" | "other" | number | undefined> {
    const found = await this.#stream.message(passed + 1);
    if (found === undefined) return undefined;
    if (Buffer.compare(found.bytes, bytes) === 0) return "own";
    const place = await this.#reader.end();
    if (place.end.at !== applied.at) return "other";
    return place.passed > passed ? place.passed : undefined;
  }

  async #asked<Result>(task: () => Promise<Result>): Promise<Result | StorageFailure> {
    try {
      return await task();
    } catch (error) {
      return unreachable(error);
    }
  }
}

function unreachable(error: unknown): StorageFailure {
  const message = `the broker does not tell about the log of commands: ${wordsOf(error)}`;
  return { kind: "failure", fault: "failed", message };
}
