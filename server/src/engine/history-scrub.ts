/**
 * Reads the whole history through again and again, slowly, as {@link Scrub} does with the log. What is
 * damaged can be rebuilt from the log, if that is known while the log is whole.
 */
import type { Clock } from "../ports/clock.ts";
import { type History, isUnanswered } from "../ports/history.ts";
import type { Log } from "../ports/log.ts";
import { pieceIntervalMs, roundIntervalMs } from "./scrub.ts";

/** What a scrub of the history works with. */
export interface HistoryScrubOptions {
  readonly history: Pick<History, "examine">;
  readonly clock: Pick<Clock, "after">;
  readonly report: Log;
}

/** Reads a history from its beginning to its end, an hour after the last time. */
export class HistoryScrub {
  readonly #options: HistoryScrubOptions;
  #cancel: () => void = () => {};
  #isStopped = false;
  #pieces = 0;
  #rounds = 0;
  #damage: string | undefined;

  constructor(options: HistoryScrubOptions) {
    this.#options = options;
    this.#after(roundIntervalMs);
  }

  /** Pieces that were read in the present round. */
  get pieces(): number {
    return this.#pieces;
  }

  /** How often the whole history was read. */
  get rounds(): number {
    return this.#rounds;
  }

  /** What was found to be wrong, in words; undefined when nothing was. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Reads no further; to be called before the history is closed. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #after(ms: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(ms, () => void this.#piece());
  }

  async #piece(): Promise<void> {
    const { history, report } = this.#options;
    const answer = await history.examine();
    if (this.#isStopped) return;
    if (!isUnanswered(answer)) {
      this.#note(answer[0] === "end");
      return;
    }
    if (answer.kind === "busy") {
      this.#after(pieceIntervalMs);
      return;
    }
    this.#damage = answer.message;
    report.error(
      "an old part of the history is damaged: the exchange goes on; stop it and rebuild the history from the log with `openbourse rebuild`",
      { reason: answer.message },
    );
  }

  #note(isEnd: boolean): void {
    this.#pieces = isEnd ? 0 : this.#pieces + 1;
    if (isEnd) this.#rounds += 1;
    this.#after(isEnd ? roundIntervalMs : pieceIntervalMs);
  }
}
