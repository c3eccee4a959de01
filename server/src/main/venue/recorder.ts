/**
 * Feeds the history from what the sequencer releases, at the pace at which it can be stored. What the
 * history has already is skipped, so that a replay after a crash goes on exactly where it stopped.
 */
import type { History } from "../../ports/history.ts";
import type { Log } from "../../ports/log.ts";
import type { Released } from "../../ports/released.ts";

/** Commands that may wait for the history; with more the exchange answers `busy`. */
export const waitingMax = 262_144;

/** Most commands that are handed over at once. */
const handedOverMax = 1_024;

/** The history's writing end. */
export class Recorder {
  readonly #history: History;
  readonly #log: Log;
  #waiting: Released[] = [];
  /** How many of the waiting ones have been handed over. */
  #handedOver = 0;
  #isPumping = false;
  /** Sequence of the last one that was handed over. */
  #handedOverSequence = 0;
  #faultSaid = false;

  constructor(history: History, log: Log) {
    this.#history = history;
    this.#log = log;
  }

  /** Whether more commands may be taken. */
  get hasRoom(): boolean {
    return this.#waiting.length - this.#handedOver < waitingMax;
  }

  /** Why nothing more is stored; undefined while all is well. */
  get fault(): string | undefined {
    return this.#history.failure?.message;
  }

  /** Takes released commands, in order. */
  take(released: readonly Released[]): void {
    const last = this.#history.lastSequence;
    for (const entry of released) {
      if (entry.sequence > last) this.#waiting.push(entry);
    }
    if (!this.#isPumping) void this.#pump();
  }

  /** Takes replayed commands and resolves when there is room for more. */
  async replayed(released: readonly Released[]): Promise<void> {
    this.take(released);
    await this.#history.ready();
  }

  /**
   * Resolves when everything up to a sequence that was taken is stored; with the fault when it never
   * will be. What comes meanwhile does not delay it.
   */
  async caughtUp(sequence: number): Promise<string | undefined> {
    while (this.#isPumping && this.#handedOverSequence < sequence) await this.#history.flushed();
    await this.#history.flushed();
    return this.fault;
  }

  /** Hands over everything that waits and resolves when it is stored, or never will be. */
  async finish(): Promise<void> {
    while (this.#isPumping) await this.#history.flushed();
    await this.#history.flushed();
    await this.#history.close();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#handedOver < this.#waiting.length) {
      if (this.#history.failure !== undefined) {
        this.#sayFault(this.#history.failure.message);
        break;
      }
      await this.#history.ready();
      const next = this.#waiting.slice(this.#handedOver, this.#handedOver + handedOverMax);
      this.#history.record(next);
      this.#handedOver += next.length;
      this.#handedOverSequence = next.at(-1)?.sequence ?? this.#handedOverSequence;
      this.#forgetHandedOver();
    }
    this.#waiting = [];
    this.#handedOver = 0;
    this.#isPumping = false;
  }

  /** Under a load that never pauses the list must not keep what the history has long taken. */
  #forgetHandedOver(): void {
    if (this.#handedOver * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#handedOver);
    this.#handedOver = 0;
  }

  #sayFault(reason: string): void {
    if (this.#faultSaid) return;
    this.#faultSaid = true;
    this.#log.error("the history is not written any more; it can be rebuilt", { reason });
  }
}
