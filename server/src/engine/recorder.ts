/**
 * Feeds the history from what the sequencer releases, at the pace at which it can be stored. What the
 * history has already is skipped, so that a replay after a crash goes on exactly where it stopped.
 */
import type { Clock } from "../ports/clock.ts";
import type { History } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import type { Released } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import { nextTurn } from "../ports/timers.ts";
import { ReleasedQueue } from "./released-queue.ts";

/**
 * Events of commands that have been taken and are not yet stored, whoever has them: the recorder, the
 * history or its thread. A command without events counts as one. Each takes about 250 bytes. With more
 * the exchange answers `busy`, and a replay waits.
 */
export const unstoredEventsMax = 500_000;

/** Most events that are handed over in one turn of the event loop: a few milliseconds' work. */
export const handedOverEventsMax = 2_048;

/** How long commands wait for more of them before they are handed over, in milliseconds. */
export const gatheringMs = 20;

/** With this many commands there is no waiting for more: handing them over takes about 2 ms. */
const gatheredMax = 256;

/** Commands that were taken together. */
interface Taken {
  readonly lastSequence: number;
  readonly events: number;
}

/** The history's writing end. */
export class Recorder implements Stage {
  readonly #history: History;
  readonly #log: Log;
  readonly #clock: Pick<Clock, "after"> | undefined;
  readonly #unstoredMax: number;
  readonly #waiting = new ReleasedQueue();
  /** What is not stored yet, oldest first. */
  #unstored: Taken[] = [];
  #unstoredEvents = 0;
  /** Resolves when nothing waits any more; undefined while nothing is handed over. */
  #pumping: Promise<void> | undefined;
  /** Resolves when more has been handed over, or nothing more will be. */
  #progress = Promise.withResolvers<void>();
  /** Sequence of the last one that was handed over wholly. */
  #handedOverSequence = 0;
  /** Stops waiting for more; undefined when nothing waits for it. */
  #cancelGathering: (() => void) | undefined;
  #isStallTold = false;

  /** Without a clock everything is handed over at once, as suits a replay. */
  constructor(
    history: History,
    log: Log,
    clock?: Pick<Clock, "after">,
    unstoredMax: number = unstoredEventsMax,
  ) {
    this.#history = history;
    this.#unstoredMax = unstoredMax;
    this.#log = log;
    this.#clock = clock;
    history.onTrouble(() => this.#tellTrouble());
    this.#tellTrouble();
  }

  /** Whether more commands may be taken. */
  get hasRoom(): boolean {
    return this.unstoredEvents < this.#unstoredMax;
  }

  /** Events that were taken and are not yet stored; none once nothing more is stored. */
  get unstoredEvents(): number {
    this.#forgetStored();
    return this.#unstoredEvents;
  }

  /** Why nothing more is stored; undefined while all is well. */
  get fault(): string | undefined {
    return (this.#history.failure ?? this.#history.stall)?.message;
  }

  /** Takes released commands, in order. Each of them is a small batch, so they are gathered a while. */
  take(released: readonly Released[]): void {
    this.#add(released);
    if (this.#pumping !== undefined || this.#waiting.length === 0) return;
    if (this.#clock === undefined || this.#waiting.length >= gatheredMax) this.#handOver();
    else this.#cancelGathering ??= this.#clock.after(gatheringMs, () => this.#handOver());
  }

  /** Takes replayed commands and resolves when there is room for more. */
  async replayed(released: readonly Released[]): Promise<void> {
    this.#add(released);
    this.#handOver();
    while (this.#pumping !== undefined) await this.#pumping;
    while (!this.hasRoom) await this.#history.advanced();
  }

  /**
   * Resolves when everything up to a sequence that was taken is stored; with the fault when it never
   * will be. What comes meanwhile does not delay it.
   */
  async caughtUp(sequence: number): Promise<string | undefined> {
    if (this.#history.stall !== undefined) return this.#history.stall.message;
    this.#handOver();
    while (this.#pumping !== undefined && this.#handedOverSequence < sequence) {
      await this.#progress.promise;
    }
    await this.#history.flushed();
    return this.fault;
  }

  /** Hands over everything that waits and resolves when it is stored, or never will be. */
  async finish(): Promise<void> {
    this.#handOver();
    while (this.#pumping !== undefined) await this.#pumping;
    // What cannot be stored at present comes from the log at the next start.
    await this.#history.flushed();
    await this.#history.close();
  }

  #add(released: readonly Released[]): void {
    const last = this.#history.lastSequence;
    let events = 0;
    for (const entry of released) {
      if (entry.sequence <= last) continue;
      this.#waiting.push(entry);
      events += Math.max(1, entry.events.length);
    }
    if (events === 0) return;
    this.#unstored.push({ lastSequence: released.at(-1)?.sequence ?? last, events });
    this.#unstoredEvents += events;
  }

  #forgetStored(): void {
    const { failure, lastSequence } = this.#history;
    if (failure !== undefined) {
      this.#unstored = [];
      this.#unstoredEvents = 0;
      return;
    }
    let stored = 0;
    for (
      ;
      (this.#unstored[stored]?.lastSequence ?? Number.POSITIVE_INFINITY) <= lastSequence;
      stored += 1
    ) {
      this.#unstoredEvents -= this.#unstored[stored]?.events ?? 0;
    }
    if (stored > 0) this.#unstored.splice(0, stored);
  }

  #handOver(): void {
    this.#cancelGathering?.();
    this.#cancelGathering = undefined;
    if (this.#waiting.length === 0 || this.#pumping !== undefined) return;
    this.#pumping = this.#pump().then(() => {
      this.#pumping = undefined;
      this.#tellProgress();
      // What came after the last look.
      this.#handOver();
    });
  }

  async #pump(): Promise<void> {
    // Whoever waits for an answer to these commands gets it first.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      if (this.#history.failure !== undefined) {
        this.#waiting.clear();
        break;
      }
      const { released, isUnfinished } = this.#waiting.take(handedOverEventsMax);
      this.#history.record(released, isUnfinished);
      this.#noteHandedOver(released.at(-1)?.sequence ?? 0, isUnfinished);
      // Others are served before the next ones are handed over.
      if (this.#waiting.length > 0) await nextTurn();
    }
  }

  #noteHandedOver(sequence: number, isUnfinished: boolean): void {
    this.#handedOverSequence = isUnfinished ? sequence - 1 : sequence;
    this.#tellProgress();
  }

  #tellProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  /** At once, whether commands come or not. */
  #tellTrouble(): void {
    const { failure, stall } = this.#history;
    if (failure !== undefined) {
      const reason = failure.message;
      this.#log.error(
        "the history is not written any more; the next start adds what it lacks from the log",
        { reason },
      );
    } else if (stall !== undefined) {
      const reason = stall.message;
      this.#log.error("the history waits for its disk and tries again every second", { reason });
    } else if (this.#isStallTold) this.#log.warn("the history is written again");
    this.#isStallTold = stall !== undefined;
  }
}
