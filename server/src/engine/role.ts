/**
 * What an exchange in service does with commands. On a machine of its own it writes its log
 * (`sole-writer.ts`); a node of a cluster follows the log that it shares with others, or writes it for all.
 */
import type { Command } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import type { ExchangeParameters } from "../core/parameters.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { History } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import type { DurableReading, Released, Submission, Tick } from "../ports/released.ts";
import type { Admission } from "../ports/trading-desk.ts";

/** What a role works with. */
export interface RoleParts {
  /** The recovered exchange, which only the role changes from now on. */
  readonly exchange: Exchange;
  /** The log that it was recovered from, at its last sequence. */
  readonly log: CommandLog;
  readonly history: History;
  readonly clock: Clock;
  readonly report: Log;
  /** What a new log begins with. */
  readonly parameters: ExchangeParameters;
  /** Receives what is durable, in order, before the submitters do. */
  release(released: readonly Released[]): void;
  /** Receives each tick, in order with what is released. */
  tick(tick: Tick): void;
  /** Whether those who receive what is released can take more. */
  hasRoom(): boolean;
  /** Resolves when the history holds all that is durable, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined>;
}

/** The exchange's place among those who have the same log. */
export interface Role {
  /** Sequence of the last command whose result may be seen. */
  readonly durableSequence: number;
  /** Commands that are applied here and not yet durable. */
  readonly pending: number;
  /** Commands that were refused before they came to the log, by this process since its start. */
  readonly refused: number;
  /** Why it has stopped for good; undefined while it works. */
  readonly stopReason: string | undefined;
  /** Why it does not go on at present, though it will again by itself. */
  readonly stallReason: string | undefined;
  /** Resolves when commands can be submitted. A `StartError` says why they never will be. */
  start(): Promise<void>;
  /** Submits a command from outside; resolves when its result is durable here, or with why it was not let in. */
  submit(command: Command): Promise<Submission | Admission>;
  /** Reads the state at once, and resolves with it when everything in it is durable. */
  read<Result>(read: (exchange: Exchange) => Result): Promise<DurableReading<Result>>;
  /**
   * Examines about `count` more orders, users or levels of the state; returns whether that was the end of
   * a round, or the violated invariant, after which it takes nothing any more.
   */
  audit(count: number): boolean | string;
  /** Takes no more, and resolves when all that was taken is durable or cannot be made so. */
  close(): Promise<void>;
}
