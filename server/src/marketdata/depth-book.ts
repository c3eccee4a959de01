/**
 * The public book of one market at all depth scales (D-C46, D-C47): whole, and as the changes
 * since the last ones taken. It knows quantities at prices, never orders or who placed them.
 */
import { assert } from "../core/assert.ts";
import { depthScalesMax } from "./depth-scales.ts";
import { type DepthChange, DepthSide } from "./depth-side.ts";
import {
  type BothSides,
  checkedLevels,
  type DepthUpdate,
  isEmpty,
  type MarketUnits,
} from "./updates.ts";

/**
 * Most levels of a side whose changes wait to be taken. Beyond it the changes are forgotten, and the
 * next ones taken are the whole book.
 */
export const waitingLevelsMax = 65_536;

/** Options of a book. */
export interface DepthBookOptions {
  readonly units: MarketUnits;
  /** What rests at the start, in any order. */
  readonly levels?: readonly DepthChange[];
  /** When that was so, in microseconds since 1970. */
  readonly timeUs: number;
  /** At how many scales it is kept; all by default. */
  readonly depthScales?: number;
}

/** Who takes changes of a market: what is wanted of each scale. */
export interface DepthScaleTaker {
  wanted(depthScale: number): boolean;
  /** Told of each scale that changed but was not wanted, and whether it would have been given whole. */
  passedOver?(depthScale: number, isWhole: boolean): void;
  /** Whether changes are given together with the best levels; by default not. */
  checked?(depthScale: number): boolean;
}

/** Both sides of one market. The exchange bounds its open orders, and with them the levels here. */
export class DepthBook {
  readonly #units: MarketUnits;
  readonly #depthScales: number;
  readonly #asks: DepthSide;
  readonly #bids: DepthSide;
  /** When the newest change happened. */
  #timeUs: number;
  /** The whole book by scale, as it was last read; undefined after a change. */
  readonly #whole: (DepthUpdate | undefined)[];
  /** The same as of the last changes taken; undefined after these. */
  readonly #settled: (DepthUpdate | undefined)[];
  /** When the newest change before that happened. */
  #settledUs: number;
  #hasForgotten = false;

  constructor({ units, levels = [], timeUs, depthScales = depthScalesMax }: DepthBookOptions) {
    this.#units = units;
    this.#depthScales = depthScales;
    this.#asks = new DepthSide("sell", depthScales);
    this.#bids = new DepthSide("buy", depthScales);
    this.#whole = new Array(depthScales).fill(undefined);
    this.#settled = new Array(depthScales).fill(undefined);
    this.#timeUs = timeUs;
    this.#settledUs = timeUs;
    for (const level of levels) this.set(level, timeUs);
    this.#settle();
    this.#hasForgotten = false;
  }

  /** Folds one change. */
  set({ side, price, quantity }: DepthChange, timeUs: number): void {
    assert(price > 0 && quantity >= 0, "a level has a price and no negative quantity");
    const half = side === "sell" ? this.#asks : this.#bids;
    if (!half.set(price, quantity)) return;
    this.#timeUs = timeUs;
    this.#whole.fill(undefined);
    if (half.changedLevels <= waitingLevelsMax) return;
    this.#settle();
    this.#hasForgotten = true;
  }

