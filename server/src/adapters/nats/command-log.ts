/**
 * A command log kept by NATS JetStream. Every message says which one it comes after, so that of two writers
 * only one can go on, and a message whose answer was lost is found again where it belongs. Whoever opens
 * the log begins a new term with a message of their own: a writer from before is fenced from then on.
 */
import { randomBytes } from "node:crypto";
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
  type LogDamage,
  type LogEntry,
  type LogFault,
  readsMax,
} from "../../ports/command-log.ts";
import type { StopSignal } from "../../ports/feed.ts";
import { LogTail } from "../../ports/log-tail.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { chainStart } from "../chain/batch-chain.ts";
import { CommandStream, type CommandStreamOptions } from "./command-stream.ts";
import { chainAfter, decodeMessage, encodeMessage, type LogMessage } from "./message.ts";

/** Messages that wait for the broker's answer at the same time. */
export const underWayMax = 8;

/** Most bytes taken and not yet durable, unless told otherwise. */
const inFlightBytesDefault = 64 * 1_024 * 1_024;

/** Time before a message is offered again that the broker did not answer, in milliseconds. */
const againMs = 100;

/** How a log is opened. */
export interface NatsLogOptions extends Omit<CommandStreamOptions, "newEpoch"> {
  /** Most bytes taken and not yet durable. */
  readonly inFlightBytesMax?: number | undefined;
}

/** Where the log ends. */
interface End {
  /** Number of its last message. */
  readonly at: number;
  readonly lastSequence: number;
  readonly chain: number;
  readonly term: number;
}

/** A batch on its way. */
interface Outgoing {
  readonly batch: CommandBatch;
  readonly bytes: Uint8Array;
  /** Number of the message that it comes after. */
  readonly after: number;
  readonly chain: number;
  state: "waits" | "under way" | "stored" | "unknown";
  resolve(outcome: AppendOutcome): void;
}

/** The log of one stream; any number may have it open, and the last to open it writes. */
export class NatsCommandLog implements CommandLog {
  readonly epoch: string;
  readonly damage: LogDamage | undefined;
  readonly largestBatch: BatchBound;
  readonly term: number;
  readonly #stream: CommandStream;
  readonly #writer: string;
  readonly #tail = new LogTail();
  readonly #inFlightBytesMax: number;
  /** Oldest first. */
  readonly #outgoing: Outgoing[] = [];
  #inFlightBytes = 0;
  #underWay = 0;
  /** The last message that is durable. */
  #end: End;
  /** What the next batch follows: the last one taken. */
  #next: { sequence: number; at: number; chain: number };
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

  private constructor(
    stream: CommandStream,
    opened: { end: End; writer: string; damage: LogDamage | undefined; bytesMax: number },
  ) {
    this.#stream = stream;
    this.epoch = stream.epoch;
    this.damage = opened.damage;
    this.largestBatch = { commands: batchCommandsMax, bytes: stream.payloadBytesMax };
    this.term = opened.end.term;
    this.#writer = opened.writer;
    this.#end = opened.end;
    this.#next = { sequence: opened.end.lastSequence + 1, ...opened.end };
    this.#inFlightBytesMax = opened.bytesMax;
    if (opened.damage !== undefined) {
      this.#failure = { kind: "failure", fault: "failed", message: opened.damage.message };
    }
  }

  /** Opens the log and takes it over. A `StartError` says why it cannot be reached. */
  static async open(options: NatsLogOptions): Promise<NatsCommandLog> {
    const identity = () => randomBytes(16).toString("hex");
    const stream = await CommandStream.open({ ...options, newEpoch: identity() });
    const writer = identity();
    const found = await takenOver(stream, writer);
    const { inFlightBytesMax: bytesMax = inFlightBytesDefault } = options;
    return new NatsCommandLog(stream, { ...found, writer, bytesMax });
  }

