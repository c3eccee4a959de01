/**
 * The single writer. It stamps each command with sequence and time, applies it, and lets nobody see
 * the result before the command is durable. The next commands are applied while the last ones are
 * being written; the log decides how many become durable together.
 */
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import type { Clock } from "../ports/clock.ts";
import { type CommandLog, type Fenced, originBytes } from "../ports/command-log.ts";
import type { DurableReading, Released, Submission, Tick } from "../ports/released.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { Applier } from "./applier.ts";
import { CommandEncoder } from "./command-codec.ts";
import { TickTimer, tickAt } from "./ticks.ts";
import { WaitingReads } from "./waiting-reads.ts";

/** Most commands that may be applied and not yet durable; more are answered `busy`. */
export const pendingMaxDefault = 262_144;

/** Most commands of one batch. */
export const batchMaxDefault = 4_096;

/** The payload of a tick. */
const nothing = new Uint8Array();

/** What a sequencer works with. */
export interface SequencerOptions {
  /** The recovered exchange, at the log's last sequence. */
  readonly exchange: Exchange;
  readonly log: CommandLog;
  readonly clock: Clock;
  /** Runs `task` once the present turn of the event loop has done its work. */
  schedule(task: () => void): void;
  /** Receives what is durable, in order, before the submitters do. */
  release(released: readonly Released[]): void;
  /**
   * Receives each tick, in order with what is released. Ticks are made only for this: about every
   * 100 ms, also while no command comes. One that cannot be released yet takes the place of those
   * after it. While the log waits for its disk, and when the writer has stopped, time goes on after the
   * last durable command: what becomes durable later may be older than the ticks before it.
   */
  tick?(tick: Tick): void;
  /** Told why the log does not write at present, and with undefined when it goes on. */
  stalled?(reason: string | undefined): void;
  /** Told once when the writer stops for a reason other than `close`. */
  stopped?(reason: string): void;
  /** Whether those who receive what is released can take more; while they cannot, `busy` is answered. */
  hasRoom?(): boolean;
  readonly pendingMax?: number;
  readonly batchMax?: number;
  /** Where the log stood that it goes on with, for one who has followed it; a writer that starts afresh has none. */
  readonly after?: FollowedPlace;
}

/** How far somebody has followed a log. */
export interface FollowedPlace {
  /** Commands of the last batch; 0 where there was none. */
  readonly batchCount: number;
  /** The last tick; undefined where there was none. */
  readonly tick: Tick | undefined;
}

type Done = (submission: Submission) => void;

/** Commands that will be appended together. */
interface Batch {
  readonly timeUs: number;
  readonly released: Released[];
  /** Whom to tell, in the same order; nobody any more when they were told that it is not known. */
  done: Done[];
  /** Who asked, by the place of the command in the batch; undefined where that is to be known of none. */
  origins?: Map<number, Uint8Array>;
}

