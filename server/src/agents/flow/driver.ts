/**
 * Turns recorded order flow into commands of named users, so that a market of the exchange becomes the one
 * that was recorded and whoever trades there meets it in its queues. Buys, sells and what executed them
 * belong to three users, because an order never meets one of its own owner. There is no clock here.
 */
import type { Command, TimeInForce } from "../../core/commands.ts";
import type { MarketRules, Side } from "../../core/market/rules.ts";
import type { Decimal } from "../../core/num/decimal.ts";
import { type Lots, ticks } from "../../core/num/units.ts";
import type { FlowEvent, FlowLevel } from "../../ports/order-flow.ts";
import { stepAbove, stepBelow } from "../mirror/snap.ts";

/** Recorded orders that are open at once; more are not played. */
export const recordedOrdersMax = 500_000;

/** Levels of a book that are put right at once. */
const stepLevels = 50;

/** What is assumed where a recording does not show orders. */
export interface FlowModel {
  /**
   * Which recorded trades fill an order of a user that waits at their price: those at the price once the queue before
   * it is gone, or only those at a worse price.
   */
  readonly fills: "at-price" | "through-price";
  /** Whether what leaves a level stood behind a user's order there (nothing is gained) or before it. */
  readonly cancels: "behind" | "ahead";
}

/** The exchange as a driver sees it: applied at once, shown to nobody before it is durable. */
export interface FlowExchange {
  /** Applies a command; returns its number in the log, which is the id of an order that it places. */
  submit(command: Command): number;
  /** What is left of an open order, in lots; 0 where it is not open. */
  left(user: string, id: number): number;
}

/** What became of a recording. */
export interface FlowFigures {
  events: number;
  commands: number;
  /** Events that name an order that was not recorded before, and that nothing at its price stands for. */
  unknown: number;
  /** Prices or quantities that are between two steps of the market, and were moved to the one behind. */
  snapped: number;
  /** Events that cannot be played: less than a lot, before the first book, or above {@link recordedOrdersMax}. */
  unusable: number;
  /** Events that found less than the recording says, because users had taken it. */
  diverged: number;
  /** Lots that were taken back because users traded in the place of recorded orders. */
  displacedLots: number;
}

/** Names of the participants that play a recording in a market; real users have UUIDs. */
export function flowNames(market: string): {
  readonly buyer: string;
  readonly seller: string;
  readonly taker: string;
} {
  return {
    buyer: `replay-buyer-${market}`,
    seller: `replay-seller-${market}`,
    taker: `replay-taker-${market}`,
  };
}

interface Resting {
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  /** What the recording has left of it. */
  lots: number;
}

type OfOrder = Extract<FlowEvent, { id: string }>;

/** Plays one recording in one market. */
export class FlowDriver {
  readonly figures: FlowFigures = {
    events: 0,
    commands: 0,
    unknown: 0,
    snapped: 0,
    unusable: 0,
    diverged: 0,
    displacedLots: 0,
  };
  readonly #rules: MarketRules;
  readonly #model: FlowModel;
  readonly #exchange: FlowExchange;
  readonly #names: ReturnType<typeof flowNames>;
  /** By the recording's id. */
  readonly #orders = new Map<string, Resting>();
  /** What stands for orders that the recording does not show, by price, oldest first. */
  readonly #levels: Record<Side, Map<number, Resting[]>> = { buy: new Map(), sell: new Map() };
  /** Lots of recorded orders by price, where orders are shown. */
  #hasBook = false;

  constructor(rules: MarketRules, model: FlowModel, exchange: FlowExchange) {
    this.#rules = rules;
    this.#model = model;
    this.#exchange = exchange;
    this.#names = flowNames(rules.code);
  }

  /** Plays the next event, in steps between which others may act: a whole book is thousands of orders. */
  *play(event: FlowEvent): Generator<void, void> {
    this.figures.events += 1;
    switch (event.kind) {
      case "new":
        this.#new(event);
        break;
      case "reduced":
      case "cancelled":
      case "changed":
        this.#less(event);
        break;
      case "executed":
        this.#executed(event);
        break;
      case "hidden":
        this.#hidden(event);
        break;
      case "traded":
        this.#traded(event);
        break;
      case "snapshot":
      case "levels":
        yield* this.#book(event);
        break;
      default:
        this.#halt(event.kind === "halted");
    }
  }

  #new(event: OfOrder): void {
    const [price, lots] = [this.#price(event.side, event.price), this.#lots(event.quantity)];
    if (price === undefined || lots === undefined || this.#orders.size >= recordedOrdersMax) {
      this.figures.unusable += 1;
      return;
    }
    this.#orders.set(event.id, this.#rest(event.side, price, lots));
  }

