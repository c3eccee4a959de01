/**
 * A command log that several nodes of one process share, for tests and simulations. What is stored is there
 * at once; a node can be cut off from it for as long as the test says.
 */
import { chainChecksum, chainStart } from "../adapters/chain/batch-chain.ts";
import { assert } from "../core/assert.ts";
import {
  type AppendOutcome,
  assertBatch,
  batchBoundMax,
  type CommandBatch,
  type CommandLog,
  type Fence,
  fenced,
  isTick,
  type LogDamage,
  type LogEntry,
} from "../ports/command-log.ts";
import type { StopSignal } from "../ports/feed.ts";
import type { LogEnd, SharedBatch, SharedEntry, SharedLog, Takeover } from "../ports/shared-log.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

const away: StorageFailure = { kind: "failure", fault: "failed", message: "the log is away" };

/** What all nodes share. */
export class MemoryBroker {
  readonly epoch: string;
  /** Of those that are kept. */
  readonly messages: (SharedBatch | Takeover)[] = [];
  /** The place before the first of them. */
  start: LogEnd;
  #wake: (() => void)[] = [];

  constructor(epoch: string = "0".repeat(32)) {
    this.epoch = epoch;
    this.start = { at: 0, lastSequence: 0, chain: chainStart(epoch), term: 0 };
  }

  get end(): LogEnd {
    const last = this.messages.at(-1);
    return last === undefined ? this.start : placeBehind(last);
  }

  /** Forgets so many messages. */
  forget(count: number): void {
    const last = this.messages.splice(0, count).at(-1);
    if (last !== undefined) this.start = placeBehind(last);
  }

  /** Stores a batch of a writer. */
  store(batch: CommandBatch, term: number): void {
    const { at, chain } = this.end;
    const after = isTick(batch) ? chain : chainChecksum(chain, batch);
    const { payload, origins } = batch;
    const kept = { payload: payload.slice(), ...(origins ? { origins: origins.slice() } : {}) };
    this.messages.push({ ...batch, ...kept, kind: "batch", at: at + 1, chain: after, term });
    this.wake();
  }

  takeOver(node: string): void {
    const { end } = this;
    this.messages.push({ ...end, kind: "takeover", at: end.at + 1, term: end.term + 1, node });
    this.wake();
  }

  wake(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves when something has changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }
}

/** The log as one node has it open. */
export class MemorySharedLog implements SharedLog {
  readonly epoch: string;
  readonly largestBatch = batchBoundMax;
  /** What is under way is stored in its turn or refused. */
  readonly voidMessages = 0;
  readonly broker: MemoryBroker;
  /** Why its writer says that nothing is stored at present. */
  stall: StorageFailure | undefined;
  #isCut = false;
  #isClosed = false;

  constructor(broker: MemoryBroker) {
    this.broker = broker;
    this.epoch = broker.epoch;
  }

  /** Whether this node reaches nobody: what it appends waits, and it hears nothing. */
  get isCut(): boolean {
    return this.#isCut;
  }

  set isCut(isCut: boolean) {
    this.#isCut = isCut;
    this.broker.wake();
  }

