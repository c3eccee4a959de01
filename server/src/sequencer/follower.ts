/**
 * A follower: an exchange of its own that applies what a log yields, and so comes to the same state as
 * the writer, releases the same in the same order, and shows nothing that is not durable. It
 * never writes. Where it cannot vouch for its state any more it stops and says why.
 */
import { assert } from "../core/assert.ts";
import type { Exchange } from "../core/exchange.ts";
import { type CommandBatch, type CommandLog, isTick } from "../ports/command-log.ts";
import type { StopSignal } from "../ports/feed.ts";
import type { DurableReading, Released, Tick } from "../ports/released.ts";
import { Applier, type ApplyFault } from "./applier.ts";
import { tickAt } from "./ticks.ts";
import { WaitingReads } from "./waiting-reads.ts";

/** What a follower works with. */
export interface FollowerOptions {
  /** An exchange in a state of this log: empty, restored from a snapshot, or left by another follower. */
  readonly exchange: Exchange;
  /** Epoch of the log that the state comes from. */
  readonly epoch: string;
  readonly log: Pick<CommandLog, "epoch" | "failure" | "follow">;
  /** Runs `task` once others have had their turn: a follower that catches up holds nobody up. */
  schedule(task: () => void): void;
  /** Receives what was applied, in order; the next batch is not asked for before this resolves. */
  release?(released: readonly Released[]): Promise<void> | void;
  /** Receives each tick, in order with what was applied. */
  tick?(tick: Tick): void;
}

/**
 * Why a follower has stopped:
 * - `told`: it was told to; another may go on with the same exchange;
 * - `log-ended`: the log was closed or has failed, and everything told before that is right;
 * - `other-log`: the state comes from another log;
 * - `damage`: the log is damaged, or ends before this follower;
 * - `newer`: the log has commands, or a layout, that this release does not know, and everything told before that is right;
 * - `fault`: the state must not be used any more, because a batch could not be applied or the state
 *   is not what another replica came to.
 */
export type FollowerStopKind = "told" | "log-ended" | "other-log" | "damage" | "newer" | "fault";

/** Why a follower has stopped, with a reason for the operator. */
export interface FollowerStop {
  readonly kind: FollowerStopKind;
  readonly reason: string;
}

/** Follows one log. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #applier: Applier;
  readonly #reads = new WaitingReads();
  #isRunning = false;
  #stop: FollowerStop | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#applier = new Applier(options.exchange);
  }

  /** Sequence of the last command that was applied. */
  get sequence(): number {
    return this.#options.exchange.sequence;
  }

  /** Why it has stopped; undefined while it follows, and before. */
  get stopped(): FollowerStop | undefined {
    return this.#stop;
  }

  /** Follows until `signal` aborts or it has to stop, and resolves with why. Once only. */
  async run(signal: StopSignal): Promise<FollowerStop> {
    assert(!this.#isRunning && this.#stop === undefined, "a follower runs once");
    this.#isRunning = true;
    const stop = await this.#follow(signal);
    this.#stop = stop;
    this.#reads.stop(stop.reason);
    return stop;
  }

  /**
   * What may be shown of the state, which is durable at a follower: reads it as soon as the command
   * with `sequence` is applied, at once when it is or none is named. Naming the sequence of one's own
   * command makes a follower show no less than the writer has answered.
   */
  read<Result>(
    read: (exchange: Exchange) => Result,
    sequence = 0,
  ): Promise<DurableReading<Result>> {
    const { exchange } = this.#options;
    const stop = this.#stop ?? this.#applier.fault;
    if (stop !== undefined) return Promise.resolve({ kind: "stopped", reason: stop.reason });
    if (sequence > exchange.sequence) return this.#reads.wait(sequence, () => read(exchange));
    return Promise.resolve({ kind: "durable", result: read(exchange) });
  }

  /**
   * Has the state compared with the hash that another replica came to after `sequence`. Where they
   * differ nothing is shown any more, and the follower stops at the next entry of the log. Returns
   * false when they cannot be compared; see {@link Applier.expectHash}.
   */
  expectHash(sequence: number, stateHash: string): boolean {
    const isTaken = this.#applier.expectHash(sequence, stateHash);
    if (this.#applier.fault !== undefined) this.#reads.stop(this.#applier.fault.reason);
    return isTaken;
  }

  /** See {@link Applier.audit}. After a fault nothing is shown any more. */
  audit(count: number): boolean | ApplyFault {
    const found = this.#applier.audit(count);
    if (typeof found !== "boolean") this.#reads.stop(found.reason);
    return found;
  }

  async #follow(signal: StopSignal): Promise<FollowerStop> {
    const { log, epoch } = this.#options;
    if (log.epoch !== epoch) {
      const reason = `the log is ${log.epoch}, but the state comes from the log ${epoch}`;
      return { kind: "other-log", reason };
    }
    for await (const entry of log.follow(this.sequence + 1, signal)) {
      if (entry.kind === "damage") {
        return { kind: entry.fault === "newer" ? "newer" : "damage", reason: entry.message };
      }
      const fault = await this.#take(entry);
      if (fault !== undefined) {
        return { kind: fault.isNewer ? "newer" : "fault", reason: fault.reason };
      }
    }
    if (signal.aborted) return { kind: "told", reason: "the follower was told to stop" };
    return { kind: "log-ended", reason: log.failure?.message ?? "the log was closed" };
  }

  async #take(batch: CommandBatch): Promise<ApplyFault | undefined> {
    const { release, tick } = this.#options;
    const applied = await this.#apply(batch);
    if ("kind" in applied) return applied;
    if (applied.length > 0) await release?.(applied);
    if (isTick(batch)) tick?.(tickAt(batch.firstSequence - 1, batch.timeUs));
    this.#reads.reach(this.sequence);
    await this.#letOthersIn();
    return undefined;
  }

  /** Applies a batch to its end, also when it is to stop meanwhile: others go on behind a whole one. */
  async #apply(batch: CommandBatch): Promise<readonly Released[] | ApplyFault> {
    const parts = this.#applier.applyInParts(batch);
    for (;;) {
      const { done, value } = parts.next();
      if (done === true) return value;
      await this.#letOthersIn();
    }
  }

  #letOthersIn(): Promise<void> {
    return new Promise((resolve) => this.#options.schedule(resolve));
  }
}
