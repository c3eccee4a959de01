/** A stage of the exchange: one of those that take what was released, each in its place. */
import type { Released, Tick } from "./released.ts";

/**
 * Takes what it is handed at once, and has no say in it: it is durable. A stage that works more slowly
 * than the exchange keeps what waits within a bound of its own. What it throws is a bug.
 */
export interface Stage {
  /** Takes durable commands in the order of the log, each of them once. */
  take?(released: readonly Released[]): void;
  /** Takes a tick, after the commands before it and before those after it. */
  tick?(tick: Tick): void;
  /** False while it can take no more: the exchange then answers `busy`. A stage without it always can. */
  readonly hasRoom?: boolean;
}