  end(): Promise<LogEnd | StorageFailure> {
    return Promise.resolve(this.#isCut ? away : this.broker.end);
  }

  start(): Promise<LogEnd | StorageFailure> {
    return Promise.resolve(this.#isCut ? away : this.broker.start);
  }

  bytes(): Promise<number | StorageFailure> {
    const sizes = this.broker.messages.map((entry) =>
      "payload" in entry ? entry.payload.length : 0,
    );
    return Promise.resolve(this.#isCut ? away : sizes.reduce((sum, size) => sum + size, 0));
  }

  shorten(sequence: number, untilUs: number): Promise<LogEnd | StorageFailure> {
    if (this.#isCut) return Promise.resolve(away);
    const { broker } = this;
    const last = broker.messages.findLastIndex(
      (entry) =>
        entry.kind === "batch" && sequenceAfter(entry) <= sequence && entry.timeUs <= untilUs,
    );
    broker.forget(last + 1);
    return this.start();
  }

  async *read(fromSequence: number): AsyncGenerator<LogEntry> {
    if (this.#isShortened(fromSequence)) return yield shortened(fromSequence);
    for (const entry of this.broker.messages.slice(this.#firstOf(fromSequence))) {
      if (entry.kind === "batch" && entry.count > 0) yield entry;
    }
  }

  async *follow(
    fromSequence: number,
    signal: StopSignal,
  ): AsyncGenerator<SharedEntry, void, undefined> {
    const { broker } = this;
    signal.addEventListener("abort", () => broker.wake(), { once: true });
    if (this.#isShortened(fromSequence)) return yield shortened(fromSequence);
    let next = broker.start.at + this.#firstOf(fromSequence);
    while (!signal.aborted && !this.#isClosed) {
      if (next < broker.start.at) return yield shortened(fromSequence);
      const entry = this.#isCut ? undefined : broker.messages[next - broker.start.at];
      if (entry === undefined) {
        await broker.changed();
        continue;
      }
      yield entry;
      next += 1;
    }
  }

  chainAfter(sequence: number): Promise<number | undefined | StorageFailure> {
    const { start } = this.broker;
    if (sequence === start.lastSequence) return Promise.resolve(start.chain);
    const found = this.broker.messages.find(
      (entry) => entry.kind === "batch" && entry.count > 0 && sequenceAfter(entry) === sequence,
    );
    return Promise.resolve(found?.chain);
  }

  takeOver(after: LogEnd, node: string): Promise<CommandLog | "overtaken" | StorageFailure> {
    if (this.#isCut) return Promise.resolve(away);
    if (this.broker.end.at !== after.at) return Promise.resolve("overtaken");
    this.broker.takeOver(node);
    return Promise.resolve(new MemorySharedWriter(this));
  }

  refill(): Promise<never> {
    throw new Error("a log in memory is not refilled");
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.broker.wake();
    return Promise.resolve();
  }

  #isShortened(fromSequence: number): boolean {
    return fromSequence <= this.broker.start.lastSequence;
  }

  /** Index of the batch that holds a sequence, or of what comes behind the last batch before it. */
  #firstOf(sequence: number): number {
    const { messages } = this.broker;
    const before = messages.findLastIndex(
      (entry) => entry.kind === "batch" && entry.count > 0 && sequenceAfter(entry) < sequence,
    );
    return before + 1;
  }
}

/** The log as one who has taken it over writes it. */
class MemorySharedWriter implements CommandLog {
  readonly epoch: string;
  readonly damage: undefined;
  readonly largestBatch = batchBoundMax;
  readonly term: number;
  readonly failure: undefined;
  readonly #shared: MemorySharedLog;
  #at: number;
  #next: number;
  #isFenced = false;
  /** Answers in the order of the appends. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(shared: MemorySharedLog) {
    const { end } = shared.broker;
    this.#shared = shared;
    this.epoch = shared.epoch;
    this.term = end.term;
    this.#at = end.at;
    this.#next = end.lastSequence + 1;
  }

  get lastSequence(): number {
    return this.#shared.broker.end.lastSequence;
  }

  get stall(): StorageFailure | undefined {
    return this.#shared.stall;
  }

  onTrouble(): void {}

  nextDue(): undefined {
    return undefined;
  }

  append(batch: CommandBatch, fence?: Fence): Promise<AppendOutcome> {
    assertBatch(batch, this.largestBatch, fence);
    assert(batch.firstSequence === this.#next, "a batch follows the last one taken");
    this.#next += batch.count;
    const appended = this.#last.then(() => this.#store(batch));
    this.#last = appended;
    return appended;
  }

  async *read(fromSequence: number) {
    yield* this.#shared.read(fromSequence);
  }

  async *follow(): AsyncGenerator<LogEntry> {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #store(batch: CommandBatch): Promise<AppendOutcome> {
    const { broker } = this.#shared;
    while (this.#shared.isCut) await broker.changed();
    this.#isFenced ||= broker.end.at !== this.#at;
    if (this.#isFenced) return fenced(batch.firstSequence - 1, broker.end.lastSequence);
    broker.store(batch, this.term);
    this.#at = broker.end.at;
    return "durable";
  }
}

function placeBehind(entry: SharedBatch | Takeover): LogEnd {
  const { at, chain, term } = entry;
  const lastSequence = entry.kind === "takeover" ? entry.lastSequence : sequenceAfter(entry);
  return { at, lastSequence, chain, term };
}

function shortened(sequence: number): LogDamage {
  return { kind: "damage", fault: "shortened", sequence, message: "the log was shortened" };
}

function sequenceAfter({ firstSequence, count }: SharedBatch): number {
  return firstSequence + count - 1;
}