  /**
   * The whole book at a scale, with all changes so far; the same object until the book changes. Whoever
   * holds it has the exact book again after each of the {@link take}s that follow.
   */
  whole(depthScale: number): DepthUpdate {
    assert(isDepthScale(depthScale, this.#depthScales), "the scale is one of this book's");
    let update = this.#whole[depthScale];
    if (update === undefined) {
      update = {
        ...this.#units,
        timeUs: this.#timeUs,
        depthScale,
        full: true,
        asks: this.#asks.read(depthScale),
        bids: this.#bids.read(depthScale),
      };
      this.#whole[depthScale] = update;
    }
    return update;
  }

  /**
   * The whole book at a scale as of the last {@link take}, or the start; the same object until the next one.
   * Whoever holds it has the book of each of the takes that follow with `sinceLast` of what these give, where
   * that is there. It does not matter who else has read the book in between.
   */
  settled(depthScale: number): DepthUpdate {
    if (!this.#hasWaiting) return this.whole(depthScale);
    assert(isDepthScale(depthScale, this.#depthScales), "the scale is one of this book's");
    this.#settled[depthScale] ??= {
      ...this.#units,
      timeUs: this.#settledUs,
      depthScale,
      full: true,
      asks: this.#asks.settled(depthScale),
      bids: this.#bids.settled(depthScale),
    };
    return this.#settled[depthScale];
  }

  /**
   * The best levels of each side at a scale, at most so many, for whoever only looks: nobody goes on from
   * it. Costs a pass over the levels, and sorts none but those.
   */
  best(depthScale: number, levelsMax: number): DepthUpdate {
    assert(
      isDepthScale(depthScale, this.#depthScales) && levelsMax > 0,
      "a look at a book is at some levels of a scale",
    );
    return {
      ...this.#units,
      timeUs: this.#timeUs,
      depthScale,
      full: true,
      asks: this.#asks.best(depthScale, levelsMax),
      bids: this.#bids.best(depthScale, levelsMax),
    };
  }

  /**
   * What changed since the last call, for each wanted scale where something did: a group at most once,
   * with its whole quantity, and not at all when it changed back; unless the {@link whole} was read in between.
   * The changes of a scale that is not wanted are passed over, which `passedOver` is told: whoever comes to want it
   * begins with the whole or {@link settled} book.
   */
  take(timeUs: number, { wanted, passedOver, checked }: DepthScaleTaker): readonly DepthUpdate[] {
    const updates: DepthUpdate[] = [];
    if (!this.#hasWaiting && !this.#hasForgotten) return updates;
    for (let depthScale = 0; depthScale < this.#depthScales; depthScale += 1) {
      if (!wanted(depthScale)) {
        if (this.#hasChanged(depthScale)) passedOver?.(depthScale, this.#hasForgotten);
        continue;
      }
      const update = this.#hasForgotten
        ? this.whole(depthScale)
        : this.#changes(timeUs, depthScale, checked?.(depthScale) === true);
      if (update !== undefined) updates.push(update);
    }
    this.#settle();
    this.#hasForgotten = false;
    return updates;
  }

  get #hasWaiting(): boolean {
    return this.#asks.changedLevels + this.#bids.changedLevels > 0;
  }

  #changes(timeUs: number, depthScale: number, isChecked: boolean): DepthUpdate | undefined {
    const asks = this.#asks.changes(depthScale);
    const bids = this.#bids.changes(depthScale);
    if (isEmpty({ asks, bids })) return undefined;
    const sides = { asks, bids };
    const told = this.#hasReread(depthScale)
      ? { ...sides, sinceLast: this.#settledChanges(depthScale) }
      : sides;
    const changes = { ...this.#units, timeUs, depthScale, full: false, ...told };
    if (!isChecked) return changes;
    const best = {
      asks: this.#asks.best(depthScale, checkedLevels),
      bids: this.#bids.best(depthScale, checkedLevels),
    };
    return { ...changes, best };
  }

  #hasChanged(depthScale: number): boolean {
    if (this.#hasForgotten) return true;
    return this.#asks.hasSettledChanges(depthScale) || this.#bids.hasSettledChanges(depthScale);
  }

  #hasReread(depthScale: number): boolean {
    return this.#asks.hasReread(depthScale) || this.#bids.hasReread(depthScale);
  }

  #settledChanges(depthScale: number): BothSides {
    return {
      asks: this.#asks.settledChanges(depthScale),
      bids: this.#bids.settledChanges(depthScale),
    };
  }

  #settle(): void {
    this.#asks.settle();
    this.#bids.settle();
    this.#settled.fill(undefined);
    this.#settledUs = this.#timeUs;
  }
}

/** Whether a number names one of so many depth scales. */
export function isDepthScale(index: number, depthScales: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < depthScales;
}
