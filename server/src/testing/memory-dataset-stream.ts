/** The stream of datasets in memory, for tests of several nodes in one process. */
import { assert } from "../core/assert.ts";
import type { Appended, DatasetMessage, DatasetStream } from "../ports/dataset-stream.ts";
import type { StopSignal } from "../ports/feed.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

const away: StorageFailure = { kind: "failure", fault: "failed", message: "the broker is away" };

/** What all nodes share. */
export class MemoryDatasetBroker {
  readonly epoch = "e".repeat(32);
  readonly messages: (DatasetMessage & { readonly dataset: string })[] = [];
  readonly readers: Set<() => void> = new Set();
  lastAt = 0;

  /** Forgets messages up to a number, as age does. */
  forget(upTo: number): void {
    this.messages.splice(0, this.messages.filter(({ at }) => at <= upTo).length);
  }

  wake(): void {
    for (const reader of [...this.readers]) reader();
  }
}

/** One node's view of it. */
export class MemoryDatasetStream implements DatasetStream {
  readonly epoch: string;
  readonly newestAtOpening: number;
  readonly messageBytesMax: number;
  readonly #broker: MemoryDatasetBroker;
  #isAway = false;
  #isClosed = false;
  #losesAnswers = 0;

  constructor(broker: MemoryDatasetBroker, messageBytesMax = 65_536) {
    this.#broker = broker;
    this.epoch = broker.epoch;
    this.newestAtOpening = broker.lastAt;
    this.messageBytesMax = messageBytesMax;
  }

  /** Whether this node cannot reach the others. */
  set isAway(is: boolean) {
    this.#isAway = is;
    this.#broker.wake();
  }

  /** The answers to the next so many appends are lost; what was appended is there. */
  loseAnswers(count: number): void {
    this.#losesAnswers = count;
  }

  async last(dataset: string): Promise<DatasetMessage | undefined | StorageFailure> {
    return this.#isAway ? away : this.#of(dataset).at(-1);
  }

  async next(dataset: string, from: number): Promise<DatasetMessage | undefined | StorageFailure> {
    return this.#isAway ? away : this.#of(dataset).find(({ at }) => at >= from);
  }

  async append(
    dataset: string,
    bytes: Uint8Array,
    after: number,
  ): Promise<Appended | StorageFailure> {
    assert(bytes.length <= this.messageBytesMax, "a message is bounded");
    if (this.#isAway) return away;
    if ((this.#of(dataset).at(-1)?.at ?? 0) !== after) return "overtaken";
    this.#broker.lastAt += 1;
    const at = this.#broker.lastAt;
    this.#broker.messages.push({ at, bytes: bytes.slice(), dataset });
    this.#broker.wake();
    this.#losesAnswers -= 1;
    return this.#losesAnswers >= 0 ? away : { kind: "appended", at };
  }

  async *follow(
    dataset: string,
    from: number,
    signal: StopSignal,
  ): AsyncGenerator<DatasetMessage, void, undefined> {
    let next = from;
    let wake = () => {};
    const reader = () => wake();
    this.#broker.readers.add(reader);
    signal.addEventListener("abort", reader);
    try {
      while (!signal.aborted && !this.#isClosed) {
        const found = this.#isAway ? undefined : this.#of(dataset).find(({ at }) => at >= next);
        if (found === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        next = found.at + 1;
        yield found;
      }
    } finally {
      this.#broker.readers.delete(reader);
      signal.removeEventListener("abort", reader);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#broker.wake();
  }

  #of(dataset: string): readonly DatasetMessage[] {
    return this.#broker.messages
      .filter((message) => message.dataset === dataset)
      .map(({ at, bytes }) => ({ at, bytes }));
  }
}
