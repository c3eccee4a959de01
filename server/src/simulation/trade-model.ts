/**
 * The market model: a pure, seeded machine that turns its state into the next trade. It knows ticks,
 * lots and microseconds, no instrument, no clock and no currency.
 *
 * A hidden fair price moves with news, the best bid and ask follow it in whole ticks, and arrivals
 * buy at the ask or sell at the bid.
 */
import { Activity } from "./activity.ts";
import { FairPrice, secondsPerDay } from "./fair-price.ts";
import { drawLots } from "./quantity.ts";
import type { Random } from "./random.ts";

/** What one market looks like in the long run. */
export interface ModelParameters {
  readonly startTicks: number;
  readonly medianLots: number;
  readonly tradesPerSecond: number;
  /** Standard deviation of a day's return, as a fraction. */
  readonly dailyVolatility: number;
}

/** One trade in the model's units. */
export interface ModelTrade {
  /** Microseconds, never before the trade before it. */
  readonly timeUs: number;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly aggressor: "buy" | "sell";
}

const secondUs = 1_000_000;

/** Share of arrivals that bring news, that is, move the fair price. */
const newsShare = 1 / 5;
/** Share of ordinary arrivals that repeat the side of the one before: large orders come in pieces. */
const sameSideShare = 0.55;

/** Share of arrivals that are larger than the best level and walk on through the next ones. */
const sweepShare = 1 / 32;
/** Most levels after the first that a sweep takes; 1 … max are equally likely. */
const sweepLevelsMax = 8;
const tradesPerArrival = 1 + (sweepShare * (1 + sweepLevelsMax)) / 2;

/** News widens the spread by a part of the move, in ticks; each arrival without news narrows it again. */
const spreadPerMove = 0.1;
const spreadKept = 0.8;
const spreadExtraTicksMax = 20;

/** After so many seconds without one an arrival is forced; only the rarest markets ever notice. */
const quietSecondsMax = 3_600;

/** The state of one simulated market. */
export class TradeModel {
  readonly #random: Random;
  readonly #activity: Activity;
  readonly #fair: FairPrice;
  readonly #medianLots: number;
  readonly #arrivalsPerSecond: number;
  readonly #moveDeviation: number;
  #timeUs: number;
  #secondEndUs: number;
  #spreadExtraTicks = 0;
  #buying = true;
  #priceTicks = 0;
  #sweepLevelsLeft = 0;

  constructor(parameters: ModelParameters, random: Random, startUs: number) {
    const { startTicks, medianLots, tradesPerSecond, dailyVolatility } = parameters;
    this.#random = random;
    this.#activity = new Activity(random);
    this.#fair = new FairPrice(startTicks);
    this.#medianLots = medianLots;
    this.#arrivalsPerSecond = tradesPerSecond / tradesPerArrival;
    const movesPerDay = this.#arrivalsPerSecond * secondsPerDay * newsShare;
    this.#moveDeviation = dailyVolatility / Math.sqrt(movesPerDay);
    this.#timeUs = startUs;
    this.#secondEndUs = startUs + secondUs;
  }

  /** Advances to the next trade. Trades of one sweep share their time. */
  next(): ModelTrade {
    if (this.#sweepLevelsLeft > 0) {
      this.#sweepLevelsLeft -= 1;
      this.#priceTicks += this.#buying ? 1 : -1;
    } else {
      this.#waitForArrival();
      this.#arrive();
    }
    return {
      timeUs: this.#timeUs,
      priceTicks: this.#priceTicks,
      quantityLots: drawLots(this.#random, this.#medianLots),
      aggressor: this.#buying ? "buy" : "sell",
    };
  }

  /** Continues at a later time with the prices of now; what would have happened between is left out. */
  skipTo(timeUs: number): void {
    this.#timeUs = timeUs;
    this.#secondEndUs = timeUs + secondUs;
    this.#sweepLevelsLeft = 0;
  }

  /**
   * Poisson arrivals whose intensity is constant within a second. They have no memory, so a wait that
   * reaches the end of the second is drawn again from there.
   */
  #waitForArrival(): void {
    for (let seconds = 0; seconds < quietSecondsMax; seconds += 1) {
      const perSecond = this.#arrivalsPerSecond * this.#activity.intensity;
      const waitUs = Math.floor((this.#random.exponential() * secondUs) / perSecond) + 1;
      if (this.#timeUs + waitUs < this.#secondEndUs) {
        this.#timeUs += waitUs;
        return;
      }
      this.#timeUs = this.#secondEndUs;
      this.#secondEndUs += secondUs;
      this.#activity.step();
      this.#fair.revert();
    }
  }

  #arrive(): void {
    const random = this.#random;
    if (random.chance(newsShare)) {
      const move = this.#fair.move(this.#moveDeviation * this.#activity.volatility, random);
      this.#buying = move > 0;
      const widened = this.#spreadExtraTicks + Math.abs(move) * spreadPerMove;
      this.#spreadExtraTicks = Math.min(widened, spreadExtraTicksMax);
    } else {
      if (!random.chance(sameSideShare)) this.#buying = !this.#buying;
      this.#spreadExtraTicks *= spreadKept;
    }
    if (random.chance(sweepShare)) this.#sweepLevelsLeft = 1 + random.below(sweepLevelsMax);
    this.#priceTicks = this.#buying ? this.#askTicks() : this.#bidTicks();
  }

  #bidTicks(): number {
    return Math.floor(this.#fair.ticks - this.#spreadExtraTicks / 2);
  }

  /** The lowest whole tick above the fair price, hence at least one tick above the bid. */
  #askTicks(): number {
    return Math.floor(this.#fair.ticks + this.#spreadExtraTicks / 2) + 1;
  }
}
