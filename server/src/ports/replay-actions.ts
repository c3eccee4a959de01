/** What is asked of a clock of recordings, done one after another; more than a bound is refused. */
import type { ReplayAction, ReplayStatus } from "./replay.ts";

/** Actions of one clock that wait for the one before them. */
export const actionsWaitingMax = 100;

/** A clock as its actions see it. */
export interface ActedClock {
  status(): ReplayStatus;
  /** Resolves when it is done; a text says why it is not. */
  done(action: ReplayAction): Promise<string | undefined>;
}

/** See the head of the file. */
export class ReplayActions {
  readonly #clock: ActedClock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(clock: ActedClock) {
    this.#clock = clock;
  }

  /** Resolves with where the clock is when that is done; a text says why it is not. */
  act(action: ReplayAction): Promise<ReplayStatus | string> {
    if (this.#waiting >= actionsWaitingMax) {
      return Promise.resolve(
        `${actionsWaitingMax} actions wait for this clock already: ask again when they are answered`,
      );
    }
    this.#waiting += 1;
    const done = this.#last.then(() => this.#act(action));
    this.#last = done.catch(() => undefined);
    return done.finally(() => {
      this.#waiting -= 1;
    });
  }

  async #act(action: ReplayAction): Promise<ReplayStatus | string> {
    return (await this.#clock.done(action)) ?? this.#clock.status();
  }
}
