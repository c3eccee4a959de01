/**
 * What the makers of a market have bought and sold lately, all together. They are taken to get rid of
 * it elsewhere, so it fades; their wallets are not looked at.
 */
import { exponential, exponentMax } from "../simulation/portable-math.ts";
import { stepsPerSecond } from "./steps.ts";

/** Steps after which about a third of an inventory is left. */
const memorySteps = 60 * stepsPerSecond;

/** A fading sum of lots: positive when the makers have bought more than they sold. */
export class Inventory {
  #lots = 0;
  #step = 0;

  /** Takes lots in, or gives them out when negative. */
  add(lots: number): void {
    this.#lots += lots;
  }

  /** Lets it fade up to a step; returns what is left, with a fraction. */
  fadeTo(step: number): number {
    const age = Math.max(step - this.#step, 0) / memorySteps;
    this.#lots *= exponential(-Math.min(age, exponentMax));
    this.#step = Math.max(step, this.#step);
    return this.#lots;
  }
}
