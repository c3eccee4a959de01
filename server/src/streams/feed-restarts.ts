/**
 * When a failed feed is started again. It is the same for all feeds and lies outside of them: each
 * failure waits longer than the one before, and health makes it forget them.
 */
import { Random } from "../simulation/random.ts";

/** Longest wait before the first start after a failure, and before any later one, in milliseconds. */
export const firstDelayMs = 1_000;
export const delayMaxMs = 60_000;

/** A feed that ran for so long, in milliseconds, is well: its next failure is a first one. */
export const healthyAfterMs = 60_000;

/** A recording that could not be begun so many times in a row stays stopped. */
export const attemptsMax = 10;

/** A run that failed. */
export interface FailedRun {
  /** How long it ran, in milliseconds of the monotonic clock. */
  readonly lastedMs: number;
  /** Whether it yielded anything. */
  readonly hasYielded: boolean;
}

/** Options of a policy. */
export interface FeedRestartsOptions {
  /** Waits differ by at most half, so that feeds of one source do not come back together. */
  readonly seed: number;
  readonly dataset: string;
  /**
   * Whether the source begins again when it is run again. What it told before its failure would be told
   * twice, so it is started again only where it told nothing.
   */
  readonly isRecording: boolean;
}

/** The failures of one feed. */
export class FeedRestarts {
  readonly #options: FeedRestartsOptions;
  readonly #random: Random;
  #failures = 0;

  constructor(options: FeedRestartsOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, options.dataset);
  }

  /** Failures since the feed was last well. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait before the next start; undefined when there is none. */
  failed({ lastedMs, hasYielded }: FailedRun): number | undefined {
    this.#failures = lastedMs >= healthyAfterMs ? 1 : this.#failures + 1;
    if (this.#options.isRecording && (hasYielded || this.#failures >= attemptsMax)) {
      return undefined;
    }
    const wholeMs = Math.min(firstDelayMs * 2 ** (this.#failures - 1), delayMaxMs);
    return Math.ceil(wholeMs / 2 + this.#random.between(0, wholeMs / 2));
  }
}
