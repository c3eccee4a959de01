/**
 * Feeds the history from what the sequencer releases, at the pace at which it can be stored. What the
 * history has already is skipped, so that a replay after a crash goes on exactly where it stopped.
 */
import type { Clock } from "../../ports/clock.ts";
import type { History } from "../../ports/history.ts";
import type { Log } from "../../ports/log.ts";
import type { Released } from "../../ports/released.ts";

/** Commands that may wait for the history; with more the exchange answers `busy`. */
export const waitingMax = 262_144;

/** Most commands that are handed over at once. */
const handedOverMax = 1_024;

/** How long commands wait for more of them before they are handed over, in milliseconds. */
export const gatheringMs = 20;

/** With this many commands there is no waiting for more: handing them over takes about 2 ms. */
const gatheredMax = 256;

/** The history's writing end. */
export class Recorder {
  readonly #history: History;
  readonly #log: Log;
  readonly #clock: Pick<Clock, "after"> | undefined;
  #waiting: Released[] = [];
  /** How many of the waiting ones have been handed over. */
  #handedOver = 0;
  #isPumping = false;
  /** Sequence of the last one that was handed over. */
  #handedOverSequence = 0;
  /** Stops waiting for more; undefined when nothing waits for it. */
  #cancelGathering: (() => void) | undefined;
  #faultSaid = false;

  /** Without a clock everything is handed over at once, as suits a replay. */
  constructor(history: History, log: Log, clock?: Pick<Clock, "after">) {
    this.#history = history;
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether more commands may be taken. */
  get hasRoom(): boolean {
    return this.#waiting.length - this.#handedOver < waitingMax;
  }

  /** Why nothing more is stored; undefined while all is well. */
  get fault(): string | undefined {
    return this.#history.failure?.message;
  }

  /** Takes released commands, in order. Each of them is a small batch, so they are gathered a while. */
  take(released: readonly Released[]): void {
    this.#add(released);
    if (this.#isPumping || this.#waiting.length === 0) return;
    if (this.#clock === undefined || this.#waiting.length >= gatheredMax) this.#handOver();
    else this.#cancelGathering ??= this.#clock.after(gatheringMs, () => this.#handOver());
  }

  /** Takes replayed commands and resolves when there is room for more. */
  async replayed(released: readonly Released[]): Promise<void> {
    this.#add(released);
    this.#handOver();
    while (this.#isPumping) await this.#history.ready();
  }

  /**
   * Resolves when everything up to a sequence that was taken is stored; with the fault when it never
   * will be. What comes meanwhile does not delay it.
   */
  async caughtUp(sequence: number): Promise<string | undefined> {
    this.#handOver();
    while (this.#isPumping && this.#handedOverSequence < sequence) await this.#history.flushed();
    await this.#history.flushed();
    return this.fault;
  }

  /** Hands over everything that waits and resolves when it is stored, or never will be. */
  async finish(): Promise<void> {
    this.#handOver();
    while (this.#isPumping) await this.#history.flushed();
    await this.#history.flushed();
    await this.#history.close();
  }

  #add(released: readonly Released[]): void {
    const last = this.#history.lastSequence;
    for (const entry of released) {
      if (entry.sequence > last) this.#waiting.push(entry);
    }
  }

  #handOver(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    if (!this.#isPumping) void this.#pump();
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