  get lastSequence(): number {
    return this.#end.lastSequence;
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

  async *read(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    assert(Number.isSafeInteger(fromSequence) && fromSequence >= 1, "sequences start at 1");
    assert(this.#readsOpen < readsMax, "the number of reads is bounded");
    this.#readsOpen += 1;
    this.#readsRunning += 1;
    try {
      for await (const entry of this.#stored(fromSequence)) {
        if (entry.kind === "batch" && entry.count === 0) continue;
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
    await this.#stream.close();
  }

  /** Puts a batch behind the last one taken. */
  #take(batch: CommandBatch, resolve: (outcome: AppendOutcome) => void): void {
    const { at, chain: before } = this.#next;
    const chain = chainAfter(before, batch);
    const { term, epoch } = this;
    const message = { isTakeover: false, term, epoch, writer: this.#writer, chain, batch };
    const bytes = encodeMessage(message);
    this.#outgoing.push({ batch, bytes, after: at, chain, state: "waits", resolve });
    this.#inFlightBytes += batch.payload.length;
    this.#next = { sequence: batch.firstSequence + batch.count, at: at + 1, chain };
  }

  /** Sends what waits, so much at once as may be. */
  #offer(): void {
    if (this.#isRecovering) return;
    for (const outgoing of this.#outgoing) {
      if (this.#underWay >= underWayMax) return;
      if (outgoing.state === "waits") void this.#send(outgoing);
    }
  }

  async #send(outgoing: Outgoing): Promise<void> {
    outgoing.state = "under way";
    this.#underWay += 1;
    const published = await this.#stream.publish(outgoing.bytes, outgoing.after);
    this.#underWay -= 1;
    outgoing.state = published === "stored" ? "stored" : "unknown";
    this.#settle();
    const isUnclear = this.#outgoing[0]?.state === "unknown";
    // Those behind it cannot have been stored without it; they are looked at when it is clear.
    if (isUnclear && this.#underWay === 0 && !this.#isRecovering) await this.#recover();
    else this.#offer();
  }

  /** Answers what is stored, in its order. */
  #settle(): void {
    for (;;) {
      const [first] = this.#outgoing;
      if (first?.state !== "stored") break;
      this.#outgoing.shift();
      this.#inFlightBytes -= first.batch.payload.length;
      const { batch, chain, after } = first;
      const lastSequence = batch.firstSequence + batch.count - 1;
      this.#end = { at: after + 1, lastSequence, chain, term: this.term };
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
      if (there !== "own") {
        const last = await this.#lastSequenceThere();
        return this.#endWith(fenced(first.batch.firstSequence - 1, last));
      }
      this.#say(undefined);
      first.state = "stored";
      this.#settle();
    }
    for (const outgoing of this.#outgoing) outgoing.state = "waits";
    this.#isRecovering = false;
    this.#offer();
  }

  /** Whether a batch has the place in the stream that it is for; it is offered again where nothing has. */
  async #there({ bytes, after }: Outgoing): Promise<"own" | "other" | Error> {
    try {
      const found = await this.#stream.message(after + 1);
      if (found !== undefined) return Buffer.compare(found.bytes, bytes) === 0 ? "own" : "other";
      const published = await this.#stream.publish(bytes, after);
      if (published === "stored") return "own";
      return published === "taken" ? new Error("its place was taken a moment ago") : published;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #lastSequenceThere(): Promise<number> {
    try {
      return (await endOf(this.#stream)).lastSequence;
    } catch {
      return this.#end.lastSequence;
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

  /** Messages from the batch that holds a sequence on, each checked. */
  async *#stored(fromSequence: number): AsyncGenerator<LogEntry, void, undefined> {
    const { at: end, lastSequence } = this.#end;
    if (fromSequence > lastSequence) return;
    const from = await this.#firstAt(fromSequence, end);
    const before = from === 1 ? undefined : await this.#decoded(from - 1);
    let chain = before?.chain ?? chainStart(this.epoch);
    let sequence = before === undefined ? 1 : nextOf(before);
    let next = from;
    for await (const { at, bytes } of this.#stream.messages(from, end)) {
      const message = decodeMessage(bytes);
      if (at !== next) return yield damageAt("missing", sequence, this.epoch);
      if (message === undefined || !this.#fits(message, { sequence, chain })) {
        return yield damageAt("corrupt", sequence, this.epoch);
      }
      next += 1;
      chain = message.chain;
      sequence = nextOf(message);
      if (!message.isTakeover) yield { kind: "batch", ...message.batch };
    }
    if (next <= end) yield damageAt("lost-end", sequence, this.epoch);
  }

  #fits(message: LogMessage, before: { sequence: number; chain: number }): boolean {
    const { epoch, batch, chain } = message;
    const isNext = batch.firstSequence === before.sequence;
    return epoch === this.epoch && isNext && chain === chainAfter(before.chain, batch);
  }

  /** Number of the first message after which the log has gone on to a sequence. */
  async #firstAt(sequence: number, end: number): Promise<number> {
    let low = 1;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const message = await this.#decoded(middle);
      if (message !== undefined && nextOf(message) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #decoded(at: number): Promise<LogMessage | undefined> {
    const found = await this.#stream.message(at);
    return found && decodeMessage(found.bytes);
  }
}

/** Sequence of the first command after a message. */
function nextOf({ batch }: LogMessage): number {
  return batch.firstSequence + batch.count;
}

/** The end of a stream, as its last message tells it. Raises an error where that is none of a log. */
async function endOf(stream: CommandStream): Promise<End> {
  const at = await stream.last();
  if (at === 0) return { at, lastSequence: 0, chain: chainStart(stream.epoch), term: 0 };
  const found = await stream.message(at);
  const message = found && decodeMessage(found.bytes);
  if (message === undefined || message.epoch !== stream.epoch) {
    throw new Error(`message ${at} is none of this log`);
  }
  return { at, lastSequence: nextOf(message) - 1, chain: message.chain, term: message.term };
}

/** Begins a term: from its first message on every writer of before is fenced. */
async function takenOver(
  stream: CommandStream,
  writer: string,
): Promise<{ readonly end: End; readonly damage: LogDamage | undefined }> {
  const { epoch } = stream;
  for (;;) {
    let end: End;
    try {
      end = await endOf(stream);
    } catch {
      const none = { at: 0, lastSequence: 0, chain: 0, term: 0 };
      return { end: none, damage: damageAt("corrupt", 1, epoch) };
    }
    const batch = {
      ...{ firstSequence: end.lastSequence + 1, count: 0, timeUs: 0 },
      payload: new Uint8Array(0),
    };
    const term = end.term + 1;
    const message = { isTakeover: true, term, epoch, writer, chain: end.chain, batch };
    const published = await stream.publish(encodeMessage(message), end.at);
    if (published === "stored") return { end: { ...end, at: end.at + 1, term }, damage: undefined };
    if (published !== "taken") throw published;
  }
}

function damageAt(fault: LogFault, sequence: number, epoch: string): LogDamage {
  const message = `the broker's stream of log ${epoch} is damaged at command ${sequence} (${fault}): fill it again from the log of a machine that has it`;
  return { kind: "damage", fault, sequence, message };
}
