/**
 * The single writer. It stamps each command with sequence and time, applies it, and lets nobody see
 * the result before the command is durable. The next commands are applied while the last ones are
 * being written; the log decides how many become durable together.
 */
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { Released, Submission } from "../ports/released.ts";
import { CommandEncoder } from "./command-codec.ts";
import { isEncodable } from "./encodable.ts";

/** Most commands that may be applied and not yet durable; more are answered `busy`. */
export const pendingMaxDefault = 262_144;

/** Most commands of one batch. */
export const batchMaxDefault = 4_096;

/** What a sequencer is made of. */
export interface SequencerOptions {
  /** The recovered exchange, at the log's last sequence. */
  readonly exchange: Exchange;
  readonly log: CommandLog;
  readonly clock: Clock;
  /** Runs `task` once the present turn of the event loop has done its work. */
  schedule(task: () => void): void;
  /** Receives what is durable, in order, before the submitters do. */
  release(released: readonly Released[]): void;
  /** Told once when the writer stops for a reason other than `close`. */
  stopped?(reason: string): void;
  /** Whether those who receive what is released can take more; while they cannot, `busy` is answered. */
  hasRoom?(): boolean;
  readonly pendingMax?: number;
  readonly batchMax?: number;
}

interface Pending {
  readonly released: Released;
  readonly done: (submission: Submission) => void;
}

/** Somebody who has read the state and waits until what he read is durable. */
interface Reader {
  readonly sequence: number;
  readonly done: (stopReason: string | undefined) => void;
}

/** Commands that will be appended together. */
interface Batch {
  readonly timeUs: number;
  readonly pending: Pending[];
}