/** Orders commands, makes them durable, applies them. */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #applier: Applier;
  readonly #pendingMax: number;
  readonly #batchMax: number;
  /** Applied, waiting for the end of the turn or for room in the log. */
  #open: Batch | undefined;
  /** Holds the commands of the open batch. */
  readonly #encoder = new CommandEncoder();
  #pendingCount = 0;
  /** Handed to the log, oldest first. */
  readonly #underWay: Batch[] = [];
  /** Closed while the log could not write: what it has was told to nobody, and is there at the next start. */
  #isAbandoned = false;
  #sealScheduled = false;
  #stopReason: string | undefined;
  #durableSequence: number;
  /** Commands of the last batch: each takes at least a microsecond of log time. */
  #lastBatchCount = 1;
  /** Number of the last tick that was released, at first that of the start. */
  #lastTick = 0;
  /** Log time does not fall behind the last tick, nor behind the start. */
  #earliestUs = 0;
  #isTickUnderWay = false;
  #isClosing = false;
  /** Whether another writer has taken over, whose ticks are the log's from then on. */
  #isFenced = false;
  readonly #ticks: TickTimer | undefined;
  #drained: (() => void) | undefined;
  readonly #reads = new WaitingReads();

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#applier = new Applier(options.exchange);
    this.#pendingMax = options.pendingMax ?? pendingMaxDefault;
    this.#batchMax = options.batchMax ?? batchMaxDefault;
    this.#durableSequence = options.exchange.sequence;
    options.log.onTrouble(() => this.#noteTrouble());
    if (options.tick !== undefined) {
      const { after } = options;
      this.#earliestUs = after === undefined ? options.clock.nowUs() : (after.tick?.timeUs ?? 0);
      this.#lastTick =
        after === undefined ? tickAt(0, this.#earliestUs).tick : (after.tick?.tick ?? 0);
      this.#lastBatchCount = Math.max(1, after?.batchCount ?? 1);
      this.#ticks = new TickTimer(options.clock, () => this.#makeTick());
    }
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

  /** Why commands are not taken at present, though they will be again when the disk comes back. */
  get stallReason(): string | undefined {
    return this.#options.log.stall?.message;
  }

  /** Whether it has stopped because another writer has taken over. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /**
   * Submits a command; `done` is called once, at the earliest when this call has returned. `origin` names who asked
   * for it to those who follow the log; see `CommandBatch.origins`.
   */
  submit(command: Command, done: (submission: Submission) => void, origin?: Uint8Array): void {
    const refusal = this.#refuse() ?? this.#take(command, done, origin);
    if (refusal !== undefined) this.#answer(done, refusal);
    else if (this.#isFull()) this.#seal();
    else this.#scheduleSeal();
  }

  /** Submits a command and resolves with what became of it. */
  submitted(command: Command, origin?: Uint8Array): Promise<Submission> {
    return new Promise((resolve) => {
      this.submit(command, resolve, origin);
    });
  }

  /**
   * What may be shown of the exchange's state, which is ahead of the log: reads it now, and resolves
   * with it when everything in it is durable, or with the reason why that will not be known.
   */
  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>> {
    const { exchange } = this.#options;
    const { sequence } = exchange;
    const isDurable = sequence <= this.#durableSequence;
    const reason = this.#stopReason ?? (isDurable ? undefined : this.stallReason);
    if (reason !== undefined) return Promise.resolve({ kind: "stopped", reason });
    const result = read(exchange);
    if (isDurable) return Promise.resolve({ kind: "durable", result });
    return this.#reads.wait(sequence, () => result);
  }

  /**
   * Examines about `count` more orders, users or levels of the state; returns whether that was the end of
   * a round. A violated invariant stops the writer, and its reason is returned; what was taken is still
   * made durable.
   */
  audit(count: number): boolean | string {
    const found = this.#applier.audit(count);
    if (typeof found === "boolean") return found;
    this.#stop(found.reason);
    return found.reason;
  }

  /**
   * Takes no more commands and resolves when all that were taken are durable and released, or cannot
   * be made durable at present: then they are told to nobody.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#ticks?.stop();
    this.#seal();
    this.#stopReason ??= "the server is stopping";
    this.#isAbandoned = this.stallReason !== undefined;
    if (this.#pendingCount === 0 || this.#isAbandoned) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  #refuse(): Submission | undefined {
    const reason = this.#stopReason ?? this.stallReason;
    if (reason !== undefined) return { kind: "stopped", reason };
    const hasRoom = this.#pendingCount < this.#pendingMax && this.#options.hasRoom?.() !== false;
    return hasRoom ? undefined : { kind: "busy" };
  }

  /** Writes a command into the open batch and applies it, or answers why not. */
  #take(command: Command, done: Done, origin: Uint8Array | undefined): Submission | undefined {
    // Written first: what cannot be written must not be applied.
    const refusal = this.#write(command);
    if (refusal !== undefined) return refusal;
    const batch = this.#batch();
    const applied = this.#applier.apply(batch.timeUs, command);
    if ("kind" in applied) {
      this.#encoder.undo();
      this.#seal();
      this.#stop(applied.reason);
      return { kind: "stopped", reason: this.#stopReason ?? applied.reason };
    }
    if (origin !== undefined) {
      batch.origins ??= new Map();
      batch.origins.set(batch.released.length, origin);
    }
    batch.released.push(applied);
    batch.done.push(done);
    this.#pendingCount += 1;
    return undefined;
  }

  /** Writes a command into the open batch, or into the next one where the log takes no larger batch. */
  #write(command: Command): Submission | undefined {
    if (!this.#encoder.add(command)) return { kind: "malformed" };
    const count = this.#open?.released.length ?? 0;
    const { bytes, commands } = this.#options.log.largestBatch;
    if (this.#encoder.bytes <= bytes && count < commands) return undefined;
    this.#encoder.undo();
    if (count === 0) return { kind: "malformed" };
    this.#seal();
    return this.#open === undefined ? this.#write(command) : { kind: "busy" };
  }

  #answer(done: Done, submission: Submission): void {
    this.#options.schedule(() => done(submission));
  }

  #isFull(): boolean {
    return (this.#open?.released.length ?? 0) >= this.#batchMax;
  }

  #batch(): Batch {
    // All commands of a batch carry the time at which it was begun. Log time never stands still: where
    // the clock does, it goes on by a microsecond for each command.
    const earliestUs = this.#options.exchange.timeUs + this.#lastBatchCount;
    this.#open ??= {
      timeUs: Math.max(this.#options.clock.nowUs(), earliestUs, this.#earliestUs),
      released: [],
      done: [],
    };
    return this.#open;
  }

  #scheduleSeal(): void {
    if (this.#sealScheduled) return;
    this.#sealScheduled = true;
    const seal = () => {
      this.#sealScheduled = false;
      this.#seal();
    };
    // A log that works for each batch has it grow until the next one is due.
    const due = this.#options.log.nextDue();
    if (due === undefined) this.#options.schedule(seal);
    else void due.then(seal);
  }

  /** Hands the open batch to the log; where the log has no room, it stays open and grows. */
  #seal(): void {
    const batch = this.#open;
    const first = batch?.released[0];
    if (batch === undefined || first === undefined) return;
    const firstSequence = first.sequence;
    const appended = this.#options.log.append(
      {
        firstSequence,
        count: batch.released.length,
        timeUs: batch.timeUs,
        payload: this.#encoder.payload(),
        ...(batch.origins === undefined ? {} : { origins: originsOf(batch) }),
      },
      { expects: firstSequence - 1 },
    );
    if (appended === "no-room") return;
    this.#open = undefined;
    this.#lastBatchCount = batch.released.length;
    this.#encoder.clear();
    this.#underWay.push(batch);
    void appended.then((outcome) => {
      this.#underWay.shift();
      if (this.#isAbandoned) return;
      if (outcome === "durable") this.#release(batch);
      else this.#fail(batch, outcome);
      // What did not fit before may fit now.
      this.#seal();
      this.#noteDrained();
    });
  }

  #makeTick(): void {
    if (this.#isFenced) return;
    if (this.stallReason !== undefined) this.#tick(this.#durableSequence);
    else if (this.#stopReason === undefined) this.#appendTick();
    else if (this.#pendingCount === 0) this.#tick(this.#durableSequence);
  }

  /** Puts a tick after everything that was applied; left out while an earlier one is under way. */
  #appendTick(): void {
    const { exchange, log } = this.#options;
    if (this.#isTickUnderWay) return;
    this.#seal();
    if ((this.#open?.released.length ?? 0) > 0) return;
    const { sequence } = exchange;
    const timeUs = this.#tickTimeUs();
    if (!this.#isNext(tickAt(sequence, timeUs))) return;
    const batch = { firstSequence: sequence + 1, count: 0, timeUs, payload: nothing };
    const appended = log.append(batch, { expects: sequence });
    if (appended === "no-room") return;
    this.#isTickUnderWay = true;
    // What is submitted from now on comes after the tick.
    this.#earliestUs = timeUs;
    void appended.then((outcome) => {
      this.#isTickUnderWay = false;
      if (outcome === "durable") this.#tick(sequence, timeUs);
      else if (outcome.kind === "fenced") this.#noteFenced(outcome);
    });
  }

  #noteFenced({ message }: Fenced): void {
    this.#isFenced = true;
    this.#stop(message);
  }

  /** Releases a tick, unless a later one was released while it waited for the disk. */
  #tick(sequence: number, timeUs = this.#tickTimeUs()): void {
    const tick = tickAt(sequence, timeUs);
    if (this.#isClosing || this.#isFenced || !this.#isNext(tick)) return;
    this.#lastTick = tick.tick;
    this.#earliestUs = Math.max(this.#earliestUs, timeUs);
    this.#options.tick?.(tick);
  }

  #tickTimeUs(): number {
    const { exchange, clock } = this.#options;
    return Math.max(clock.nowUs(), exchange.timeUs, this.#earliestUs);
  }

  #isNext({ tick }: Tick): boolean {
    return tick > this.#lastTick;
  }

  #release({ released, done }: Batch): void {
    this.#durableSequence = released.at(-1)?.sequence ?? this.#durableSequence;
    this.#pendingCount -= released.length;
    this.#options.release(released);
    for (let index = 0; index < released.length; index += 1) {
      done[index]?.({ kind: "released", released: released[index]! });
    }
    this.#reads.reach(this.#durableSequence);
  }

  /** What could not be made durable was applied: this state must not be seen by anybody. */
  #fail(batch: Batch, outcome: Fenced | StorageFailure): void {
    const reason = outcome.message;
    this.#isFenced ||= outcome.kind === "fenced";
    this.#stop(reason);
    this.#giveUp(batch, reason);
    this.#reads.stop(reason);
    if (this.#underWay.length > 0 || this.#open === undefined) return;
    const open = this.#open;
    this.#open = undefined;
    this.#giveUp(open, reason);
  }

  #giveUp(batch: Batch, reason: string): void {
    this.#pendingCount -= batch.released.length;
    this.#tellStopped(batch, reason);
  }

  #tellStopped(batch: Batch, reason: string): void {
    const { done } = batch;
    batch.done = [];
    for (const tell of done) tell({ kind: "stopped", reason });
  }

  /**
   * What was taken will be durable when the disk comes back. Nobody is kept waiting for that: whoever
   * waits is told that it is not known, as after a stop. A log that has failed stops the writer.
   */
  #noteTrouble(): void {
    const { failure } = this.#options.log;
    if (failure !== undefined) {
      this.#stop(failure.message);
      return;
    }
    const reason = this.stallReason;
    this.#options.stalled?.(reason);
    if (reason === undefined) return;
    for (const batch of this.#underWay) this.#tellStopped(batch, reason);
    if (this.#open !== undefined) this.#tellStopped(this.#open, reason);
    this.#reads.stop(reason);
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

function originsOf({ released, origins = new Map() }: Batch): Uint8Array {
  const bytes = new Uint8Array(released.length * originBytes);
  for (const [at, origin] of origins) bytes.set(origin, at * originBytes);
  return bytes;
}
