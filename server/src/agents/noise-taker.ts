/**
 * A crowd that trades for reasons of its own: arrivals at random times buy or sell at the best
 * prices, in sizes that are mostly small and sometimes huge. It has no opinion about the price.
 */
import type { Command, MarketOrderSize } from "../core/commands.ts";
import type { Side } from "../core/market/rules.ts";
import type { Atoms } from "../core/num/money.ts";
import { ticks } from "../core/num/units.ts";
import { drawLots } from "../simulation/quantity.ts";
import type { Random } from "../simulation/random.ts";
import type { Agent, MarketView } from "./agent.ts";
import { stepsPerSecond } from "./steps.ts";
import { takeWithin } from "./taking.ts";

/** Most orders in one step. */
const stepOrdersMax = 8;
/** Share of orders of the same side as the one before: large orders come in pieces. */
const sameSideShare = 0.55;
/** Share of orders that set a worst price, and how far from the best price it is, in cells. */
const limitShare = 0.25;
const limitCells = 2;
/** Share of the other buys that name an amount of money. */
const valueShare = 0.3;
/** No order is larger than this many times the median. */
const sizeFactorMax = 400;
/** An order makes so many trades on average, as it may take several resting orders. */
const tradesPerOrder = 1.6;

/** What a crowd is made of. */
export interface NoiseTakerOptions {
  readonly user: string;
  /** Mean trades a second. */
  readonly tradesPerSecond: number;
  /** Quote atoms of one lot at one tick. */
  readonly notionalAtoms: bigint;
}

/** One market's crowd, with one account. */
export class NoiseTaker implements Agent {
  readonly user: string;
  readonly unansweredMax = 64;
  readonly #random: Random;
  readonly #notionalAtoms: bigint;
  readonly #meanSteps: number;
  /** Step of the next arrival, with a fraction. */
  #arrival: number;
  #side: Side = "buy";

  constructor({ user, tradesPerSecond, notionalAtoms }: NoiseTakerOptions, random: Random) {
    this.user = user;
    this.#random = random;
    this.#notionalAtoms = notionalAtoms;
    this.#meanSteps = (stepsPerSecond * tradesPerOrder) / tradesPerSecond;
    this.#arrival = random.exponential() * this.#meanSteps;
  }

  get nextStep(): number {
    return Math.floor(this.#arrival);
  }

  act(step: number, market: MarketView): readonly Command[] {
    // Who would have come while nobody could trade does not come all at once now.
    this.#arrival = Math.max(this.#arrival, step);
    const commands: Command[] = [];
    for (let count = 0; count < stepOrdersMax && this.#arrival < step + 1; count += 1) {
      commands.push(...this.#arrive(market));
      this.#arrival += (this.#random.exponential() * this.#meanSteps) / market.intensity;
    }
    this.#arrival = Math.max(this.#arrival, step + 1);
    return commands;
  }

  observe(): void {
    // What became of an order does not matter to a crowd.
  }

  #arrive(market: MarketView): readonly Command[] {
    const random = this.#random;
    if (!random.chance(sameSideShare)) this.#side = this.#side === "buy" ? "sell" : "buy";
    const side = this.#side;
    const best = market.book.best(side === "buy" ? "sell" : "buy");
    if (best === undefined) return [];
    const most = market.medianLots * sizeFactorMax;
    const lots = Math.min(drawLots(random, market.medianLots), most);
    const quantity = market.sizes.within(lots, best.price);
    if (random.chance(limitShare)) {
      const reach = limitCells * market.cellTicks;
      const limit = Math.max(side === "buy" ? best.price + reach : best.price - reach, 1);
      return [takeWithin(this.user, market.code, { side, price: ticks(limit), quantity })];
    }
    const value = (BigInt(quantity) * BigInt(best.price) * this.#notionalAtoms) as Atoms;
    const size: MarketOrderSize =
      side === "buy" && random.chance(valueShare) ? { value } : { quantity };
    return [{ kind: "place-market", user: this.user, market: market.code, side, size }];
  }
}
