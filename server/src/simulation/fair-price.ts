/**
 * The hidden fair price of one market: it moves with news and is slowly pulled back to where it
 * started. It does not know when news comes, nor what anybody trades at.
 */
import type { Random } from "./random.ts";

export const secondsPerDay = 86_400;

/** Fraction by which a second pulls the price back to its start: a third is left after 10 days. */
const reversionPerSecond = 1 / (10 * secondsPerDay);
/** The price never leaves start ÷ 5 … start × 5, whatever the luck. */
const fairFactorMax = 5;

/** A fair price in ticks, with a fraction. */
export class FairPrice {
  readonly #startTicks: number;
  #ticks: number;

  /** `nowTicks` is where it is at the moment, when that is not its start. */
  constructor(startTicks: number, nowTicks: number = startTicks) {
    this.#startTicks = startTicks;
    this.#ticks = this.#within(nowTicks);
  }

  get ticks(): number {
    return this.#ticks;
  }

  /** Moves by one piece of news, of which `deviation` is the standard deviation; returns the ticks. */
  move(deviation: number, random: Random): number {
    const before = this.#ticks;
    this.#ticks = this.#within(before * (1 + deviation * random.normal()));
    return this.#ticks - before;
  }

  /** Lets the pull of one second work. */
  revert(): void {
    this.#ticks += (this.#startTicks - this.#ticks) * reversionPerSecond;
  }

  #within(ticks: number): number {
    const least = this.#startTicks / fairFactorMax;
    const most = this.#startTicks * fairFactorMax;
    return Math.min(Math.max(ticks, least), most);
  }
}
