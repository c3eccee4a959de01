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
