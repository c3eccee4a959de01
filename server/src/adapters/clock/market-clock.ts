/**
 * Market time: what orders are stamped with, bars close by and streams keep time by. It follows the
 * wall clock while that runs evenly, never goes back and never stands still, whatever is done to the
 * wall clock; each step of that is told (ADR 0024). Intervals are no business of it: they are
 * measured by `steadyMs`.
 */
import { assert } from "../../core/assert.ts";
import type { Clock } from "../../ports/clock.ts";

/** A wall clock that differs by this much from what it should show was set, in microseconds. */
export const stepMinUs = 1_000_000;

/** How long a step forward has to hold until it is taken, in microseconds. */
export const holdUs = 5_000_000;

/** How fast market time passes while the wall clock is behind it. */
export const crawlRate = 0.5;

/** By how much the two clocks may differ between two looks without one of them having been set. */
const jitterUs = 10_000;

/** What becomes of a wall clock that was set. `byUs` is more than 0, in microseconds. */
export type ClockNotice =
  /** It is ahead of market time, which waits whether that holds. */
  | { readonly kind: "ahead"; readonly byUs: number }
  /** It has held: market time is the wall clock's again, and left this much out. */
  | { readonly kind: "taken"; readonly byUs: number }
  /** It did not hold: market time has left nothing out. */
  | { readonly kind: "returned" }
  /** It is behind market time, which crawls until the wall clock is there. */
  | { readonly kind: "behind"; readonly byUs: number }
  /** It is where market time is. */
  | { readonly kind: "caught-up" };

/** How market time and the wall clock stand to each other. */
export type ClockStanding =
  | { readonly kind: "steady" }
  | { readonly kind: "ahead" | "behind"; readonly byUs: number };

/** Options of market time. */
export interface MarketClockOptions {
  /** Tells the wall time, which may be set at any moment, and the monotonic time. */
  readonly clock: Clock;
  /** Told of each step of {@link stepMinUs} and more, and of what becomes of it. */
  told?(notice: ClockNotice): void;
}

/** A moment of market time and how it passes from there. */
interface Anchor {
  readonly monotonicUs: number;
  readonly marketUs: number;
  readonly rate: number;
}

/** A clock whose time never goes back. */
export class MarketClock implements Clock {
  /** Steps of the wall clock since the start. */
  readonly steps: { forward: number; backward: number } = { forward: 0, backward: 0 };
  readonly #clock: Clock;
  readonly #told: (notice: ClockNotice) => void;
  #anchor: Anchor;
  #standing: ClockStanding = { kind: "steady" };
  /** What the wall clock was ahead of the monotonic one when it was last looked at. */
  #offsetUs: number;
  /** When the step forward was seen. */
  #aheadSinceUs = 0;
  /** Whether the present step back was told; a small one is not. */
  #toldBehind = false;

  constructor({ clock, told = () => {} }: MarketClockOptions) {
    this.#clock = clock;
    this.#told = told;
    const atUs = monotonicUs(clock);
    this.#anchor = { monotonicUs: atUs, marketUs: clock.nowUs(), rate: 1 };
    this.#offsetUs = this.#anchor.marketUs - atUs;
  }

  /** How it stood when the time was last read. */
  get standing(): ClockStanding {
    return this.#standing;
  }

  /** Market time in microseconds since 1970. */
  nowUs(): number {
    const atUs = monotonicUs(this.#clock);
    const wallUs = this.#clock.nowUs();
    const expectedUs = this.#expectedUs(atUs);
    const leadUs = wallUs - expectedUs;
    this.#offsetUs = wallUs - atUs;
    if (leadUs >= stepMinUs) return this.#wait({ atUs, wallUs, expectedUs });
    if (leadUs >= 0) return this.#follow(atUs, wallUs);
    if (this.#standing.kind !== "behind" && leadUs > -jitterUs) {
      return this.#follow(atUs, Math.max(this.#anchor.marketUs, wallUs));
    }
    return this.#crawl(atUs, wallUs);
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#clock.after(delayMs, task);
  }

  /** Lets market time go on from `us` where it has not come so far: what happened before is not to come again. */
  startNotBefore(us: number): void {
    assert(Number.isSafeInteger(us), "times are safe integers");
    if (us <= this.nowUs()) return;
    this.#anchor = { monotonicUs: monotonicUs(this.#clock), marketUs: us, rate: crawlRate };
    this.#standing = { kind: "behind", byUs: us - this.#clock.nowUs() };
    this.nowUs();
  }

  /** What market time would be if nobody had set the wall clock since the last look. */
  #expectedUs(atUs: number): number {
    const goneOnUs = timeAt(this.#anchor, atUs);
    // While nobody looked the wall clock may have come to where market time crawled.
    return this.#standing.kind === "behind" ? Math.max(goneOnUs, atUs + this.#offsetUs) : goneOnUs;
  }

  /** The wall clock and market time are one. */
  #follow(atUs: number, marketUs: number): number {
    const was = this.#standing.kind;
    this.#anchor = { monotonicUs: atUs, marketUs, rate: 1 };
    if (was === "steady") return marketUs;
    this.#standing = { kind: "steady" };
    if (was === "ahead") this.#told({ kind: "returned" });
    else if (this.#toldBehind) this.#told({ kind: "caught-up" });
    this.#toldBehind = false;
    return marketUs;
  }

  /** The wall clock is ahead: market time goes on as before until that has held. */
  #wait(look: { atUs: number; wallUs: number; expectedUs: number }): number {
    const { atUs, wallUs, expectedUs } = look;
    const leadUs = wallUs - expectedUs;
    if (this.#standing.kind !== "ahead") {
      this.steps.forward += 1;
      this.#aheadSinceUs = atUs;
      this.#toldBehind = false;
      this.#told({ kind: "ahead", byUs: leadUs });
    } else if (atUs - this.#aheadSinceUs >= holdUs) {
      this.#standing = { kind: "steady" };
      this.#told({ kind: "taken", byUs: leadUs });
      return this.#follow(atUs, wallUs);
    }
    this.#standing = { kind: "ahead", byUs: leadUs };
    this.#anchor = { monotonicUs: atUs, marketUs: expectedUs, rate: 1 };
    return expectedUs;
  }

  /** The wall clock is behind: market time crawls until it is there. */
  #crawl(atUs: number, wallUs: number): number {
    if (this.#standing.kind !== "behind") {
      if (this.#standing.kind === "ahead") this.#told({ kind: "returned" });
      this.#anchor = { ...this.#anchor, rate: crawlRate };
      this.#standing = { kind: "behind", byUs: 0 };
      // What has passed since the last look is crawled through too; that may be where the clock is.
      return this.nowUs();
    }
    const marketUs = timeAt(this.#anchor, atUs);
    const byUs = marketUs - wallUs;
    this.#standing = { kind: "behind", byUs };
    if (!this.#toldBehind && byUs >= stepMinUs) {
      this.#toldBehind = true;
      this.steps.backward += 1;
      this.#told({ kind: "behind", byUs });
    }
    return marketUs;
  }
}

function timeAt({ monotonicUs: fromUs, marketUs, rate }: Anchor, atUs: number): number {
  return marketUs + Math.floor((atUs - fromUs) * rate);
}

function monotonicUs(clock: Clock): number {
  return Math.floor(clock.monotonicMs() * 1_000);
}
