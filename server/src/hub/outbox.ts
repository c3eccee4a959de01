/**
 * What one connection is still owed. Bounded in bytes: while the client is behind, of a state only the
 * newest of each key waits, and what still does not fit ends the connection.
 */
import type { Transport, Written } from "../ports/transport.ts";
import type { Audience } from "./audience.ts";
import { Backlog } from "./backlog.ts";
import type { Cohort } from "./cohort.ts";
import type { Due } from "./due.ts";
import { formOf, type Gatherer, slabBytes } from "./gatherer.ts";

/** Close code for a client that does not read as fast as it is sent to. */
export const slowConsumerCode = 1008;

/** Close reason for a client that does not read as fast as it is sent to. */
export const slowConsumerReason = "slow consumer: messages were not read fast enough";

/** What is counted of a connection. */
export interface OutboxFigures {
  /** Frames written to the socket. */
  readonly framesOut: number;
  readonly bytesOut: number;
  /** Frames that a newer state or a whole state took the place of. */
  readonly conflated: number;
}

/** What was counted of two together. */
export function sumOfFigures(one: OutboxFigures, other: OutboxFigures): OutboxFigures {
  return {
    framesOut: one.framesOut + other.framesOut,
    bytesOut: one.bytesOut + other.bytesOut,
    conflated: one.conflated + other.conflated,
  };
}

/** What an outbox tells the hub. */
export interface OutboxHost {
  readonly gatherer: Gatherer;
  /** The client is behind now, or no longer. */
  behindChanged(outbox: Outbox): void;
  /** More waits than may: the connection is being closed. */
  overflowed(): void;
  /** So many more bytes wait, or fewer; of a frame that several are sent, a share. */
  waits(bytes: number): void;
}

/** Options of an outbox. It is not kept: there are many outboxes. */
export interface OutboxOptions {
  readonly transport: Transport;
  /** Bytes that may wait while the client is behind; what the socket holds is not counted. */
  readonly bytesMax: number;
  /** Whether the client takes compressed frames. */
  readonly compresses: boolean;
}

/** The audiences, cohorts and frames of connections. */
export type OutboxAudience = Audience<Outbox>;
export type OutboxCohort = Cohort<OutboxAudience, Outbox>;
export type OutboxDue = Due<OutboxAudience>;

/** A frame of this connection alone, behind so many of its cohort's. */
interface Own {
  readonly at: number;
  readonly due: OutboxDue;
}

const none: ReadonlySet<OutboxAudience> = new Set();

/** The bounded queue of one connection. Its cohort and place belong to the hub. */
export class Outbox {
  /** Whether the client takes compressed frames. */
  readonly compresses: boolean;
  cohort: OutboxCohort | undefined;
  /** Position among the members of its cohort. */
  place = 0;
  readonly #host: OutboxHost;
  readonly #transport: Transport;
  readonly #bytesMax: number;
  /** Its cohort's own set until it differs from that. */
  #audiences: ReadonlySet<OutboxAudience> = none;
  #framesOut = 0;
  #bytesOut = 0;
  #conflated = 0;
  /** How much of its cohort's due list was there before it joined. */
  #joinedAt = 0;
  /** Made when it is needed, as most connections have nothing of their own. */
  #own: Own[] | undefined;
  #ownBytes = 0;
  /** Most clients are never behind, so that most connections have none. */
  #backlog: Backlog<OutboxAudience> | undefined;
  /** Audiences of changes that it was spared, while it is behind. */
  #missed: Set<OutboxAudience> | undefined;
  #behind = false;
  #closed = false;

  constructor(host: OutboxHost, options: OutboxOptions) {
    this.#host = host;
    this.#transport = options.transport;
    this.#bytesMax = options.bytesMax;
    this.compresses = options.compresses;
  }

