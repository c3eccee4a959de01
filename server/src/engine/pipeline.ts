/**
 * What becomes of that which was released. All stages stand in {@link pipelineOf}, in the order in which
 * they take it, with the reason for their place.
 */
import type { Released, Tick } from "../ports/released.ts";
import type { Stage } from "../ports/stage.ts";
import { ReleaseLine } from "./release-line.ts";

/** The stages that an engine has by itself. */
export interface OwnStages {
  readonly history: Stage;
  readonly snapshots: Stage;
}

/** The stages that come from outside. Each has to be named, so that none is forgotten. */
export interface Stages {
  readonly board: Stage;
  readonly listings: Stage;
  readonly localFeed: Stage;
  /** Undefined where nobody is simulated. */
  readonly agents: Stage | undefined;
  readonly marketStates: Stage;
  readonly trades: Stage;
  readonly accounts: Stage;
  readonly positions: Stage;
}

/**
 * Puts every stage in its place. What is durable passes all of them before the sequencer answers those who
 * submitted it: the replies come last, so that whoever is answered finds what they were told.
 */
export function pipelineOf(
  { history, snapshots }: OwnStages,
  given: Stages | "none",
  schedule: (task: () => void) => void,
): Pipeline {
  const stages: Partial<Stages> = given === "none" ? {} : given;
  return new Pipeline(schedule, {
    atOnce: [
      // First, because the door asks it about ids and keys: it must know of everything that anybody can know of.
      history,
      // Before all who read it: what everybody else tells of a market is looked up on the board.
      stages.board,
      // Connections that subscribe to all markets get the new one, whose state they find on the board.
      stages.listings,
      // Turns trades and ticks into those of dataset `local`; only queues them, and its place decides nothing else.
      stages.localFeed,
      // Nobody sees the market earlier than the public can, simulated participants included.
      stages.agents,
      // Cuts the board at ticks. At once, since the board goes on while slices wait: a cut is of everything
      // before the tick and of nothing after it.
      stages.marketStates,
    ],
    inSlices: [
      // The public half of what happened is told before the private halves, as the exchange has it.
      stages.trades,
      stages.accounts,
    ],
    // Says that nothing before a tick is still to be told, and so can only once nothing is.
    onceTold: [stages.positions],
    // Last: when one is due, a thread of its own begins to work, after all who wait have been told.
    afterwards: [snapshots],
  });
}

interface Places {
  /** Told before anybody is answered. */
  readonly atOnce: readonly (Stage | undefined)[];
  /** Told in slices that let others in: perhaps after an answer, a large command in several parts. */
  readonly inSlices: readonly (Stage | undefined)[];
  /** Told of those ticks before which nothing waits to be told in slices. */
  readonly onceTold: readonly (Stage | undefined)[];
  /** Told before anybody is answered, when the first slice has been told. */
  readonly afterwards: readonly (Stage | undefined)[];
}

/** The way of everything that is durable. */
export class Pipeline {
  readonly #atOnce: readonly Stage[];
  readonly #onceTold: readonly Stage[];
  readonly #afterwards: readonly Stage[];
  readonly #all: readonly Stage[];
  readonly #line: ReleaseLine;

  constructor(schedule: (task: () => void) => void, places: Places) {
    this.#atOnce = present(places.atOnce);
    this.#onceTold = present(places.onceTold);
    this.#afterwards = present(places.afterwards);
    const inSlices = present(places.inSlices);
    this.#all = [...this.#atOnce, ...inSlices, ...this.#afterwards];
    this.#line = new ReleaseLine({ schedule, tell: (slice) => takeAll(inSlices, slice) });
  }

  /** Whether all stages can take more: the one signal by which a slow stage holds the exchange back. */
  get hasRoom(): boolean {
    return this.#line.hasRoom && this.#all.every(({ hasRoom }) => hasRoom !== false);
  }

  /** Events that wait to be told in slices. */
  get untoldEvents(): number {
    return this.#line.untoldEvents;
  }

  /** Passes durable commands on, in the order of the log. */
  release(released: readonly Released[]): void {
    takeAll(this.#atOnce, released);
    this.#line.take(released);
    takeAll(this.#afterwards, released);
  }

  /** Passes a tick on, in its place among the commands; what is told in slices has no use for it. */
  tick(tick: Tick): void {
    for (const stage of this.#atOnce) stage.tick?.(tick);
    if (this.untoldEvents > 0) return;
    for (const stage of this.#onceTold) stage.tick?.(tick);
  }

  /** Tells at once all that waits to be told in slices. */
  finish(): void {
    this.#line.finish();
  }
}

function takeAll(stages: readonly Stage[], released: readonly Released[]): void {
  for (const stage of stages) stage.take?.(released);
}

function present(stages: readonly (Stage | undefined)[]): readonly Stage[] {
  return stages.filter((stage) => stage !== undefined);
}
