/**
 * The writer of a command log kept by NATS JetStream. Every message says which one it comes after, so that of two
 * writers only one can go on, and a message whose answer was lost is found again where it belongs. Right behind its
 * takeover, where something of the writer before may still come between, it goes on step by step.
 */
import { assert } from "../../core/assert.ts";
import {
  type AppendOutcome,
  assertBatch,
  type BatchBound,
  batchCommandsMax,
  type CommandBatch,
  type CommandLog,
  type Fence,
  fenced,
  isSameBatch,
  type LogEntry,
  readsMax,
} from "../../ports/command-log.ts";
import type { StopSignal } from "../../ports/feed.ts";
import { LogTail } from "../../ports/log-tail.ts";
import type { LogEnd } from "../../ports/shared-log.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import type { MessageStream } from "./command-stream.ts";
import { type LogPlace, type LogReader, underWayMax, voidMax } from "./log-reader.ts";
import { chainAfter, encodeMessage } from "./message.ts";
import type { StreamMessage } from "./stream-message.ts";

/** Most bytes taken and not yet durable, unless told otherwise. */
const inFlightBytesDefault = 64 * 1_024 * 1_024;

/** Time before a message is offered again that the broker did not answer, in milliseconds. */
const againMs = 100;

/**
 * Least time between two batches that their writer chooses to send, in milliseconds. The broker's work is for each
 * message and hardly for each command, so that batches have to grow.
 */
const paceMs = 2;

/** How a writer begins. */
export interface NatsWriterOptions {
  readonly stream: MessageStream;
  readonly reader: LogReader;
  /** Its takeover, the last message that counts. */
  readonly end: LogEnd;
  /** Who it is, 32 hex digits. */
  readonly writer: string;
  /** Most bytes taken and not yet durable. */
  readonly inFlightBytesMax?: number | undefined;
  /** Told of each void message behind its takeover. */
  passedOver(): void;
}

/** A batch on its way. */
interface Outgoing {
  readonly batch: CommandBatch;
  readonly bytes: Uint8Array;
  readonly chain: number;
  state: "waits" | "under way" | "stored" | "unknown";
  resolve(outcome: AppendOutcome): void;
}

/** Writes into one stream, from its takeover to the next one's. */
export class NatsCommandLog implements CommandLog {
  readonly epoch: string;
  /** What is damaged is not taken over. */
  readonly damage = undefined;
  readonly largestBatch: BatchBound;
  readonly term: number;
  readonly #stream: MessageStream;
  readonly #reader: LogReader;
  readonly #writer: string;
  readonly #tail = new LogTail();
  readonly #inFlightBytesMax: number;
  readonly #passedOver: () => void;
  /** Oldest first: the first one is for the place behind the last message that is durable or void, and so on. */
  readonly #outgoing: Outgoing[] = [];
  #inFlightBytes = 0;
  #underWay = 0;
  /** Behind the last message that is durable, and what is void behind that. */
  #place: LogPlace;
  /** What the next batch follows: the last one taken. */
  #next: { sequence: number; chain: number };
  #lastSentMs = 0;
  #due: Promise<void> | undefined;
  #readsOpen = 0;
  /** Reads that are not waiting for their readers. */
  #readsRunning = 0;
  #isRecovering = false;
  #fenced: AppendOutcome | undefined;
  #stall: StorageFailure | undefined;
  #failure: StorageFailure | undefined;
  #troubleListener: () => void = () => {};
  #closing: Promise<void> | undefined;
  #whenSettled: (() => void)[] = [];

  constructor(options: NatsWriterOptions) {
    const { stream, reader, end, writer, inFlightBytesMax = inFlightBytesDefault } = options;
    this.#passedOver = () => options.passedOver();
    this.#stream = stream;
    this.#reader = reader;
    this.epoch = stream.epoch;
    this.largestBatch = { commands: batchCommandsMax, bytes: stream.payloadBytesMax };
    this.term = end.term;
    this.#writer = writer;
    this.#place = { end, passed: end.at, voidUntil: end.at + voidMax };
    this.#next = { sequence: end.lastSequence + 1, chain: end.chain };
    this.#inFlightBytesMax = inFlightBytesMax;
  }

  get lastSequence(): number {
    return this.#place.end.lastSequence;
  }