/** Orders commands, makes them durable, applies them. */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #pendingMax: number;
  readonly #batchMax: number;
  /** Applied, waiting for the end of the turn or for room in the log. */
  #open: Batch | undefined;
  /** Holds the commands of the open batch. */
  readonly #encoder = new CommandEncoder();
  #pendingCount = 0;
  #appendsUnderWay = 0;
  #sealScheduled = false;
  #stopReason: string | undefined;
  #durableSequence: number;
  #drained: (() => void) | undefined;
  /** In the order in which they came, and so by sequence. */
  #readers: Reader[] = [];

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#pendingMax = options.pendingMax ?? pendingMaxDefault;
    this.#batchMax = options.batchMax ?? batchMaxDefault;
    this.#durableSequence = options.exchange.sequence;
  }

  /** Sequence of the last command whose result may be seen. */
  get durableSequence(): number {
    return this.#durableSequence;
  }

  /** Commands that are applied and not yet durable. */
  get pending(): number {
    return this.#pendingCount;
  }

  /** Why the writer has stopped; undefined while it works. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  /** Submits a command; `done` is called once, at the earliest when this call has returned. */
  submit(command: Command, done: (submission: Submission) => void): void {
    const refusal = this.#refuse(command);
    if (refusal !== undefined) {
      this.#options.schedule(() => done(refusal));
      return;
    }
    const batch = this.#batch();
    const { exchange } = this.#options;
    const sequence = exchange.sequence + 1;
    const { timeUs } = batch;
    try {
      const events = exchange.apply({ sequence, timeUs, command });
      this.#encoder.add(command);
      batch.pending.push({ released: { sequence, timeUs, command, events }, done });
      this.#pendingCount += 1;
    } catch (error) {
      // An invariant does not hold: nothing more may be built on this state.
      const message = error instanceof Error ? error.message : String(error);
      this.#seal();
      this.#stop(`the exchange stopped at command ${sequence}: ${message}`);
      const { stopReason } = this;
      this.#options.schedule(() => done({ kind: "stopped", reason: stopReason ?? message }));
      return;
    }
    if (batch.pending.length >= this.#batchMax) this.#seal();
    else this.#scheduleSeal();
  }

  /** Submits a command and resolves with what became of it. */
  submitted(command: Command): Promise<Submission> {
    return new Promise((resolve) => {
      this.submit(command, resolve);
    });
  }

  /**
   * What may be shown of the exchange's state, which is ahead of the log: reads it now, and resolves
   * with it when everything in it is durable, or with the reason why that will not be known.
   */
  read<Result>(
    read: (exchange: Exchange) => Result,
  ): Promise<
    | { readonly kind: "durable"; readonly result: Result }
    | { readonly kind: "stopped"; readonly reason: string }
  > {
    const reason = this.#stopReason;
    if (reason !== undefined) return Promise.resolve({ kind: "stopped", reason });
    const { exchange } = this.#options;
    const result = read(exchange);
    const { sequence } = exchange;
    if (sequence <= this.#durableSequence) return Promise.resolve({ kind: "durable", result });
    return new Promise((resolve) => {
      this.#readers.push({
        sequence,
        done: (stopReason) =>
          resolve(
            stopReason === undefined
              ? { kind: "durable", result }
              : { kind: "stopped", reason: stopReason },
          ),
      });
    });
  }

  /** Stops the writer for a reason found elsewhere; what was taken is still made durable. */
  halt(reason: string): void {
    this.#stop(reason);
  }

  /** Takes no more commands and resolves when all that were taken are durable and released. */
  async close(): Promise<void> {
    this.#seal();
    this.#stopReason ??= "the server is stopping";
    if (this.#pendingCount === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  #refuse(command: Command): Submission | undefined {
    if (this.#stopReason !== undefined) return { kind: "stopped", reason: this.#stopReason };
    const hasRoom = this.#pendingCount < this.#pendingMax && this.#options.hasRoom?.() !== false;
    if (!hasRoom) return { kind: "busy" };
    return isEncodable(command) ? undefined : { kind: "malformed" };
  }

  #batch(): Batch {
    // All commands of a batch carry the time at which it was begun.
    this.#open ??= {
      timeUs: Math.max(this.#options.clock.nowUs(), this.#options.exchange.timeUs),
      pending: [],
    };
    return this.#open;
  }

  #scheduleSeal(): void {
    if (this.#sealScheduled) return;
    this.#sealScheduled = true;
    this.#options.schedule(() => {
      this.#sealScheduled = false;
      this.#seal();
    });
  }

  /** Hands the open batch to the log; where the log has no room, it stays open and grows. */
  #seal(): void {
    const batch = this.#open;
    const first = batch?.pending[0]?.released;
    if (batch === undefined || first === undefined) return;
    const appended = this.#options.log.append({
      firstSequence: first.sequence,
      count: batch.pending.length,
      timeUs: batch.timeUs,
      payload: this.#encoder.payload(),
    });
    if (appended === "no-room") return;
    this.#open = undefined;
    this.#encoder.clear();
    this.#appendsUnderWay += 1;
    void appended.then((outcome) => {
      this.#appendsUnderWay -= 1;
      if (outcome === "durable") this.#release(batch.pending);
      else this.#fail(batch.pending, outcome.message);
      // What did not fit before may fit now.
      this.#seal();
      this.#noteDrained();
    });
  }

  #release(pending: readonly Pending[]): void {
    const released = pending.map((entry) => entry.released);
    this.#durableSequence = released.at(-1)?.sequence ?? this.#durableSequence;
    this.#pendingCount -= pending.length;
    this.#options.release(released);
    for (const entry of pending) entry.done({ kind: "released", released: entry.released });
    this.#answerReaders();
  }

  /** Whoever read what is durable by now has his answer; after a failure nobody has another one. */
  #answerReaders(stopReason?: string): void {
    const waitsFrom = this.#readers.findIndex(({ sequence }) => sequence > this.#durableSequence);
    const count = stopReason !== undefined || waitsFrom < 0 ? this.#readers.length : waitsFrom;
    for (const reader of this.#readers.splice(0, count)) reader.done(stopReason);
  }

  /** What could not be made durable was applied: this state must not be seen by anybody. */
  #fail(pending: readonly Pending[], reason: string): void {
    this.#stop(reason);
    this.#pendingCount -= pending.length;
    for (const entry of pending) entry.done({ kind: "stopped", reason });
    this.#answerReaders(reason);
    if (this.#appendsUnderWay > 0) return;
    const open = this.#open?.pending ?? [];
    this.#open = undefined;
    this.#pendingCount -= open.length;
    for (const entry of open) entry.done({ kind: "stopped", reason });
  }

  #stop(reason: string): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#options.stopped?.(reason);
  }

  #noteDrained(): void {
    if (this.#pendingCount > 0) return;
    this.#drained?.();
    this.#drained = undefined;
  }
}