  get figures(): OutboxFigures {
    return { framesOut: this.#framesOut, bytesOut: this.#bytesOut, conflated: this.#conflated };
  }

  /** What it subscribes to. */
  get audiences(): ReadonlySet<OutboxAudience> {
    return this.#audiences;
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
    return this.#backlog?.bytes ?? 0;
  }

  /** Its share of what waits, where several are sent the same. */
  get share(): number {
    return this.#backlog?.share ?? 0;
  }

  /** Audiences whose whole state it is owed once it reads again. */
  get missed(): ReadonlySet<OutboxAudience> {
    return this.#missed ?? none;
  }

  /** Bytes of its own frames since the last flush. */
  get ownBytes(): number {
    return this.#ownBytes;
  }

  /** Whether it is due just what its cohort is due. */
  get isPlain(): boolean {
    return this.#own === undefined && this.#joinedAt === 0 && !this.#behind && !this.#closed;
  }

  /** Adds a subscription that it does not have. */
  subscribe(audience: OutboxAudience): void {
    this.#ownAudiences().add(audience);
  }

  /** Removes a subscription that it has. */
  unsubscribe(audience: OutboxAudience): void {
    this.#ownAudiences().delete(audience);
    this.unmiss(audience);
  }

  /** Notes a frame of its own, behind everything that is due to it by now. */
  note(due: OutboxDue): void {
    if (this.#closed) return;
    this.#own ??= [];
    this.#own.push({ at: this.cohort?.due.length ?? 0, due });
    this.#ownBytes += due.frame.plain.length;
  }

  /** Goes from one cohort to another; what it was due from the first becomes its own. */
  move(to: OutboxCohort | undefined): void {
    const at = to?.due.length ?? 0;
    const due = [...this.#inOrder(this.cohort?.due ?? [])];
    this.cohort?.leave(this);
    this.cohort = to;
    to?.join(this);
    this.#audiences = to?.audiences ?? none;
    this.#joinedAt = at;
    this.#own = due.length === 0 ? undefined : due.map((each) => ({ at, due: each }));
    this.#ownBytes = due.reduce((sum, { frame }) => sum + frame.plain.length, 0);
  }

  /** Writes memory that it shares with others, for one that {@link isPlain}; returns what became of it. */
  writeShared(slab: Uint8Array, frames: number): Written {
    this.#count(slab.length, frames);
    const written = this.#transport.write(slab);
    this.#note(written);
    return written;
  }

  /** Writes or queues what its cohort was due together with its own frames, in order. */
  take(cohortDue: readonly OutboxDue[]): void {
    if (this.#own !== undefined) {
      for (const due of this.#inOrder(cohortDue)) this.#put(due);
    } else {
      let next = this.#joinedAt;
      while (next < cohortDue.length) next = this.#putFrom(cohortDue, next);
    }
    this.#writeGathered();
    this.#joinedAt = 0;
    this.#own = undefined;
    this.#ownBytes = 0;
  }

  /** Owes it the whole state of an audience, once it reads again. */
  miss(audience: OutboxAudience): void {
    this.#missed ??= new Set();
    this.#missed.add(audience);
  }

  /** Owes it the state of an audience no longer. */
  unmiss(audience: OutboxAudience): void {
    this.#missed?.delete(audience);
  }

  /** The transport can take more again. */
  drained(): void {
    this.#behind = false;
    const waiting = this.#backlog?.inOrder() ?? [];
    this.#dropBacklog();
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
    this.#transport.close(code, reason);
  }

  /** The connection is gone: nothing is queued from here on. */
  end(): void {
    this.#closed = true;
    this.#own = undefined;
    this.#ownBytes = 0;
    this.#missed = undefined;
    this.#dropBacklog();
  }

  /** Closes the connection because more waits than may. */
  overflow(): void {
    if (this.#closed) return;
    this.end();
    this.#host.overflowed();
    this.#transport.close(slowConsumerCode, slowConsumerReason);
  }

  #dropBacklog(): void {
    if (this.#backlog === undefined) return;
    this.#host.waits(-this.#backlog.share);
    this.#backlog = undefined;
  }

  /** What the cohort was due since this one joined, with its own frames where they belong. */
  *#inOrder(cohortDue: readonly OutboxDue[]): Generator<OutboxDue> {
    let next = this.#joinedAt;
    for (const { at, due } of this.#own ?? []) {
      for (; next < at; next += 1) yield cohortDue[next]!;
      yield due;
    }
    for (; next < cohortDue.length; next += 1) yield cohortDue[next]!;
  }

  /** Puts one or many frames of a list from a place on; returns the place of the next one. */
  #putFrom(cohortDue: readonly OutboxDue[], from: number): number {
    const { gatherer } = this.#host;
    if (!this.#behind && !this.#closed) {
      const before = gatherer.length;
      const next = gatherer.addFrom(cohortDue, from, this.compresses);
      this.#count(gatherer.length - before, next - from);
      if (next > from) return next;
    }
    this.#put(cohortDue[from]!);
    return from + 1;
  }

  /** Gathers a frame towards the socket, or keeps it while the client is behind. */
  #put(due: OutboxDue): void {
    if (this.#closed) return;
    const { gatherer } = this.#host;
    const bytes = formOf(due.frame, this.compresses);
    if (!gatherer.hasRoom(bytes.length)) this.#writeGathered();
    if (this.#behind) {
      this.#wait(due);
      return;
    }
    this.#count(bytes.length, 1);
    if (bytes.length > slabBytes) this.#note(this.#transport.write(bytes));
    else gatherer.add(bytes);
  }

  #writeGathered(): void {
    this.#note(this.#host.gatherer.write(this.#transport));
  }

  #ownAudiences(): Set<OutboxAudience> {
    const shared = this.#audiences;
    const own = shared === none || shared === this.cohort?.audiences ? new Set(shared) : shared;
    this.#audiences = own;
    // Made above, now or before, and nobody else has it.
    return own as Set<OutboxAudience>;
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
    this.#framesOut += frames;
    this.#bytesOut += bytes;
  }

  /** Keeps a frame for a client that is behind, as its policy allows. */
  #wait(due: OutboxDue): void {
    if (due.policy.kind === "changes") {
      if (due.source !== undefined) this.miss(due.source);
      this.#conflated += 1;
      return;
    }
    this.#backlog ??= new Backlog(this.compresses);
    const before = this.#backlog.share;
    const outcome = this.#backlog.add(due, this.#bytesMax);
    this.#host.waits(this.#backlog.share - before);
    if (outcome === "conflated") this.#conflated += 1;
    else if (outcome === "full") this.overflow();
  }
}
