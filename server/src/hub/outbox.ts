/**
 * What one connection is still owed. Bounded in bytes: while the client is behind, a newer state
 * takes the place of an older one of the same key, and what still does not fit ends the connection.
 */
import type { Frame, Transport, Written } from "../ports/transport.ts";
import type { Audience } from "./audience.ts";
import type { Cohort, Due } from "./cohort.ts";
import { type Gatherer, slabBytes } from "./gatherer.ts";

/** Close code for a client that does not read as fast as it is sent to. */
export const slowConsumerCode = 1008;

/** Close reason for a client that does not read as fast as it is sent to. */
export const slowConsumerReason = "slow consumer: messages were not read fast enough";

/** What is counted of a connection. */
export interface OutboxFigures {
  /** Frames written to the socket. */
  framesOut: number;
  bytesOut: number;
  /** Frames that a newer state or a whole state took the place of. */
  conflated: number;
}

/** What an outbox tells the hub. */
export interface OutboxHost {
  readonly gatherer: Gatherer;
  /** The client is behind now, or no longer. */
  behindChanged(outbox: Outbox): void;
  /** More waits than may: the connection is being closed. */
  overflowed(): void;
}

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly transport: Transport;
  /** Bytes that may wait while the client is behind; what the socket holds is not counted. */
  readonly bytesMax: number;
  /** Whether the client takes compressed frames. */
  readonly compresses: boolean;
}

/** A frame of this connection alone, behind so many of its cohort's. */
interface Own {
  readonly at: number;
  readonly due: Due;
}

/** The bounded queue of one connection. Its cohort and place belong to the hub. */
export class Outbox {
  readonly options: OutboxOptions;
  readonly figures: OutboxFigures = { framesOut: 0, bytesOut: 0, conflated: 0 };
  readonly audiences: Set<Audience> = new Set();
  /** Changes that it was spared, while it is behind. */
  readonly missed: Set<Audience> = new Set();
  cohort: Cohort | undefined;
  /** Position among the members of its cohort. */
  place = 0;
  readonly #host: OutboxHost;
  /** How much of its cohort's due list was there before it joined. */
  #joinedAt = 0;
  #own: Own[] = [];
  #ownBytes = 0;
  /** What waits while the client is behind, and its size. */
  #waiting: Due[] = [];
  #bytes = 0;
  /** Places of keyed frames in what waits. */
  readonly #places = new Map<string, number>();
  #behind = false;
  #closed = false;

  constructor(host: OutboxHost, options: OutboxOptions) {
    this.#host = host;
    this.options = options;
  }

