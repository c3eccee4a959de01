/**
 * One side of a book at all depth scales. Groups nest: what rounds into one group of a scale rounds
 * into one group of every coarser scale, so a level knows its group, the group its coarser one, and
 * a change walks up that chain. It keeps nothing in order; sorting is for those who ask.
 */
import type { LevelChanged } from "../core/events.ts";
import type { Side } from "../core/market/rules.ts";
import { powersOfTen } from "../core/num/decimal.ts";
import { plusExactly } from "../core/num/exact-sum.ts";
import type { DepthLevel } from "./updates.ts";

/** What rests at a price of the book after a change. */
export type DepthChange = Pick<LevelChanged, "side" | "price" | "quantity">;

/** All levels that round to one price of a scale. At the finest scale, each level is a group. */
interface Group {
  readonly price: number;
  quantity: number | bigint;
  /** The group of the next coarser scale that this one is part of. */
  readonly coarser: Group | undefined;
  /** Whether it is among the groups that changed since the last settling. */
  isChanged: boolean;
  /** Its quantity at the last settling, for a changed group. */
  settled: number | bigint;
  /** For a changed group, whether somebody has read it since. */
  wasRead: boolean;
}

/** The asks or the bids of one market. There are never more groups than levels that changed or rest. */
export class DepthSide {
  readonly #isAsks: boolean;
  /** By scale, finest first. A group without a quantity stays until the next settling. */
  readonly #groups: readonly Map<number, Group>[];
  readonly #changed: readonly Group[][];

  constructor(side: Side, depthScales: number) {
    this.#isAsks = side === "sell";
    this.#groups = Array.from({ length: depthScales }, () => new Map());
    this.#changed = Array.from({ length: depthScales }, () => []);
  }

  /** Levels that changed since the last settling. */
  get changedLevels(): number {
    return this.#changed[0]!.length;
  }

  /** Sets the lots at a price; 0 when the level is gone. False when they were the same before. */
  set(price: number, quantity: number): boolean {
    const known = this.#groups[0]!.get(price);
    if (known === undefined && quantity === 0) return false;
    const level = known ?? this.#group(price, 0);
    // The lots of a single price are a safe integer; only those of a group may outgrow it.
    const change = quantity - Number(level.quantity);
    if (change === 0) return false;

    let depthScale = 0;
    for (let group: Group | undefined = level; group !== undefined; group = group.coarser) {
      if (!group.isChanged) {
        group.isChanged = true;
        group.settled = group.quantity;
        group.wasRead = false;
        this.#changed[depthScale]!.push(group);
      }
      group.quantity = plusExactly(group.quantity, change);
      depthScale += 1;
    }
    return true;
  }

  /**
   * All groups of a scale, best price first. Whoever reads them goes on with the next changes, so
   * those will tell of each group that has changed by now, even if it changes back until then.
   */
  read(depthScale: number): readonly DepthLevel[] {
    for (const group of this.#changed[depthScale]!) group.wasRead = true;
    return this.#levels([...this.#groups[depthScale]!.values()]);
  }

  /**
   * All groups of a scale as they were at the last settling, best price first. Whoever reads them goes on
   * with {@link settledChanges}.
   */
  settled(depthScale: number): readonly DepthLevel[] {
    const groups = [...this.#groups[depthScale]!.values()];
    return this.#levels(
      groups.map(({ price, quantity, isChanged, settled }) => ({
        price,
        quantity: isChanged ? settled : quantity,
      })),
    );
  }

  /** The best groups of a scale, best price first, in one pass over them. No reader goes on from these. */
  best(depthScale: number, count: number): readonly DepthLevel[] {
    const best: Group[] = [];
    for (const group of this.#groups[depthScale]!.values()) {
      const last = best[count - 1];
      if (group.quantity === 0 || (last !== undefined && !this.#isBetter(group, last))) continue;
      best.splice(this.#placeIn(best, group), 0, group);
      if (best.length > count) best.pop();
    }
    return best.map(({ price, quantity }) => ({ price, quantity }));
  }

  /** The groups of a scale that are not what every reader knows, best price first. */
  changes(depthScale: number): readonly DepthLevel[] {
    const changed = this.#changed[depthScale]!;
    return this.#changesOf(changed.filter((group) => group.wasRead || isOther(group)));
  }

  /** The groups of a scale that are not what they were at the last settling, best price first. */
  settledChanges(depthScale: number): readonly DepthLevel[] {
    return this.#changesOf(this.#changed[depthScale]!.filter(isOther));
  }

  /** Whether {@link settledChanges} has any. */
  hasSettledChanges(depthScale: number): boolean {
    return this.#changed[depthScale]!.some(isOther);
  }

  /** Whether {@link changes} has what {@link settledChanges} has not. */
  hasReread(depthScale: number): boolean {
    return this.#changed[depthScale]!.some((group) => group.wasRead && !isOther(group));
  }

  /** Makes the present quantities those that changes are told from, at all scales at once. */
  settle(): void {
    // A group is let go together with all finer ones of it: nothing may point to a forgotten group.
    for (const [depthScale, changed] of this.#changed.entries()) {
      for (const group of changed) {
        group.isChanged = false;
        if (group.quantity === 0) this.#groups[depthScale]!.delete(group.price);
      }
      changed.length = 0;
    }
  }

  #isBetter(group: Group, than: Group): boolean {
    return this.#isAsks ? group.price < than.price : group.price > than.price;
  }

  /** Where a group belongs among others that are in order. */
  #placeIn(ordered: readonly Group[], group: Group): number {
    let from = 0;
    for (let to = ordered.length; from < to; ) {
      const middle = (from + to) >>> 1;
      if (this.#isBetter(group, ordered[middle]!)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** What rests at groups. */
  #levels(groups: readonly DepthLevel[]): readonly DepthLevel[] {
    return this.#changesOf(groups.filter(({ quantity }) => quantity !== 0));
  }

  #changesOf(groups: readonly DepthLevel[]): readonly DepthLevel[] {
    const levels = groups.map(({ price, quantity }) => ({ price, quantity }));
    return levels.sort((a, b) => (this.#isAsks ? a.price - b.price : b.price - a.price));
  }

  /** The group of a scale that a price, or a group of the next finer scale, is part of. */
  #group(price: number, depthScale: number): Group {
    const rounded = this.#round(price, powersOfTen[depthScale]!);
    const groups = this.#groups[depthScale]!;
    const known = groups.get(rounded);
    if (known !== undefined) return known;
    const isCoarsest = depthScale + 1 === this.#groups.length;
    const coarser = isCoarsest ? undefined : this.#group(rounded, depthScale + 1);
    const group: Group = {
      price: rounded,
      quantity: 0,
      coarser,
      isChanged: false,
      settled: 0,
      wasRead: false,
    };
    groups.set(rounded, group);
    return group;
  }

  /** Asks up and bids down (D-C46), so that a group never looks better than its orders. */
  #round(price: number, unit: number): number {
    const rest = price % unit;
    return rest > 0 && this.#isAsks ? price - rest + unit : price - rest;
  }
}

/** Whether a changed group is not what it was at the last settling. */
function isOther({ quantity, settled }: Group): boolean {
  return quantity !== settled;
}
