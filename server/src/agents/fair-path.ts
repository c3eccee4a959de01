/**
 * The hidden fair price of a market and its busy and quiet spells, moved on step by step. It is a
 * function of the seed and the step alone: nothing that anybody trades reaches it.
 */
import { Activity } from "../simulation/activity.ts";
import { FairPrice, secondsPerDay } from "../simulation/fair-price.ts";
import type { Random } from "../simulation/random.ts";
import { stepsPerSecond } from "./parts.ts";

/** How often there is news on average. */
const newsPerSecond = 1;
const newsPerStep = newsPerSecond / stepsPerSecond;
/** What happens in a longer silence than this is left out: the price goes on from where it was. */
const silenceStepsMax = 600 * stepsPerSecond;

/** Where a path starts and how much it moves. */
export interface FairPathOptions {
  /** The price in ticks that it is pulled back to. */
  readonly startTicks: number;
  /** The price in ticks that it starts from. */
  readonly fromTicks: number;
  /** Standard deviation of a day's return, as a fraction. */
  readonly dailyVolatility: number;
}

/** One market's hidden state. */
export class FairPath {
  readonly #random: Random;
  readonly #activity: Activity;
  readonly #fair: FairPrice;
  readonly #newsDeviation: number;
  #step = 0;

  constructor({ startTicks, fromTicks, dailyVolatility }: FairPathOptions, random: Random) {
    this.#random = random;
    this.#activity = new Activity(random);
    this.#fair = new FairPrice(startTicks, fromTicks);
    this.#newsDeviation = dailyVolatility / Math.sqrt(newsPerSecond * secondsPerDay);
  }

  /** The fair price in ticks, with a fraction. */
  get ticks(): number {
    return this.#fair.ticks;
  }

  /** How busy the market is, 1 on average. */
  get intensity(): number {
    return this.#activity.intensity;
  }

  /** How fast the price moves, in units of the configured volatility. */
  get unrest(): number {
    return this.#activity.volatility * Math.sqrt(this.#activity.intensity);
  }

  /** Lets everything happen up to and with a step. */
  advanceTo(step: number): void {
    this.#step = Math.max(this.#step, step - silenceStepsMax);
    while (this.#step < step) {
      this.#step += 1;
      if (this.#random.chance(newsPerStep * this.#activity.intensity)) {
        this.#fair.move(this.#newsDeviation * this.#activity.volatility, this.#random);
      }
      if (this.#step % stepsPerSecond === 0) {
        this.#activity.step();
        this.#fair.revert();
      }
    }
  }
}
