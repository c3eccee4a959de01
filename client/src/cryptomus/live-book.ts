/**
 * An order book that is kept up to date, and asks for the whole of it again when anything is wrong with it: this market
 * alone, at once the first time, then with longer and longer waits.
 */
import { backoffMs } from "../backoff.ts";
import { BufferedFeed, type BufferOptions, type Feed } from "../feed.ts";
import { type BookFault, type DepthUpdate, OrderBook } from "../order-book.ts";
import type { Platform } from "../platform.ts";

/** What can be said of a book. */
export type BookState =
  /** The first whole book has not come yet. */
  | "loading"
  /** It is what the server said last. */
  | "live"
  /** The connection is not live: it is what the server said before. */
  | "stale"
  /** Something was wrong, and a whole book was asked for; it may be wrong until that comes. */
  | "resyncing"
  /** Nothing comes any more. */
  | "closed";

/** What has happened to a book. */
export interface BookCounts {
  readonly updates: number;
  readonly wholes: number;
  /** Times that the whole was asked for because something was wrong. */
  readonly resyncs: number;
  /** What was wrong, and how often. */
  readonly faults: Readonly<Partial<Record<BookFault | "gap" | "no-answer", number>>>;
}

/** A book and its changes. A loop or a listener is given the book after each change; of many, the newest state. */
export interface LiveBook extends Feed<OrderBook> {
  /** Changes in place; another one after {@link setScale}. */
  readonly book: OrderBook;
  readonly state: BookState;
  readonly bookCounts: BookCounts;
  /** Milliseconds since the book was last told to be true; undefined before the first time. */
  readonly ageMs: number | undefined;
  /** Shows the market at another scale: the index of a price step, 0 the finest. */
  setScale(scale: number): void;
}

/** What a book asks of its connection. */
export interface BookOwner {
  readonly platform: Platform;
  isLive(): boolean;
  /** Milliseconds since the connection was last heard of. */
  silentMs(): number;
  /** Subscribes a book to its market and scale. */
  follow(book: OwnedBook): void;
  unfollow(book: OwnedBook): void;
  /** Asks for the whole of a market at a scale once more. */
  askAgain(parameter: string): void;
}

/** Which book it is. */
export interface BookSetup {
  readonly market: string;
  readonly scale: number;
  readonly buffer: BufferOptions;
}

/** Waits between two requests for a whole book that does not come or is wrong again. */
const resyncWait = { minMs: 1_000, maxMs: 30_000 };
/** For a whole book after it was asked for, in milliseconds. */
const wholeMs = 10_000;

/** A book from the side of its connection. */
export class OwnedBook implements LiveBook {
  readonly market: string;
  readonly #owner: BookOwner;
  readonly #feed: BufferedFeed<OrderBook>;
  readonly #counts = { updates: 0, wholes: 0, resyncs: 0 };
  readonly #faults: Partial<Record<BookFault | "gap" | "no-answer", number>> = {};
  #book: OrderBook;
  #wasWhole = false;
  /** The connection was lost, and it is not known yet whether the book goes on. */
  #isCut = false;
  #trueAtMs: number | undefined;
  /** Resyncs since the book was last right for long. */
  #attempt = 0;
  #rightSinceMs = 0;
  #cancel: () => void = () => {};

  constructor(owner: BookOwner, { market, scale, buffer }: BookSetup) {
    this.#owner = owner;
    this.market = market;
    this.#book = new OrderBook(market, scale);
    this.#feed = new BufferedFeed({
      ...buffer,
      keyOf: () => market,
      ended: () => {
        this.#cancel();
        owner.unfollow(this);
      },
    });
  }

  get book(): OrderBook {
    return this.#book;
  }

  get parameter(): string {
    return `${this.market}:${this.#book.scale}`;
  }

  get state(): BookState {
    if (this.#feed.isOver) return "closed";
    if (!this.#wasWhole) return "loading";
    if (this.#isCut || !this.#owner.isLive()) return "stale";
    return this.#book.isWhole ? "live" : "resyncing";
  }

  get ageMs(): number | undefined {
    if (this.#trueAtMs === undefined) return undefined;
    if (this.state === "live") return this.#owner.silentMs();
    return this.#owner.platform.monotonicMs() - this.#trueAtMs;
  }

  get bookCounts(): BookCounts {
    return { ...this.#counts, faults: { ...this.#faults } };
  }

  setScale(scale: number): void {
    if (scale === this.#book.scale || this.#feed.isOver) return;
    this.#owner.unfollow(this);
    this.#book = new OrderBook(this.market, scale);
    this.#wasWhole = false;
    this.#attempt = 0;
    this.#owner.follow(this);
  }

  /** A whole book was asked for, which has to come in time. */
  asked(): void {
    this.#isCut = false;
    this.#book.distrust();
    this.#plan(wholeMs, () => this.#resync("no-answer"));
  }

  /** The connection is gone; what comes on the next one begins with a whole book, or goes on from this one. */
  lost(): void {
    this.#cancel();
    this.#isCut = true;
  }

  /** Whether the changes that come next are all that it takes for the book to be right. */
  get canGoOn(): boolean {
    return this.#book.isWhole;
  }

  /** The server goes on with changes where the connection was lost. */
  wentOn(): void {
    this.#isCut = false;
    this.#trueAtMs = this.#owner.platform.monotonicMs();
    this.#feed.push(this.#book);
  }

  /** Changes are missing. */
  missed(): void {
    this.#book.distrust();
    this.#resync("gap");
  }

  /** Takes in what the server says of this market and scale, and which checksum the book has then. */
  take(update: DepthUpdate, checksum?: number): void {
    const { platform } = this.#owner;
    // Changes that were under way when the whole was asked for are of no use.
    if (!update.isWhole && !this.#book.isWhole) return;
    const fault = this.#book.apply(update, checksum);
    this.#counts.updates += 1;
    if (fault !== undefined) {
      this.#resync(fault);
      return;
    }
    const nowMs = platform.monotonicMs();
    if (update.isWhole) {
      this.#counts.wholes += 1;
      this.#rightSinceMs = nowMs;
      this.#wasWhole = true;
      this.#cancel();
    } else if (nowMs - this.#rightSinceMs > resyncWait.maxMs) this.#attempt = 0;
    this.#trueAtMs = nowMs;
    this.#feed.push(this.#book);
  }

  #resync(why: BookFault | "gap" | "no-answer"): void {
    this.#faults[why] = (this.#faults[why] ?? 0) + 1;
    const { platform } = this.#owner;
    const waitMs = this.#attempt === 0 ? 0 : backoffMs(resyncWait, this.#attempt - 1, platform);
    this.#attempt += 1;
    const again = () => {
      this.#counts.resyncs += 1;
      this.#owner.askAgain(this.parameter);
    };
    if (waitMs === 0) again();
    else this.#plan(waitMs, again);
  }

  #plan(delayMs: number, task: () => void): void {
    this.#cancel();
    this.#cancel = this.#owner.platform.after(delayMs, task);
  }

  get counts(): Feed<OrderBook>["counts"] {
    return this.#feed.counts;
  }

  get waiting(): number {
    return this.#feed.waiting;
  }

  get listen(): Feed<OrderBook>["listen"] {
    return this.#feed.listen.bind(this.#feed);
  }

  /** No more comes: the market is unknown, or the connection closed for good. */
  end(...fault: Parameters<BufferedFeed<OrderBook>["end"]>): void {
    this.#feed.end(...fault);
  }

  close(): void {
    this.#feed.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<OrderBook> {
    return this.#feed[Symbol.asyncIterator]();
  }
}
