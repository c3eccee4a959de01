/** Commands together with the time that they are to be of. */
import type { Command } from "../core/commands.ts";

/** What is submitted at a time. */
export interface TimedCommands {
  /** Microseconds since 1970. */
  readonly timeUs: number;
  readonly commands: readonly Command[];
}
