/** Agents that take what others offer: a crowd without an opinion, a trend follower, a hunter of good prices. */
import type { Command, MarketOrderSize, PlaceLimit } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import type { Side } from "../core/market/rules.ts";
import type { Atoms } from "../core/num/money.ts";
import { ticks } from "../core/num/units.ts";
import { drawLots } from "../simulation/quantity.ts";
import type { Random } from "../simulation/random.ts";
import type { Agent, MarketView } from "./agent.ts";
import { stepsPerSecond } from "./parts.ts";

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

/** A crowd: its account and its pace. */
export interface NoiseTakerOptions {
  readonly user: string;
  /** Mean trades a second. */
  readonly tradesPerSecond: number;
  /** Quote atoms of one lot at one tick. */
  readonly notionalAtoms: bigint;
}

/**
 * A crowd that trades for reasons of its own, with one account: arrivals at random times buy or sell at the
 * best prices, in sizes that are mostly small and sometimes huge. It has no opinion about the price.
 */
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

/** Mean time between two looks at the market. */
const trendTurnSteps = 4 * stepsPerSecond;
/** Part of a new price that enters the average at each look: it lags by about half a minute. */
const averageShare = 0.12;
/** A trend is a price so many cells away from the average; it is over when this near again. */
const trendCells = 6;
const overCells = 1.5;
/** The position that it takes, in ordinary orders, and how far it runs after the price for it. */
const positionFactor = 6;
const reachCells = 2;

/**
 * A trend follower: buys after a rise, sells after a fall, and goes out again when the trend is over. It
 * looks at the book's middle only, never at the hidden fair price.
 */
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
    this.#nextStep = step + Math.ceil(trendTurnSteps * this.#random.between(0.5, 1.5));
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

/** Mean time between two looks at the market. */
const valueTurnSteps = stepsPerSecond;
/** An offer is taken when it is better than the fair price by so many cells. */
const valueEdgeCells = 2.5;
/** Most that is taken in one turn, in ordinary orders. */
const takenFactor = 10;

/**
 * A hunter of good prices: knows what the market is worth and takes offers that are clearly better, such
 * as quotes that a slow maker forgot or orders at an odd price. It never quotes.
 */
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
    this.#nextStep = step + Math.ceil(valueTurnSteps * this.#random.between(0.5, 1.5));
    return [...this.#take("buy", market), ...this.#take("sell", market)];
  }

  observe(): void {
    // What it did not get is still there at its next look.
  }

  #take(side: Side, market: MarketView): readonly Command[] {
    const { book, cellTicks, code, medianLots, quoteTicks, sizes } = market;
    const sign = side === "buy" ? 1 : -1;
    const best = book.best(side === "buy" ? "sell" : "buy");
    const limit = Math.round(quoteTicks - sign * valueEdgeCells * cellTicks);
    if (best === undefined || limit < 1 || sign * (limit - best.price) < 0) return [];
    const quantity = sizes.within(Math.min(best.quantity, medianLots * takenFactor), limit);
    return [takeWithin(this.user, code, { side, price: ticks(limit), quantity })];
  }
}

/** What to take, at most and at worst. */
type Taking = Pick<PlaceLimit, "side" | "price" | "quantity">;

/** The order that takes it. */
function takeWithin(user: string, market: string, taking: Taking): PlaceLimit {
  return { kind: "place-limit", user, market, ...taking, timeInForce: "ioc" };
}
