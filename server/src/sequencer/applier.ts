/**
 * The one place where commands change an exchange. The writer applies what is submitted; recovery,
 * verification, a rebuild and a follower apply what a log holds. After a fault nothing more may be
 * built on the state, so an applier with a fault applies nothing any more.
 */
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import { wordsOf } from "../core/words-of.ts";
import type { CommandBatch } from "../ports/command-log.ts";
import type { Released } from "../ports/released.ts";
import { readCommands } from "./command-codec.ts";

/**
 * Why nothing more can be applied:
 * - `hole`: the batch is not the next one; commands before it are missing;
 * - `time`: the batch is older than what was applied before it;
 * - `unreadable`: its commands cannot be decoded;
 * - `invariant`: applying a command, or an audit, violated an invariant of the exchange;
 * - `differs`: the state is not the one that another replica came to at the same sequence.
 */
export type ApplyFaultCause = "hole" | "time" | "unreadable" | "invariant" | "differs";

/** Where applying ended, and why. */
export interface ApplyFault {
  readonly kind: "fault";
  readonly cause: ApplyFaultCause;
  /** The first sequence that was not applied, or after which the state is wrong. */
  readonly sequence: number;
  /** For the operator. */
  readonly reason: string;
  /** Whether a newer release has written what cannot be read: all that was applied before is right. */
  readonly isNewer: boolean;
}

/** Events after which a batch that is applied in parts lets others in between: a few milliseconds' work. */
export const partEventsMax = 512;

/** Most state hashes that may wait to be compared. */
export const expectedHashesMax = 64;

/** Applies commands to one exchange, in order. */
export class Applier {
  readonly exchange: Exchange;
  #fault: ApplyFault | undefined;
  readonly #expectedHashes = new Map<number, string>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Why nothing is applied any more; undefined while all is well. */
  get fault(): ApplyFault | undefined {
    return this.#fault;
  }

  /** Applies one new command as the next of the exchange. `timeUs` is not before its last one. */
  apply(timeUs: number, command: Command): Released | ApplyFault {
    if (this.#fault !== undefined) return this.#fault;
    const { exchange } = this;
    const sequence = exchange.sequence + 1;
    try {
      const events = exchange.apply({ sequence, timeUs, command });
      return { sequence, timeUs, command, events };
    } catch (error) {
      const reason = `the exchange stopped at command ${sequence}: ${wordsOf(error)}`;
      return this.#fail("invariant", sequence, reason);
    }
  }

  /**
   * Applies the commands of a durable batch that the exchange has not seen, and returns what they did:
   * nothing for a batch that was applied before. `each` is called after each command.
   */
  applyBatch(
    batch: CommandBatch,
    each?: (released: Released) => void,
  ): readonly Released[] | ApplyFault {
    const parts = this.applyInParts(batch, each);
    for (;;) {
      const { done, value } = parts.next();
      if (done === true) return value;
    }
  }

  /** The same in parts, each of at most {@link partEventsMax} events and one command; nothing else is applied in between. */
  *applyInParts(
    batch: CommandBatch,
    each?: (released: Released) => void,
  ): Generator<void, readonly Released[] | ApplyFault> {
    if (this.#fault !== undefined) return this.#fault;
    const { firstSequence, count, timeUs } = batch;
    const seen = this.exchange.sequence - firstSequence + 1;
    if (seen >= count) return [];
    const commands = this.#commandsOf(batch, seen);
    if ("kind" in commands) return commands;
    // So many take a while to be read as well.
    if (commands.length > partEventsMax) yield;
    const applied: Released[] = [];
    let untilPause = partEventsMax;
    for (let at = seen; at < count; at += 1) {
      const released = this.apply(timeUs, commands[at]!);
      if ("kind" in released) return released;
      applied.push(released);
      each?.(released);
      if (this.#compareHash() !== undefined) break;
      untilPause -= Math.max(1, released.events.length);
      if (untilPause > 0 || at + 1 === count) continue;
      yield;
      untilPause = partEventsMax;
    }
    return this.#fault ?? applied;
  }

  /**
   * Has the state compared with `stateHash`, which another replica came to after `sequence`, as soon as
   * that is applied. Returns false when it cannot be compared: it is past, or too many are waiting.
   */
  expectHash(sequence: number, stateHash: string): boolean {
    const isPast = sequence < this.exchange.sequence;
    if (isPast || this.#expectedHashes.size >= expectedHashesMax) return false;
    this.#expectedHashes.set(sequence, stateHash);
    this.#compareHash();
    return true;
  }

  /**
   * Examines about `count` more orders, users or levels of the state; returns whether that was the end of
   * a round. A violated invariant is a fault.
   */
  audit(count: number): boolean | ApplyFault {
    if (this.#fault !== undefined) return this.#fault;
    try {
      return this.exchange.audit(count);
    } catch (error) {
      const reason = `an audit of the exchange failed: ${wordsOf(error)}`;
      return this.#fail("invariant", this.exchange.sequence, reason);
    }
  }

  #commandsOf(batch: CommandBatch, seen: number): readonly Command[] | ApplyFault {
    const { firstSequence, count, timeUs, payload } = batch;
    const next = this.exchange.sequence + 1;
    const at = `batch at sequence ${firstSequence}`;
    if (seen < 0) return this.#fail("hole", next, `${at}: commands from ${next} on are missing`);
    if (timeUs < this.exchange.timeUs) {
      return this.#fail("time", next, `${at}: it is older than the command before it`);
    }
    const commands = readCommands(payload, count);
    if (!("message" in commands)) return commands;
    const { isNewer, message } = commands;
    return this.#fail("unreadable", next, `${at}: ${message}`, isNewer);
  }

  #compareHash(): ApplyFault | undefined {
    if (this.#expectedHashes.size === 0) return undefined;
    const { sequence } = this.exchange;
    const expected = this.#expectedHashes.get(sequence);
    if (expected === undefined) return undefined;
    this.#expectedHashes.delete(sequence);
    const stateHash = this.exchange.stateHash();
    if (stateHash === expected) return undefined;
    const reason = `the state after command ${sequence} differs: its hash is ${stateHash}, not ${expected}`;
    return this.#fail("differs", sequence, reason);
  }

  #fail(cause: ApplyFaultCause, sequence: number, reason: string, isNewer = false): ApplyFault {
    this.#fault ??= { kind: "fault", cause, sequence, reason, isNewer };
    return this.#fault;
  }
}
