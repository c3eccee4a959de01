/** What agents are put together from: the grid of their decisions, what they trade with, and in which sizes. */
import type { Transfer } from "../core/commands.ts";
import { lotAtoms, type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import type { Atoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import { exponential, exponentMax } from "../simulation/portable-math.ts";

/**
 * Steps in a second of market time: agents decide at a grid of 50 ms and never between, so that what they
 * decide does not depend on when exactly they are asked.
 */
export const stepsPerSecond = 20;

const stepUs = 50_000;

/**
 * Steps counted from a start, on a clock that market time outruns by a rate. What happens at a step does
 * not depend on how far it is from the next one, so the rate may change in between.
 */
export class Steps {
  readonly #rate: number;
  /** A step, and when it happens; the others are counted from it. */
  #fromStep = 0;
  #fromUs: number;
  #lengthUs: number;

  constructor(startUs: number, rate: number) {
    this.#rate = rate;
    this.#fromUs = startUs;
    this.#lengthUs = Math.round(stepUs / rate);
  }

  /** Lets market time go on at this share of the rate from a time on that no step asked for is before. */
  changePace(nowUs: number, share: number): void {
    this.#fromStep = this.stepAt(nowUs);
    this.#fromUs = nowUs;
    this.#lengthUs = Math.round(stepUs / (this.#rate * share));
  }

  /** When a step happens, in microseconds since 1970. */
  timeOf(step: number): number {
    return this.#fromUs + (step - this.#fromStep) * this.#lengthUs;
  }

  /** The last step at or before a time. */
  stepAt(timeUs: number): number {
    return this.#fromStep + Math.floor((timeUs - this.#fromUs) / this.#lengthUs);
  }

  /** How many steps fit into a time. */
  within(durationUs: number): number {
    return Math.ceil(durationUs / this.#lengthUs);
  }
}

/** Funds in orders of median size. At 0.1 % a trade, fees use them up after 10¹¹ trades. */
const fundedOrders = 1_000_000_000n;

/** What one agent gets of each side of a market: so much that no fee and no loss uses it up, given only once. */
export interface Funds {
  readonly base: Atoms;
  readonly quote: Atoms;
}

/** The funds of one agent, worth about the same on both sides. */
export function fundsFor(
  rules: MarketRules,
  { medianLots, startTicks }: { readonly medianLots: number; readonly startTicks: number },
): Funds {
  const lots = fundedOrders * BigInt(medianLots);
  return {
    base: (lots * lotAtoms(rules)) as Atoms,
    quote: (lots * BigInt(startTicks) * notionalAtoms(rules)) as Atoms,
  };
}

/** The deposits that bring funds to a user; the keys make a repetition harmless. */
export function depositsOf(user: string, rules: MarketRules, funds: Funds): readonly Transfer[] {
  return [depositOf(user, rules.base, funds.base), depositOf(user, rules.quote, funds.quote)];
}

function depositOf(user: string, currency: string, amount: Atoms): Transfer {
  // With the amount in the key, other funds after a change of the configuration are a new deposit.
  return { kind: "deposit", user, currency, amount, key: `start-${currency}-${amount}` };
}

/** The sizes that a market accepts: fits the lots that an agent wants to trade into them. */
export class OrderSizes {
  readonly #baseMin: number;
  readonly #baseMax: number;
  /** Smallest and largest price × quantity, in ticks × lots. */
  readonly #productMin: number;
  readonly #productMax: number;

  constructor(rules: MarketRules) {
    const unit = notionalAtoms(rules);
    this.#baseMin = rules.baseMin;
    this.#baseMax = rules.baseMax;
    this.#productMin = Number((rules.quoteMin + unit - 1n) / unit);
    this.#productMax = Math.min(Number(rules.quoteMax / unit), Number.MAX_SAFE_INTEGER);
  }

  /** The accepted size next to `wanted` whole lots, at a price in ticks. */
  within(wanted: number, price: number): Lots {
    const least = Math.max(this.#baseMin, Math.ceil(this.#productMin / price));
    const most = Math.min(this.#baseMax, Math.floor(this.#productMax / price));
    return Math.max(Math.min(wanted, most), least) as Lots;
  }
}

/** Steps after which about a third of an inventory is left. */
const memorySteps = 60 * stepsPerSecond;

/**
 * What the makers of a market have bought and sold lately, all together: a fading sum of lots, positive
 * when they have bought more than they sold. They are taken to get rid of it elsewhere; their wallets are
 * not looked at.
 */
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
