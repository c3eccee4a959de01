/** What leaves the sequencer once it is durable. */
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