  /** An order has less than before, or nothing. */
  #less(event: OfOrder): void {
    const order = this.#orders.get(event.id);
    const lots = this.#lots(event.quantity) ?? 0;
    if (order === undefined) {
      // It came before the recording: what stands at its price stands for it.
      const isKnown = event.kind !== "changed" && this.#takeOffLevel(event.side, event.price, lots);
      if (!isKnown) this.figures.unknown += 1;
      return;
    }
    const before = this.#left(order);
    if (before < order.lots) this.figures.diverged += 1;
    if (event.kind === "changed" && lots > order.lots) {
      // More of it goes to the end of the queue.
      this.#reduceTo(order, 0);
      this.#orders.set(event.id, this.#rest(order.side, order.price, lots));
      return;
    }
    order.lots = event.kind === "changed" ? lots : event.kind === "reduced" ? order.lots - lots : 0;
    this.#reduceTo(order, order.lots);
    if (order.lots <= 0) this.#orders.delete(event.id);
  }

  /** Somebody whom the recording does not show came and executed a resting order. */
  #executed(event: OfOrder): void {
    const [price, lots] = [this.#price(event.side, event.price), this.#lots(event.quantity)];
    if (price === undefined || lots === undefined) {
      this.figures.unusable += 1;
      return;
    }
    const order = this.#orders.get(event.id);
    const isStanding =
      order === undefined ? this.#levelLots(event.side, price) >= lots : this.#left(order) >= lots;
    if (order === undefined && !isStanding) this.figures.unknown += 1;
    else if (!isStanding) this.figures.diverged += 1;
    this.#take(event.side === "buy" ? "sell" : "buy", price, lots);
    if (order === undefined) return;
    order.lots -= lots;
    // A user may have been before it in the queue: the recording's order is gone all the same.
    this.figures.displacedLots += this.#reduceTo(order, Math.max(order.lots, 0));
    if (order.lots <= 0) this.#orders.delete(event.id);
  }

  /** An order that nobody saw is there for the moment in which it is executed. */
  #hidden({ side, price: recorded, quantity }: Extract<FlowEvent, { kind: "hidden" }>): void {
    const [price, lots] = [this.#price(side, recorded), this.#lots(quantity)];
    if (price === undefined || lots === undefined) {
      this.figures.unusable += 1;
      return;
    }
    this.#through(side, price, lots);
  }

  #traded({ side, price: recorded, quantity }: Extract<FlowEvent, { kind: "traded" }>): void {
    const maker = side === "buy" ? "sell" : "buy";
    const [price, lots] = [this.#price(maker, recorded), this.#lots(quantity)];
    if (price === undefined || lots === undefined || !this.#hasBook) {
      this.figures.unusable += 1;
      return;
    }
    if (this.#model.fills === "through-price") {
      const beyond = side === "buy" ? price - 1 : price + 1;
      if (beyond >= 1) this.#take(side, beyond, lots);
      return;
    }
    // Depth is told later than trades: what was not there yet comes, and so the tape is whole.
    const missing = lots - this.#levelLots(maker, price);
    if (missing > 0) this.#addToLevel(maker, price, missing, "post-only");
    this.#take(side, price, lots);
  }

  /** Both sides of an order that was not shown, at its price. */
  #through(side: Side, price: number, lots: number): void {
    const order = this.#rest(side, price, lots, "post-only");
    this.#take(side === "buy" ? "sell" : "buy", price, lots);
    this.figures.displacedLots += this.#reduceTo(order, 0);
  }

  /** What is gone goes first, so that what comes does not meet it. */
  *#book({
    kind,
    bids,
    asks,
  }: Extract<FlowEvent, { kind: "snapshot" | "levels" }>): Generator<void, void> {
    if (kind === "levels" && !this.#hasBook) {
      this.figures.unusable += 1;
      return;
    }
    this.#hasBook = true;
    const known = this.#shownLots();
    const wanted = [
      ...this.#wanted("buy", bids, kind === "snapshot"),
      ...this.#wanted("sell", asks, kind === "snapshot"),
    ].map((level) => ({ ...level, lots: level.lots - (known.get(keyOf(level)) ?? 0) }));
    for (const [at, { side, price, lots }] of wanted.entries()) {
      if (at % stepLevels === stepLevels - 1) yield;
      const more = this.#levelLots(side, price) - Math.max(lots, 0);
      if (more > 0) this.#leaveLevel(side, price, more);
    }
    for (const [at, { side, price, lots }] of wanted.entries()) {
      if (at % stepLevels === stepLevels - 1) yield;
      const missing = lots - this.#levelLots(side, price);
      if (missing > 0) this.#addToLevel(side, price, missing, "gtc");
    }
  }

  /** Levels in ticks and lots; of a whole book also those that it does not have. */
  #wanted(side: Side, levels: readonly FlowLevel[], isWhole: boolean) {
    const wanted = new Map<number, number>();
    if (isWhole) for (const price of this.#levels[side].keys()) wanted.set(price, 0);
    for (const level of levels) {
      const price = this.#price(side, level.price);
      if (price === undefined) this.figures.unusable += 1;
      else
        wanted.set(price, level.quantity.coefficient === 0 ? 0 : (this.#lots(level.quantity) ?? 0));
    }
    return [...wanted].map(([price, lots]) => ({ side, price, lots }));
  }

  /** What recorded orders have at each price; those are not put there a second time. */
  #shownLots(): ReadonlyMap<string, number> {
    const lots = new Map<string, number>();
    for (const order of this.#orders.values()) {
      lots.set(keyOf(order), (lots.get(keyOf(order)) ?? 0) + order.lots);
    }
    return lots;
  }

  #levelLots(side: Side, price: number): number {
    const level = this.#levels[side].get(price) ?? [];
    return level.reduce((sum, order) => sum + this.#left(order), 0);
  }

  #addToLevel(side: Side, price: number, lots: number, timeInForce: TimeInForce): void {
    const level = (this.#levels[side].get(price) ?? []).filter((order) => this.#left(order) > 0);
    level.push(this.#rest(side, price, lots, timeInForce));
    this.#levels[side].set(price, level);
  }

  /** Takes lots off a level: from behind, or from before whoever else waits there. */
  #leaveLevel(side: Side, price: number, lots: number): void {
    const level = this.#levels[side].get(price) ?? [];
    let more = lots;
    for (const order of this.#model.cancels === "behind" ? level.toReversed() : level) {
      const left = this.#left(order);
      const off = Math.min(left, more);
      this.#reduceTo(order, left - off);
      more -= off;
      if (more === 0) break;
    }
    const kept = level.filter((order) => this.#left(order) > 0);
    if (kept.length > 0) this.#levels[side].set(price, kept);
    else this.#levels[side].delete(price);
  }

  #takeOffLevel(side: Side, recorded: Decimal, lots: number): boolean {
    const price = this.#price(side, recorded);
    if (price === undefined || this.#levelLots(side, price) === 0) return false;
    this.#leaveLevel(side, price, lots);
    return true;
  }

  #rest(side: Side, price: number, lots: number, timeInForce: TimeInForce = "gtc"): Resting {
    const user = side === "buy" ? this.#names.buyer : this.#names.seller;
    const terms = { side, price: ticks(price), quantity: lots as Lots, timeInForce } as const;
    const id = this.#submit({ kind: "place-limit", user, market: this.#rules.code, ...terms });
    return { id, side, price, lots };
  }

  /** Comes as the one who took it. */
  #take(side: Side, price: number, lots: number): void {
    const terms = {
      side,
      price: ticks(price),
      quantity: lots as Lots,
      timeInForce: "ioc",
    } as const;
    this.#submit({
      kind: "place-limit",
      user: this.#names.taker,
      market: this.#rules.code,
      ...terms,
    });
  }

  /** Leaves an order no more than so many lots, and its place; returns how many were taken off. */
  #reduceTo(order: Resting, lots: number): number {
    const left = this.#left(order);
    const by = left - lots;
    if (by <= 0) return 0;
    const user = order.side === "buy" ? this.#names.buyer : this.#names.seller;
    this.#submit({ kind: "reduce-order", user, order: { id: order.id }, by: by as Lots });
    return by;
  }

  #left(order: Resting): number {
    const user = order.side === "buy" ? this.#names.buyer : this.#names.seller;
    return this.#exchange.left(user, order.id);
  }

  #halt(isHalted: boolean): void {
    this.#submit({ kind: isHalted ? "halt-market" : "resume-market", market: this.#rules.code });
  }

  #submit(command: Command): number {
    this.figures.commands += 1;
    return this.#exchange.submit(command);
  }

  /** In ticks, never better for who would take it than what was recorded. */
  #price(side: Side, price: Decimal): number | undefined {
    const below = stepBelow(price, this.#rules.tickSize);
    const above = stepAbove(price, this.#rules.tickSize);
    if (below !== above) this.figures.snapped += 1;
    return side === "buy" ? below : above;
  }

  #lots(quantity: Decimal): number | undefined {
    const below = stepBelow(quantity, this.#rules.lotSize);
    if (below !== stepAbove(quantity, this.#rules.lotSize)) this.figures.snapped += 1;
    return below;
  }
}

function keyOf({ side, price }: { readonly side: Side; readonly price: number }): string {
  return `${side} ${price}`;
}