  /** Whether the transport has asked to wait. */
  get behind(): boolean {
    return this.#behind;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes waiting here; what the socket holds already is not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of its own frames since the last flush. */
  get ownBytes(): number {
    return this.#ownBytes;
  }

  /** Whether it is due just what its cohort is due. */
  get isPlain(): boolean {
    return this.#own.length === 0 && this.#joinedAt === 0 && !this.#behind && !this.#closed;
  }

  /** Notes a frame of its own, behind everything that is due to it by now. */
  note(due: Due): void {
    if (this.#closed) return;
    this.#own.push({ at: this.cohort?.due.length ?? 0, due });
    this.#ownBytes += due.frame.plain.length;
  }

  /** Goes from one cohort to another; what it was due from the first becomes its own. */
  move(to: Cohort | undefined): void {
    const at = to?.due.length ?? 0;
    const due = [...this.#inOrder(this.cohort?.due ?? [])];
    this.cohort?.leave(this);
    this.cohort = to;
    to?.join(this);
    this.#joinedAt = at;
    this.#own = due.map((each) => ({ at, due: each }));
    this.#ownBytes = due.reduce((sum, { frame }) => sum + frame.plain.length, 0);
  }

  /** Writes memory that it shares with others, for one that {@link isPlain}. */
  writeShared(slab: Uint8Array, frames: number): void {
    this.#count(slab.length, frames);
    this.#note(this.options.transport.write(slab));
  }

  /** Writes or queues what its cohort was due together with its own frames, in order. */
  take(cohortDue: readonly Due[]): void {
    if (this.#own.length > 0) {
      for (const due of this.#inOrder(cohortDue)) this.#put(due);
    } else {
      for (let at = this.#joinedAt; at < cohortDue.length; at += 1) this.#put(cohortDue[at]!);
    }
    this.#writeGathered();
    this.#joinedAt = 0;
    this.#own = [];
    this.#ownBytes = 0;
  }

  /** The transport can take more again. */
  drained(): void {
    this.#behind = false;
    const waiting = this.#waiting;
    this.#forgetWaiting();
    // What is due in this turn comes later: it is written with the next flush.
    for (const due of waiting) this.#put(due);
    this.#writeGathered();
    this.#host.behindChanged(this);
  }

  /** Flushes what the client can still take, then closes. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.take(this.cohort?.due ?? []);
    this.end();
    this.options.transport.close(code, reason);
  }

  /** The connection is gone: nothing is queued from here on. */
  end(): void {
    this.#closed = true;
    this.#own = [];
    this.#ownBytes = 0;
    this.missed.clear();
    this.#forgetWaiting();
  }

  /** What the cohort was due since this one joined, with its own frames where they belong. */
  *#inOrder(cohortDue: readonly Due[]): Generator<Due> {
    let next = this.#joinedAt;
    for (const { at, due } of this.#own) {
      for (; next < at; next += 1) yield cohortDue[next]!;
      yield due;
    }
    for (; next < cohortDue.length; next += 1) yield cohortDue[next]!;
  }

  /** Gathers a frame towards the socket, or keeps it while the client is behind. */
  #put(due: Due): void {
    if (this.#closed) return;
    const { gatherer } = this.#host;
    const bytes = this.#bytesOf(due.frame);
    if (!gatherer.hasRoom(bytes.length)) this.#writeGathered();
    if (this.#behind) {
      this.#wait(due);
      return;
    }
    this.#count(bytes.length, 1);
    if (bytes.length > slabBytes) this.#note(this.options.transport.write(bytes));
    else gatherer.add(bytes);
  }

  #writeGathered(): void {
    this.#note(this.#host.gatherer.write(this.options.transport));
  }

  /** Only what is asked for is made: taking both forms apart would compress every frame. */
  #bytesOf(frame: Frame): Uint8Array {
    return this.options.compresses ? frame.compressed : frame.plain;
  }

  #note(written: Written): void {
    if (written === "full") this.#setBehind(true);
  }

  #setBehind(behind: boolean): void {
    if (this.#behind === behind) return;
    this.#behind = behind;
    this.#host.behindChanged(this);
  }

  #count(bytes: number, frames: number): void {
    this.figures.framesOut += frames;
    this.figures.bytesOut += bytes;
  }

  /** Keeps a frame for a client that is behind, as its policy allows. */
  #wait(due: Due): void {
    const { frame, policy } = due;
    if (policy.kind === "changes") {
      this.missed.add(policy.audience);
      this.figures.conflated += 1;
      return;
    }
    const { length } = this.#bytesOf(frame);
    const place = policy.kind === "state" ? this.#places.get(policy.key) : undefined;
    if (place !== undefined) {
      const older = this.#waiting[place];
      this.#bytes += length - (older === undefined ? 0 : this.#bytesOf(older.frame).length);
      this.#waiting[place] = due;
      this.figures.conflated += 1;
      return;
    }
    if (this.#bytes + length > this.options.bytesMax) {
      this.end();
      this.#host.overflowed();
      this.options.transport.close(slowConsumerCode, slowConsumerReason);
      return;
    }
    if (policy.kind === "state") this.#places.set(policy.key, this.#waiting.length);
    this.#waiting.push(due);
    this.#bytes += length;
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#places.clear();
  }
}
