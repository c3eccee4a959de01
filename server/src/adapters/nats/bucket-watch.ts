/**
 * Asks a stream's leader twice a second what its last message is, and reads what came since; twice as often until it has
 * caught up. An answer that does not come is asked for again, for ever.
 */
import { JetStreamError, type JetStreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { SharedWatch } from "../../ports/shared-bucket.ts";
import type { NatsLink } from "./link.ts";

/** Between two looks, in milliseconds. */
const lookEveryMs = 500;
/** Until it has caught up, for which a start waits. */
const firstLooksEveryMs = 250;

/** Messages that are read at once, and their bytes. */
const pageMessages = 256;
const pageBytes = 4 * 1_024 * 1_024;

/** The broker's word for a page without messages. */
const nothingThere = 404;

/** What is watched. */
export interface BucketWatchOptions {
  readonly stream: string;
  /** All its records. */
  readonly subject: string;
  told(message: StoredMsg): void;
}

/** One who watches a bucket. */
export class BucketWatch implements SharedWatch {
  readonly caughtUp: Promise<void>;
  readonly #link: NatsLink;
  readonly #manager: JetStreamManager;
  readonly #options: BucketWatchOptions;
  #sayCaughtUp: () => void = () => {};
  #hasCaughtUp = false;
  /** Number of the last message that was told, and when the stream was made that it is one of. */
  #seen = 0;
  #made: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(link: NatsLink, manager: JetStreamManager, options: BucketWatchOptions) {
    this.#link = link;
    this.#manager = manager;
    this.#options = options;
    this.caughtUp = new Promise((resolve) => {
      this.#sayCaughtUp = resolve;
    });
    void this.#goOn();
  }

  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #goOn(): Promise<void> {
    await this.look();
    if (this.#isStopped) return;
    const untilNextMs = this.#hasCaughtUp ? lookEveryMs : firstLooksEveryMs;
    this.#timer = setTimeout(() => void this.#goOn(), untilNextMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    const last = await this.#last();
    if (last === undefined || !(await this.#tellUpTo(last))) return;
    this.#hasCaughtUp = true;
    this.#sayCaughtUp();
  }

  /** Number of the stream's last message; undefined where nobody says. */
  async #last(): Promise<number | undefined> {
    try {
      const { state, created } = await this.#link.asked(() =>
        this.#manager.streams.info(this.#options.stream),
      );
      // A stream that was made anew, or has lost what it had, is told from its beginning.
      if (created !== this.#made || state.last_seq < this.#seen) this.#seen = 0;
      this.#made = created;
      return state.last_seq;
    } catch {
      return undefined;
    }
  }

  /** Whether everything was told. */
  async #tellUpTo(last: number): Promise<boolean> {
    while (this.#seen < last && !this.#isStopped) {
      const before = this.#seen;
      try {
        await this.#page();
        if (this.#seen === before) await this.#one(last);
      } catch {
        return false;
      }
    }
    return !this.#isStopped;
  }

  async #page(): Promise<void> {
    const { stream } = this.#options;
    const query = { seq: this.#seen + 1, batch: pageMessages, max_bytes: pageBytes };
    try {
      for await (const message of await this.#manager.direct.getBatch(stream, query)) {
        this.#tell(message);
      }
    } catch (error) {
      // All that was there has expired: the leader is asked next.
      if (!saysNothingThere(error)) throw error;
    }
  }

  /** The next message as the leader has it: any server may answer for a page, also one that is behind. */
  async #one(last: number): Promise<void> {
    const { stream, subject } = this.#options;
    const query = { seq: this.#seen + 1, next_by_subj: subject };
    const found = await this.#manager.streams.getMessage(stream, query);
    if (found === null) this.#seen = last;
    else this.#tell(found);
  }

  #tell(message: StoredMsg): void {
    if (this.#isStopped || message.seq <= this.#seen) return;
    this.#seen = message.seq;
    this.#options.told(message);
  }
}

function saysNothingThere(error: unknown): boolean {
  return error instanceof JetStreamError && "code" in error && error.code === nothingThere;
}
