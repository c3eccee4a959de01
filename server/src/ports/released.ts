/** What leaves the sequencer once it is durable, and what becomes of a submitted command. */
import type { Command } from "../core/commands.ts";
import type { ExchangeEvent } from "../core/events.ts";

/** One durable command and everything that happened because of it. */
export interface Released {
  /** Position of the command in the log. */
  readonly sequence: number;
  /** Its time stamp, in microseconds since 1970 (UTC). */
  readonly timeUs: number;
  readonly command: Command;
  readonly events: readonly ExchangeEvent[];
}

/** Time between two ticks, in microseconds. */
export const tickUs = 100_000;

/**
 * A moment of market time that the writer puts between commands, about ten times a second, also while
 * no command comes. It leaves the sequencer in order with what is released. What goes by the clock is
 * cut by ticks, so that everybody who follows the same log cuts it at the same place.
 */
export interface Tick {
  /** Sequence of the last command before it; 0 before the first. */
  readonly sequence: number;
  /**
   * In microseconds since 1970 (UTC): not before anything before it, nor after anything after it but for
   * commands that had to wait for the disk.
   */
  readonly timeUs: number;
  /** Whole tenths of a second from 1970 to `timeUs`; higher than that of each tick before. */
  readonly tick: number;
}

/**
 * What became of a submitted command: `released` is durable and done, whether the exchange refused it
 * or not; `malformed` and `busy` were not taken; `stopped` means that the writer has stopped, and
 * that it is unknown whether a command under way will be found in the log.
 */
export type Submission =
  | { readonly kind: "released"; readonly released: Released }
  | { readonly kind: "malformed" }
  | { readonly kind: "busy" }
  | { readonly kind: "stopped"; readonly reason: string };

/** What was read of an exchange's state, once all of it is durable; or why that will not be known. */
export type DurableReading<Result> =
  | { readonly kind: "durable"; readonly result: Result }
  /** `passes`: as of `Unavailable`. */
  | { readonly kind: "stopped"; readonly reason: string; readonly passes?: true };