  get stall(): StorageFailure | undefined {
    return this.#stall;
  }

  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  onTrouble(listener: () => void): void {
    this.#troubleListener = listener;
  }

  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> | "no-room" {
    assert(this.#closing === undefined, "a closed log takes no batch");
    assertBatch(batch, this.largestBatch, fence);
    const ended = this.#fenced ?? this.#failure;
    if (ended !== undefined) return Promise.resolve(ended);
    if (batch.firstSequence !== this.#next.sequence) {
      assert(fence !== undefined, "a batch follows the last one taken");
      return this.#found(batch);
    }
    const isRoomy = this.#inFlightBytes + batch.payload.length <= this.#inFlightBytesMax;
    if (!isRoomy && this.#outgoing.length > 0) return "no-room";
    const outcome = new Promise<AppendOutcome>((resolve) => this.#take(batch, resolve));
    this.#offer();
    return outcome;
  }

  nextDue(): Promise<void> | undefined {
    const isDue = this.#outgoing.length === 0 && this.#paceLeftMs() <= 0;
    if (isDue || this.#failure !== undefined) return undefined;
    this.#due ??= this.#whenDue().finally(() => {
      this.#due = undefined;
    });
    return this.#due;
  }

  async *read(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    assert(Number.isSafeInteger(fromSequence) && fromSequence >= 1, "sequences start at 1");
    assert(this.#readsOpen < readsMax, "the number of reads is bounded");
    this.#readsOpen += 1;
    this.#readsRunning += 1;
    try {
      for await (const entry of this.#reader.read(fromSequence, this.#place.passed)) {
        this.#readsRunning -= 1;
        this.#tellSettled();
        try {
          yield entry;
        } finally {
          this.#readsRunning += 1;
        }
      }
    } finally {
      this.#readsOpen -= 1;
      this.#readsRunning -= 1;
      this.#tellSettled();
    }
  }

  follow(fromSequence: number, signal: StopSignal): AsyncIterable<LogEntry> {
    const stored = (from: number) => this.read(from);
    return this.#tail.follow({ log: this, stored, fromSequence, signal });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#settled(() => this.#outgoing.length === 0);
    this.#tail.end();
    await this.#settled(() => this.#readsRunning === 0);
  }

  #paceLeftMs(): number {
    return paceMs - (performance.now() - this.#lastSentMs);
  }

  /** Resolves when the answer to the last batch has come, or its time is over, whichever is later. */
  async #whenDue(): Promise<void> {
    await this.#settled(() => this.#outgoing.length === 0);
    const left = this.#paceLeftMs();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  /** Puts a batch behind the last one taken. */
  #take(batch: CommandBatch, resolve: (outcome: AppendOutcome) => void): void {
    const chain = chainAfter(this.#next.chain, batch);
    const { term, epoch } = this;
    const message = { takeover: undefined, term, epoch, writer: this.#writer, chain, batch };
    const bytes = encodeMessage(message);
    this.#lastSentMs = performance.now();
    this.#outgoing.push({ batch, bytes, chain, state: "waits", resolve });
    this.#inFlightBytes += batch.payload.length;
    this.#next = { sequence: batch.firstSequence + batch.count, chain };
  }

  /**
   * Sends what waits, as far as the window reaches. It begins with the first message that is not answered, so that one of
   * which the place was taken by a takeover holds all others back that are not under way yet.
   */
  #offer(): void {
    if (this.#isUnclear) return;
    const { passed, voidUntil } = this.#place;
    // What comes behind one whose place may yet move has no place.
    const reaches = passed < voidUntil ? 1 : underWayMax;
    for (const [index, outgoing] of this.#outgoing.slice(0, reaches).entries()) {
      if (outgoing.state === "waits") void this.#send(outgoing, passed + index);
    }
  }

  /** Whether something is to be found out before anything more is sent. */
  get #isUnclear(): boolean {
    return this.#isRecovering || this.#outgoing[0]?.state === "unknown";
  }

  async #send(outgoing: Outgoing, after: number): Promise<void> {
    outgoing.state = "under way";
    this.#underWay += 1;
    const published = await this.#stream.publish(outgoing.bytes, after);
    this.#underWay -= 1;
    outgoing.state = published === "stored" ? "stored" : "unknown";
    this.#settle();
    if (!this.#isUnclear) this.#offer();
    // Those behind it cannot have been stored without it; they are looked at when it is clear.
    else if (this.#underWay === 0) await this.#recover();
  }

  /** Answers what is stored, in its order. What is stored behind one that is not is nothing. */
  #settle(): void {
    for (;;) {
      const [first] = this.#outgoing;
      if (first?.state !== "stored") break;
      this.#outgoing.shift();
      this.#inFlightBytes -= first.batch.payload.length;
      const { batch, chain } = first;
      const at = this.#place.passed + 1;
      const lastSequence = batch.firstSequence + batch.count - 1;
      const end = { at, lastSequence, chain, term: this.term };
      this.#place = { ...this.#place, end, passed: at };
      this.#tail.add(batch);
      first.resolve("durable");
    }
    this.#tellSettled();
  }

  /** Finds out what became of the first batch that is not answered, and goes on from there. */
  async #recover(): Promise<void> {
    this.#isRecovering = true;
    for (let first = this.#outgoing[0]; first?.state === "unknown"; first = this.#outgoing[0]) {
      const there = await this.#there(first);
      if (there instanceof Error) {
        this.#say(this.#unanswered(there));
        // Whoever closes has waited long enough.
        if (this.#closing !== undefined) return this.#endWith(this.#unanswered(there));
        await new Promise((resolve) => setTimeout(resolve, againMs));
        continue;
      }
      if (there === "void") continue;
      if (there === "other") {
        const last = await this.#lastSequenceThere();
        return this.#endWith(fenced(first.batch.firstSequence - 1, last));
      }
      this.#say(undefined);
      first.state = "stored";
      this.#settle();
    }
    this.#isRecovering = false;
    this.#offer();
  }

  /**
   * Whether the first batch has the place in the stream that it is for; it is offered again where nothing has. Where
   * something void has it, the next place is the batch's.
   */
  async #there({ bytes }: Outgoing): Promise<"own" | "void" | "other" | Error> {
    const { passed } = this.#place;
    try {
      const before = await this.#stream.message(passed + 1);
      if (before !== undefined) return this.#whose(before, bytes);
      const published = await this.#stream.publish(bytes, passed);
      if (published !== "taken") return published === "stored" ? "own" : published;
      // Something has come between the question and the offer.
      const found = await this.#stream.message(passed + 1);
      if (found !== undefined) return this.#whose(found, bytes);
      return new Error("its place is neither free nor taken");
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** What the next place is taken by. */
  #whose(found: StreamMessage, bytes: Uint8Array): "own" | "void" | "other" {
    if (Buffer.compare(found.bytes, bytes) === 0) return "own";
    const checked = this.#reader.check(found, this.#place);
    if ("kind" in checked || checked.message !== undefined) return "other";
    this.#place = checked.place;
    this.#passedOver();
    return "void";
  }

  async #lastSequenceThere(): Promise<number> {
    try {
      return (await this.#reader.end()).end.lastSequence;
    } catch {
      return this.lastSequence;
    }
  }

  #unanswered(error: Error): StorageFailure {
    const message = `the broker does not store commands (${error.message}): it is asked again until it does`;
    return { kind: "failure", fault: "failed", message };
  }

  #say(stall: StorageFailure | undefined): void {
    if (this.#stall?.message === stall?.message) return;
    this.#stall = stall;
    this.#troubleListener();
  }

  /** Nothing more can be appended. */
  #endWith(outcome: Exclude<AppendOutcome, "durable">): void {
    if (outcome.kind === "fenced") this.#fenced = outcome;
    this.#stall = undefined;
    this.#failure = {
      ...{ kind: "failure", fault: "failed" },
      message: outcome.message,
    };
    for (const { resolve } of this.#outgoing.splice(0)) resolve(outcome);
    this.#tail.end();
    this.#troubleListener();
    this.#tellSettled();
  }

  async #settled(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#whenSettled.push(resolve));
  }

  #tellSettled(): void {
    for (const settled of this.#whenSettled.splice(0)) settled();
  }

  /** A batch that is not next: it was appended before, or another one has its place. */
  async #found(batch: CommandBatch): Promise<AppendOutcome> {
    await this.#settled(() => this.#outgoing.length === 0);
    if (batch.count > 0 && batch.firstSequence <= this.lastSequence) {
      for await (const entry of this.read(batch.firstSequence)) {
        if (entry.kind === "damage") break;
        if (isSameBatch(entry, batch)) return "durable";
        break;
      }
    }
    return fenced(batch.firstSequence - 1, this.lastSequence);
  }
}
