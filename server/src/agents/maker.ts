/**
 * A market maker: keeps a ladder of post-only orders on both sides of the fair price. It first takes
 * back what has become too good for others, and only at its next turn offers what is missing.
 */
import type { Command, PlaceLimit, ReplaceOrder } from "../core/commands.ts";
import type { OrderClosed, OrderOpened } from "../core/events.ts";
import type { Side } from "../core/market/rules.ts";
import { type Ticks, ticks } from "../core/num/units.ts";
import { drawLots } from "../simulation/quantity.ts";
import type { Random } from "../simulation/random.ts";
import type { Agent, MarketView } from "./agent.ts";
import { Ladder } from "./ladder.ts";
import { stepsPerSecond } from "./parts.ts";

/** What kind of maker it is; distances are in the market's cells. */
export interface MakerStyle {
  readonly cells: number;
  /** Least distance of the first quote from the price around which it quotes. */
  readonly gapCells: number;
  /** Quotes on each side. */
  readonly levels: number;
  /** Median size of a quote, in ordinary orders. */
  readonly sizeFactor: number;
  /** Mean time between two turns, when the market is as busy as usual. */
  readonly turnSeconds: number;
}

/** Makers of one market: a fast one at the price, one behind it, and a slow one far out. */
export const makerStyles: readonly MakerStyle[] = [
  { cells: 1, gapCells: 0.6, levels: 12, sizeFactor: 1.5, turnSeconds: 0.4 },
  { cells: 4, gapCells: 3, levels: 10, sizeFactor: 5, turnSeconds: 1.2 },
  { cells: 40, gapCells: 20, levels: 10, sizeFactor: 25, turnSeconds: 6 },
];

/** Most commands for one side in a turn; what is left over is done soon after. */
const sideCommandsMax = 4;
const hurrySteps = 3;
/** Share of the turns with nothing to do in which a quote is refreshed all the same. */
const refreshShare = 0.5;
/** No quote is larger than this many times its median. */
const sizeFactorMax = 20;
/** The gap follows the speed of the market within these bounds. */
const gapFactorMin = 0.5;
const gapFactorMax = 3;

interface Quote {
  readonly id: number;
  readonly price: number;
}

/** One maker in one market. */
export class Maker implements Agent {
  readonly user: string;
  readonly unansweredMax = 0;
  readonly #style: MakerStyle;
  readonly #random: Random;
  /** Its open orders; at most as many as the style has levels. */
  readonly #quotes: Record<Side, Quote[]> = { buy: [], sell: [] };
  #nextStep = 0;

  constructor(user: string, style: MakerStyle, random: Random) {
    this.user = user;
    this.#style = style;
    this.#random = random;
  }

  get nextStep(): number {
    return this.#nextStep;
  }

