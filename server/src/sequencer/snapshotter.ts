/**
 * Takes state snapshots now and then, so that recovery replays only the end of the log. A snapshot is
 * stored only when every command in it is durable: it must never know more than the log.
 */
import type { Exchange } from "../core/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Snapshot, SnapshotStore } from "../ports/snapshot-store.ts";
import { encodeState, stateFormatOf } from "./state-codec.ts";

/** What a snapshotter works with. */
export interface SnapshotterOptions {
  readonly exchange: Exchange;
  readonly store: SnapshotStore;
  /** The log's epoch. */
  readonly epoch: string;
  /** Commands between two snapshots. */
  readonly every: number;
  readonly report: Log;
}

/** Decides when a snapshot is due, takes it, and stores it once it is durable. */
export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #lastSequence: number;
  #taken: Snapshot | undefined;
  #writing: Promise<void> | undefined;

  /** `lastSequence` is that of the snapshot the exchange was recovered from, 0 for none. */
  constructor(options: SnapshotterOptions, lastSequence: number) {
    this.#options = options;
    this.#lastSequence = lastSequence;
  }

  /** Sequence of the last snapshot that was stored or is being stored. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Told after each release how far the log is durable. */
  note(durableSequence: number): void {
    const { exchange, every } = this.#options;
    if (this.#taken === undefined && exchange.sequence - this.#lastSequence >= every) this.#take();
    if (this.#taken !== undefined && durableSequence >= this.#taken.sequence) this.#store();
  }

  /** Stores the present state; call it when all commands are durable and none will follow. */
  async finish(): Promise<void> {
    await this.#writing;
    if (this.#options.exchange.sequence === this.#lastSequence) return;
    this.#take();
    this.#store();
    await this.#writing;
  }

  #take(): void {
    const { exchange, epoch } = this.#options;
    const state = exchange.snapshot();
    const format = stateFormatOf(state);
    this.#taken = { sequence: exchange.sequence, epoch, format, state: encodeState(state) };
  }

  #store(): void {
    const taken = this.#taken;
    if (taken === undefined || this.#writing !== undefined) return;
    this.#taken = undefined;
    this.#lastSequence = taken.sequence;
    this.#writing = this.#options.store.write(taken).then((outcome) => {
      this.#writing = undefined;
      if (outcome === "stored") return;
      // The log has it all: without this snapshot the next start only takes longer.
      this.#options.report.warn("state snapshot was not stored", { reason: outcome.message });
    });
  }
}
