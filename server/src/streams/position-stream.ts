/**
 * Tells clients about every second up to where they have been told everything, so that silence is known
 * to be silence, and so that they can go on from there however quiet each of their streams was.
 */
import type { Hub } from "../hub/hub.ts";
import type { Cause } from "../marketdata/position.ts";
import type { TopicOf } from "../marketdata/topic.ts";
import type { Tick } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import type { Numbering } from "./numbering.ts";
import { TickRhythm } from "./tick-rhythm.ts";

/** Time between two of its messages, in milliseconds. */
export const positionIntervalMs = 1_000;

/** What a stream of positions works with. */
export interface PositionStreamOptions {
  readonly hub: Pick<Hub, "hasAudience" | "publish">;
  readonly numbering: Numbering;
  /** Code of the dataset; undefined for the exchange. */
  readonly dataset: string | undefined;
  /** The session by whose clock it is played. */
  readonly session?: string;
}

/** Positions of one source. It has to be ticked when all before the tick has been published. */
export class PositionStream implements Stage {
  readonly #options: PositionStreamOptions;
  readonly #topic: TopicOf<"position">;
  readonly #rhythm = new TickRhythm(positionIntervalMs, () =>
    this.tell(this.#tick, this.#tick.timeUs),
  );
  #tick: Tick = { sequence: 0, tick: 0, timeUs: 0 };

  constructor(options: PositionStreamOptions) {
    this.#options = options;
    const { dataset, session } = options;
    this.#topic = { kind: "position", dataset, session };
  }

  tick(tick: Tick): void {
    this.#tick = tick;
    this.#rhythm.tick(tick);
  }

  /** Everything of a cause, and of all before it, has been published; `timeUs` is market time now. */
  tell(cause: Cause, timeUs: number): void {
    const { hub, numbering } = this.#options;
    numbering.reach(cause);
    if (!hub.hasAudience(this.#topic)) return;
    const { reached: position } = numbering;
    const message = { position, previous: position, update: { timeUs } };
    // Who is behind is spared it: what they have not been sent yet comes after it.
    hub.publish(this.#topic, message, { kind: "changes" });
  }
}
