/**
 * Reads the whole log through again and again, slowly, so that damage in its old parts is found while
 * there are still backups from before. The log's own thread reads, and checks the chain of checksums.
 */
import { wordsOf } from "../core/words-of.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandLog } from "../ports/command-log.ts";
import type { Log } from "../ports/log.ts";

/** After this many commands or bytes it pauses; the log's thread reads about as much at once. */
const pieceCommands = 4_096;
const pieceBytes = 1_024 * 1_024;

/** Between two pieces, in milliseconds: appends may wait for a piece, and shall do so seldom. */
export const pieceIntervalMs = 2_000;

/** Between two rounds, and before the first one, in milliseconds. */
export const roundIntervalMs = 3_600_000;

/** What a scrub works with. */
export interface ScrubOptions {
  readonly log: CommandLog;
  readonly clock: Pick<Clock, "after">;
  readonly report: Log;
}

/** Reads a log from its beginning to its end, an hour after the last time. */
export class Scrub {
  readonly #options: ScrubOptions;
  #cancel: () => void = () => {};
  #isStopped = false;
  #sequence = 0;
  #rounds = 0;
  #damage: string | undefined;

  constructor(options: ScrubOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** How far the present round has come. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How often the whole log was read. */
  get rounds(): number {
    return this.#rounds;
  }

  /** What was found to be wrong, in words; undefined when nothing was. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Tells the operator, once, that an old part of the log cannot be read as it was written. */
  foundDamage(found: { readonly reason: string; readonly sequence?: number }): void {
    if (this.#damage !== undefined) return;
    this.#damage = found.reason;
    this.#options.report.error(
      "an old part of the log is damaged: the exchange goes on, and cannot be rebuilt from this file; keep it and its backups, and restore it",
      { ...found },
    );
  }

  /** Reads no further; to be called before the log is closed. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(): void {
    if (this.#isStopped || this.#damage !== undefined) return;
    this.#cancel = this.#options.clock.after(roundIntervalMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    const { log } = this.#options;
    let commands = 0;
    let bytes = 0;
    try {
      for await (const entry of log.read((await log.firstSequence?.()) ?? 1)) {
        if (this.#isStopped) return;
        // A log that others shorten was read too slowly, and the next round begins further on.
        if (entry.kind === "damage" && entry.fault === "shortened") break;
        if (entry.kind === "damage") {
          this.foundDamage({ sequence: entry.sequence, reason: entry.message });
          return;
        }
        commands += entry.count;
        bytes += entry.payload.length;
        this.#sequence = entry.firstSequence + entry.count - 1;
        if (commands < pieceCommands && bytes < pieceBytes) continue;
        commands = 0;
        bytes = 0;
        await this.#pause();
      }
      this.#rounds += 1;
    } catch (error) {
      // The log was closed while it was read.
      if (this.#isStopped) return;
      // A log that nodes share is not always within reach.
      this.#options.report.warn("the log could not be read through, and will be in an hour", {
        reason: wordsOf(error),
      });
    }
    this.#schedule();
  }

  /** A stop leaves it unresolved: nothing of the round is wanted any more. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#cancel = this.#options.clock.after(pieceIntervalMs, resolve);
    });
  }
}
