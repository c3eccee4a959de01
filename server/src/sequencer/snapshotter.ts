/**
 * Has state snapshots made now and then, so that recovery replays only the end of the log. Each is of
 * a state that is durable: it must never know more than the log.
 */
import type { Exchange } from "../core/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { SnapshotMaker, SnapshotOutcome } from "../ports/snapshot-maker.ts";
import type { SnapshotStore } from "../ports/snapshot-store.ts";
import { snapshotOf } from "./snapshot-follower.ts";

/** What a snapshotter works with. */
export interface SnapshotterOptions {
  readonly exchange: Exchange;
  /** Makes the snapshots while commands are taken. */
  readonly maker: SnapshotMaker;
  /** Takes the last one; nothing is being made by then. */
  readonly store: SnapshotStore;
  /** The log's epoch. */
  readonly epoch: string;
  /** Commands between two snapshots. */
  readonly every: number;
  readonly report: Log;
  /** Told when the log turned out to be damaged. */
  damaged?(reason: string): void;
}

/** Decides when a snapshot is due, and has it made. */
export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #lastSequence: number;
  /** The last one that was asked for; asked for again only when another one is due. */
  #askedSequence: number;
  #failures = 0;
  #making: Promise<void> | undefined;
  #isStopped = false;

  /** `lastSequence` is that of the snapshot the exchange was recovered from, 0 for none. */
  constructor(options: SnapshotterOptions, lastSequence: number) {
    this.#options = options;
    this.#lastSequence = lastSequence;
    this.#askedSequence = lastSequence;
  }

  /** Sequence of the last snapshot that was stored. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** How many snapshots were not made although they were due. */
  get failures(): number {
    return this.#failures;
  }

  /** Told after each release how far the log is durable, which is always the end of a batch. */
  note(durableSequence: number): void {
    const isDue = durableSequence - this.#askedSequence >= this.#options.every;
    if (!isDue || this.#making !== undefined || this.#isStopped) return;
    this.#askedSequence = durableSequence;
    this.#making = this.#options.maker.make(durableSequence).then((outcome) => {
      this.#making = undefined;
      this.#noteOutcome(durableSequence, outcome);
    });
  }

  /** Has one made of what is durable, also where there is one: others may not have it. */
  makeNow(durableSequence: number): void {
    this.#askedSequence = Number.NEGATIVE_INFINITY;
    this.note(durableSequence);
  }

  /** Ends what is being made; no snapshot is made afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#options.maker.stop();
    await this.#making;
  }

  /** Stores the present state; call it when all commands are durable and none will follow. */
  async finish(): Promise<void> {
    await this.stop();
    const { exchange, store, epoch } = this.#options;
    if (exchange.sequence === this.#lastSequence) return;
    const outcome = await store.write(snapshotOf(exchange, epoch));
    if (outcome === "stored") this.#lastSequence = exchange.sequence;
    else this.#noteFailure(exchange.sequence, outcome.message);
  }

  #noteOutcome(sequence: number, outcome: SnapshotOutcome): void {
    if (outcome.kind === "stored") {
      this.#lastSequence = sequence;
      return;
    }
    // What a stop has ended is followed by the last snapshot, and no failure.
    if (this.#isStopped) return;
    this.#noteFailure(sequence, outcome.message);
    if (outcome.kind === "damaged") this.#options.damaged?.(outcome.message);
  }

  /** The log has it all: without this snapshot the next start only takes longer. */
  #noteFailure(sequence: number, reason: string): void {
    this.#failures += 1;
    this.#options.report.warn("state snapshot was not stored", { sequence, reason });
  }
}
