/**
 * Somebody who knows what the market is worth and takes offers that are clearly better than that:
 * quotes that a slow maker forgot, orders that a stranger put at an odd price. It never quotes.
 */
import type { Command } from "../core/commands.ts";
import type { Side } from "../core/market/rules.ts";
import { ticks } from "../core/num/units.ts";
import type { Random } from "../simulation/random.ts";
import type { Agent, MarketView } from "./agent.ts";
import { stepsPerSecond } from "./steps.ts";
import { takeWithin } from "./taking.ts";

/** Mean time between two looks at the market. */
const turnSteps = stepsPerSecond;
/** An offer is taken when it is better than the fair price by so many cells. */
const edgeCells = 2.5;
/** Most that is taken in one turn, in ordinary orders. */
const takenFactor = 10;

/** One hunter of good prices in one market. */
export class ValueTaker implements Agent {
  readonly user: string;
  readonly unansweredMax = 0;
  readonly #random: Random;
  #nextStep = 0;

  constructor(user: string, random: Random) {
    this.user = user;
    this.#random = random;
  }

  get nextStep(): number {
    return this.#nextStep;
  }

  act(step: number, market: MarketView): readonly Command[] {
    this.#nextStep = step + Math.ceil(turnSteps * this.#random.between(0.5, 1.5));
    return [...this.#take("buy", market), ...this.#take("sell", market)];
  }

  observe(): void {
    // What it did not get is still there at its next look.
  }

  #take(side: Side, market: MarketView): readonly Command[] {
    const { book, cellTicks, code, medianLots, quoteTicks, sizes } = market;
    const sign = side === "buy" ? 1 : -1;
    const best = book.best(side === "buy" ? "sell" : "buy");
    const limit = Math.round(quoteTicks - sign * edgeCells * cellTicks);
    if (best === undefined || limit < 1 || sign * (limit - best.price) < 0) return [];
    const quantity = sizes.within(Math.min(best.quantity, medianLots * takenFactor), limit);
    return [takeWithin(this.user, code, { side, price: ticks(limit), quantity })];
  }
}
