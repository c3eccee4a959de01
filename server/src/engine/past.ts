/**
 * Lets a new exchange live through a time that is over: its commands come to the sequencer and the log as
 * all others do, at times that are given. Whoever opens the exchange afterwards finds it as after any
 * other stop.
 */
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Submission } from "../ports/released.ts";
import { StartError } from "../ports/start-error.ts";
import type { TimedCommands } from "../ports/timed-commands.ts";
import { nextTurn } from "../ports/timers.ts";
import { Engine, type EngineStores } from "./engine.ts";

/** Steps that are under way at most, before the disk is waited for. */
const stepsUnderWayMax = 512;

/** Steps after which the history is waited for, far from where it would have no room. */
const stepsUnstoredMax = 8 * stepsUnderWayMax;

/** No snapshot is due before the last one. */
const never = Number.MAX_SAFE_INTEGER;

/** Parts of a past. */
export interface PastOptions {
  /** Of an exchange that has no log yet. */
  readonly stores: EngineStores;
  readonly log: Log;
  /** Oldest first, at least one. */
  readonly steps: readonly TimedCommands[];
  /** Told which share of the steps are durable, 0 … 1; what it throws ends the past. */
  progress(share: number): void;
}

/** Resolves with how many trades there were; a `StartError` says why there is no such past. */
export async function liveThrough({ stores, log, steps, progress }: PastOptions): Promise<number> {
  const clock = new PastClock(steps[0]?.timeUs ?? 0);
  const engine = await Engine.open({ stores, clock, log, snapshotEvery: never });
  try {
    await engine.start("none");
    const { sequencer } = engine;
    let trades = 0;
    let fault: string | undefined;
    const done = (submission: Submission) => {
      const first = submission.kind === "released" ? submission.released.events : undefined;
      if (first === undefined) fault ??= `the exchange answered ${submission.kind}`;
      else if (first[0]?.kind === "refused") fault ??= `the exchange refused: ${first[0].reason}`;
      else trades += first.filter(({ kind }) => kind === "traded").length;
    };
    for (const [at, { timeUs, commands }] of steps.entries()) {
      clock.timeUs = timeUs;
      for (const command of commands) sequencer.submit(command, done);
      // What is submitted in one turn has one time.
      await nextTurn();
      if ((at + 1) % stepsUnderWayMax !== 0 && at + 1 < steps.length) continue;
      await sequencer.read(() => undefined);
      if ((at + 1) % stepsUnstoredMax === 0) fault ??= await engine.historyCaughtUp();
      if (fault !== undefined) throw new StartError(fault);
      progress((at + 1) / steps.length);
    }
    return trades;
  } finally {
    await engine.stop();
  }
}

/** A time that is set. Nothing comes due in it: what goes by the clock has nobody to tell. */
class PastClock implements Clock {
  timeUs: number;

  constructor(timeUs: number) {
    this.timeUs = timeUs;
  }

  nowUs(): number {
    return this.timeUs;
  }

  monotonicMs(): number {
    return this.timeUs / 1_000;
  }

  after(): () => void {
    return () => {};
  }
}
