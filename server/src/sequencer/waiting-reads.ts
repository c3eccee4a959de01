/**
 * Readers of an exchange's state who wait until a sequence is reached: at the writer until it is
 * durable, at a follower until it is applied. Each asker waits for one answer at a time, which bounds
 * how many there are.
 */
import type { DurableReading } from "../ports/released.ts";

interface WaitingRead {
  readonly sequence: number;
  done(stopReason: string | undefined): void;
}

/** Those who wait, by sequence. */
export class WaitingReads {
  #waiting: WaitingRead[] = [];

  /** Resolves with what `read` returns when `sequence` is reached, or with why it never will be. */
  wait<Result>(sequence: number, read: () => Result): Promise<DurableReading<Result>> {
    return new Promise((resolve) => {
      const done = (reason: string | undefined) =>
        resolve(
          reason === undefined ? { kind: "durable", result: read() } : { kind: "stopped", reason },
        );
      // Mostly the last place: whoever asks later waits for more.
      const after = this.#waiting.findLastIndex((other) => other.sequence <= sequence);
      this.#waiting.splice(after + 1, 0, { sequence, done });
    });
  }

  /** Answers all who wait for this sequence or an earlier one. */
  reach(sequence: number): void {
    if (this.#waiting.length === 0) return;
    const later = this.#waiting.findIndex((other) => other.sequence > sequence);
    this.#answer(later < 0 ? this.#waiting.length : later, undefined);
  }

  /** Answers everybody that it will not be known. */
  stop(reason: string): void {
    this.#answer(this.#waiting.length, reason);
  }

  #answer(count: number, stopReason: string | undefined): void {
    for (const { done } of this.#waiting.splice(0, count)) done(stopReason);
  }
}
