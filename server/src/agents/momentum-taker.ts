/**
 * A trend follower: buys after a rise, sells after a fall, and goes out again when the trend is over.
 * It looks at the book's middle only, never at the hidden fair price.
 */
import type { Command } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import { ticks } from "../core/num/units.ts";
import type { Random } from "../simulation/random.ts";
import type { Agent, MarketView } from "./agent.ts";
import { stepsPerSecond } from "./steps.ts";
import { takeWithin } from "./taking.ts";

/** Mean time between two looks at the market. */
const turnSteps = 4 * stepsPerSecond;
/** Part of a new price that enters the average at each look: it lags by about half a minute. */
const averageShare = 0.12;
/** A trend is a price so many cells away from the average; it is over when this near again. */
const trendCells = 6;
const overCells = 1.5;
/** The position that it takes, in ordinary orders, and how far it runs after the price for it. */
const positionFactor = 6;
const reachCells = 2;

/** One trend follower in one market. */
export class MomentumTaker implements Agent {
  readonly user: string;
  readonly unansweredMax = 0;
  readonly #random: Random;
  #nextStep = 0;
  #average: number | undefined;
  /** Lots bought less lots sold. */
  #position = 0;
  /** The position it wants, in units of its usual one: −1, 0 or 1. */
  #wanted = 0;

  constructor(user: string, random: Random) {
    this.user = user;
    this.#random = random;
  }

  get nextStep(): number {
    return this.#nextStep;
  }

  act(step: number, market: MarketView): readonly Command[] {
    this.#nextStep = step + Math.ceil(turnSteps * this.#random.between(0.5, 1.5));
    const price = market.book.middle;
    if (price === undefined) return [];
    const average = this.#average ?? price;
    this.#average = average + (price - average) * averageShare;
    this.#judge((price - average) / market.cellTicks);
    return this.#trade(market);
  }

  observe(event: OrderOpened | OrderClosed): void {
    if (event.kind === "order-opened") return;
    const { side, filled } = event.order;
    this.#position += side === "buy" ? filled : -filled;
  }

  #judge(trend: number): void {
    if (Math.abs(trend) > trendCells) this.#wanted = Math.sign(trend);
    else if (Math.abs(trend) < overCells) this.#wanted = 0;
  }

  #trade({ book, cellTicks, code, medianLots, sizes }: MarketView): readonly Command[] {
    const missing = this.#wanted * medianLots * positionFactor - this.#position;
    // What is left of a position below half an ordinary order is not worth the trade.
    if (Math.abs(missing) < medianLots / 2) return [];
    const side = missing > 0 ? "buy" : "sell";
    const best = book.best(side === "buy" ? "sell" : "buy");
    if (best === undefined) return [];
    const reach = reachCells * cellTicks;
    const limit = Math.max(side === "buy" ? best.price + reach : best.price - reach, 1);
    const quantity = sizes.within(Math.abs(missing), limit);
    return [takeWithin(this.user, code, { side, price: ticks(limit), quantity })];
  }
}