  act(step: number, market: MarketView): readonly Command[] {
    const ladders = [this.#ladder("buy", market), this.#ladder("sell", market)];
    const retreats = ladders.flatMap((ladder) => this.#retreat(ladder, market));
    if (retreats.length > 0) {
      this.#nextStep = step + 1;
      return retreats;
    }
    const advances = ladders.map((ladder) => this.#advance(ladder, market));
    const isHurried = advances.some(({ length }) => length === sideCommandsMax);
    this.#nextStep = step + (isHurried ? hurrySteps : this.#pause(market.intensity));
    const commands = advances.flat();
    return commands.length > 0 ? commands : this.#refresh(ladders[step % 2]!, market);
  }

  observe(event: OrderOpened | OrderClosed): void {
    const { id, side, price } = event.order;
    const quotes = this.#quotes[side];
    if (event.kind === "order-opened") {
      quotes.push({ id, price });
      return;
    }
    const at = quotes.findIndex((quote) => quote.id === id);
    if (at >= 0) quotes.splice(at, 1);
  }

  #ladder(side: Side, { cellTicks, quoteTicks, unrest }: MarketView): Ladder {
    const { cells, gapCells, levels } = this.#style;
    const gapFactor = Math.min(Math.max(unrest, gapFactorMin), gapFactorMax);
    return new Ladder({
      side,
      fairTicks: quoteTicks,
      gapTicks: gapCells * cellTicks * gapFactor,
      cellTicks: cells * cellTicks,
      levels,
    });
  }

  #pause(intensity: number): number {
    const mean = (this.#style.turnSeconds * stepsPerSecond) / intensity;
    return Math.max(Math.floor(mean * this.#random.between(0.5, 1.5)), 1);
  }

  /** Takes quotes that the price has come too near to back to the far end of the ladder. */
  #retreat(ladder: Ladder, market: MarketView): Command[] {
    const { side } = ladder;
    const exposed = this.#quotes[side].filter(({ price }) => ladder.isExposed(price));
    if (exposed.length === 0) return [];
    const free = this.#freeCells(ladder);
    return exposed.slice(0, sideCommandsMax).map(({ id }) => {
      const number = free.pop();
      const price = number === undefined ? undefined : this.#drawPrice(ladder, number, market);
      if (price === undefined) return { kind: "cancel-order", user: this.user, order: { id } };
      return this.#move(id, price, market);
    });
  }

  /** Fills the nearest free cells: with the farthest quotes of a full ladder, else with new ones. */
  #advance(ladder: Ladder, market: MarketView): Command[] {
    const { side, levels } = ladder;
    const commands: Command[] = [];
    const spare = [...this.#quotes[side]];
    let room = levels - spare.length;
    for (const number of this.#freeCells(ladder)) {
      if (commands.length === sideCommandsMax) break;
      const price = this.#drawPrice(ladder, number, market);
      if (price === undefined) continue;
      if (room > 0) {
        room -= 1;
        commands.push(this.#place(side, price, market));
        continue;
      }
      const farthest = takeFarthest(spare, ladder);
      if (farthest === undefined || ladder.numberOf(farthest.price) <= number) break;
      commands.push(this.#move(farthest.id, price, market));
    }
    return commands;
  }

  /** When nothing has to be done, now and then offers another size in one of the cells. */
  #refresh(ladder: Ladder, market: MarketView): Command[] {
    const quotes = this.#quotes[ladder.side];
    if (quotes.length === 0 || !this.#random.chance(refreshShare)) return [];
    const { id, price } = quotes[this.#random.below(quotes.length)]!;
    const number = ladder.numberOf(price);
    // What stands nearer than a new quote would, stands there only until it is hit or exposed.
    const newPrice = number < 0 ? undefined : this.#drawPrice(ladder, number, market);
    return newPrice === undefined ? [] : [this.#move(id, newPrice, market)];
  }

  /** Numbers of the cells without a quote, nearest first. */
  #freeCells(ladder: Ladder): number[] {
    const isTaken: boolean[] = new Array(ladder.levels).fill(false);
    for (const { price } of this.#quotes[ladder.side]) {
      const number = ladder.numberOf(price);
      if (number >= 0 && number < ladder.levels) isTaken[number] = true;
    }
    const free: number[] = [];
    for (let number = 0; number < ladder.levels; number += 1) {
      if (!isTaken[number]) free.push(number);
    }
    return free;
  }

  /** A price in a cell that does not meet the other side; undefined when there is none. */
  #drawPrice(ladder: Ladder, number: number, { book }: MarketView): Ticks | undefined {
    const cell = ladder.rangeOf(number);
    const isBuy = ladder.side === "buy";
    const other = book.best(isBuy ? "sell" : "buy")?.price;
    const low = Math.max(cell.low, isBuy || other === undefined ? 1 : other + 1);
    const high = isBuy && other !== undefined ? Math.min(cell.high, other - 1) : cell.high;
    return low <= high ? ticks(low + this.#random.below(high - low + 1)) : undefined;
  }

  #place(side: Side, price: Ticks, market: MarketView): PlaceLimit {
    const { user } = this;
    const quantity = this.#drawSize(price, market);
    const timeInForce = "post-only";
    return { kind: "place-limit", user, market: market.code, side, price, quantity, timeInForce };
  }

  #move(id: number, price: Ticks, market: MarketView): ReplaceOrder {
    const { user } = this;
    const quantity = this.#drawSize(price, market);
    const timeInForce = "post-only";
    return { kind: "replace-order", user, order: { id }, price, quantity, timeInForce };
  }

  #drawSize(price: Ticks, { medianLots, sizes }: MarketView) {
    const median = medianLots * this.#style.sizeFactor;
    return sizes.within(Math.min(drawLots(this.#random, median), median * sizeFactorMax), price);
  }
}

/** Removes the quote that is farthest from the price and returns it. */
function takeFarthest(quotes: Quote[], ladder: Ladder): Quote | undefined {
  let at = 0;
  for (let other = 1; other < quotes.length; other += 1) {
    if (ladder.numberOf(quotes[other]!.price) > ladder.numberOf(quotes[at]!.price)) at = other;
  }
  return quotes.splice(at, 1)[0];
}
