/**
 * What a subscription yields: to a listener at once, or to a loop out of a bounded buffer. Of states the buffer
 * keeps the newest of each key; of histories it keeps everything, and a reader that is too slow is told so.
 */
import { ClientError, type Fault } from "./fault.ts";
import { tell } from "./signal.ts";

/** What happens when a buffer is full: the feed ends with `overflow`, or its oldest item goes and is counted. */
export type Overflow = "fail" | "drop-oldest";

/** How much may wait for a loop. */
export interface BufferOptions {
  /** Most items that wait; 10,000 when left out. */
  readonly max?: number;
  /** `fail` when left out: nothing is lost without a word. */
  readonly overflow?: Overflow;
}

/** What became of the items of a feed. */
export interface FeedCounts {
  /** Given to a listener or a loop. */
  readonly delivered: number;
  /** Replaced by a newer state of the same key before anybody read them. */
  readonly conflated: number;
  /** Thrown away because the buffer was full. */
  readonly dropped: number;
}

/** Items of a subscription, for one loop or any number of listeners. */
export interface Feed<T> extends AsyncIterable<T> {
  readonly counts: FeedCounts;
  /** How many items wait. */
  readonly waiting: number;
  /**
   * Hands over what waits and then every item as it comes; nothing waits from then on. `ended` is told when no more
   * come: why, or nothing when that is in order.
   */
  listen(listener: (item: T) => void, ended?: (fault: Fault | undefined) => void): () => void;
  /** Ends the subscription and every loop over it. */
  close(): void;
}

const defaultMax = 10_000;

/** What a feed is made with. */
export interface FeedSetup<T> extends BufferOptions {
  /** Items of one key replace each other while they wait; left out, all are kept. */
  readonly keyOf?: (item: T) => string;
  /** Told once when the feed has ended, whoever ended it. */
  readonly ended: () => void;
}

/** A feed, from the side of who fills it. */
export class BufferedFeed<T> implements Feed<T> {
  readonly #max: number;
  readonly #overflow: Overflow;
  readonly #keyOf: ((item: T) => string) | undefined;
  readonly #ended: () => void;
  readonly #waiting = new Map<string | number, T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #readers: ((result: IteratorResult<T>) => void)[] = [];
  readonly #failing: ((error: ClientError) => void)[] = [];
  readonly #counts = { delivered: 0, conflated: 0, dropped: 0 };
  #lastNumber = 0;
  #end: { readonly fault: Fault | undefined } | undefined;

  constructor({ max = defaultMax, overflow = "fail", keyOf, ended }: FeedSetup<T>) {
    this.#max = max;
    this.#overflow = overflow;
    this.#keyOf = keyOf;
    this.#ended = ended;
  }

  get counts(): FeedCounts {
    return { ...this.#counts };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  push(item: T): void {
    if (this.#end !== undefined) return;
    if (this.#listeners.size > 0) {
      this.#counts.delivered += 1;
      for (const { listener } of this.#listeners) tell(listener, item);
      return;
    }
    const reader = this.#readers.shift();
    if (reader === undefined) this.#keep(item);
    else {
      this.#failing.shift();
      this.#counts.delivered += 1;
      reader({ value: item, done: false });
    }
  }

  #keep(item: T): void {
    const key = this.#keyOf?.(item) ?? this.#nextNumber();
    if (this.#waiting.has(key)) this.#counts.conflated += 1;
    else if (this.#waiting.size >= this.#max && !this.#makeRoom()) return;
    this.#waiting.set(key, item);
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  #makeRoom(): boolean {
    this.#counts.dropped += 1;
    if (this.#overflow === "fail") {
      const message = `${this.#max} items wait and nobody reads them: read faster, listen, or allow more`;
      this.end({ kind: "overflow", message, max: this.#max });
      return false;
    }
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    return true;
  }

  /** No more items come; what waits can still be read. */
  end(fault?: Fault): void {
    if (this.#end !== undefined) return;
    this.#end = { fault };
    const readers = this.#readers.splice(0);
    const failing = this.#failing.splice(0);
    readers.forEach((reader, index) => {
      if (fault === undefined) reader({ value: undefined, done: true });
      else failing[index]?.(new ClientError(fault));
    });
    for (const { ended } of this.#listeners) if (ended !== undefined) tell(ended, fault);
    this.#listeners.clear();
    this.#ended();
  }

  close(): void {
    this.#waiting.clear();
    this.end();
  }

  listen(listener: (item: T) => void, ended?: (fault: Fault | undefined) => void): () => void {
    const own = { listener, ended };
    for (const item of this.#waiting.values()) {
      this.#counts.delivered += 1;
      tell(listener, item);
    }
    this.#waiting.clear();
    if (this.#end === undefined) this.#listeners.add(own);
    else if (ended !== undefined) tell(ended, this.#end.fault);
    return () => this.#listeners.delete(own);
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  #next(): Promise<IteratorResult<T>> {
    const first = this.#waiting.entries().next();
    if (first.done !== true) {
      const [key, value] = first.value;
      this.#waiting.delete(key);
      this.#counts.delivered += 1;
      return Promise.resolve({ value, done: false });
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => {
        this.#readers.push(resolve);
        this.#failing.push(reject);
      });
    }
    const { fault } = this.#end;
    if (fault !== undefined) return Promise.reject(new ClientError(fault));
    return Promise.resolve({ value: undefined, done: true });
  }
}

interface Listener<T> {
  readonly listener: (item: T) => void;
  readonly ended: ((fault: Fault | undefined) => void) | undefined;
}
