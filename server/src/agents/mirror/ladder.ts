/** Where a mirror's offers belong, and the fewest commands that bring them there. */
import type { Command } from "../../core/commands.ts";
import type { Side } from "../../core/market/rules.ts";
import { type Lots, ticks } from "../../core/num/units.ts";

/** An open order of the mirror. */
export interface Offer {
  readonly id: number;
  readonly price: number;
  /** What is left of it, in lots. */
  readonly lots: number;
}

/** Where an offer belongs. */
export interface Target {
  readonly price: number;
  readonly lots: number;
  /** So many ticks from there are good enough: an offer that stays keeps its place in the queue. */
  readonly toleranceTicks: number;
}

/** Whose offers in which market. */
export interface Offering {
  readonly user: string;
  readonly market: string;
  readonly side: Side;
}

/** Offers that are good enough stay; the others are moved to where one is missing, or taken back. */
export function planSide(
  { user, market, side }: Offering,
  offers: readonly Offer[],
  targets: readonly Target[],
): Command[] {
  const free = new Set(offers);
  const unmet = targets.filter((target) => {
    const fit = [...free].find((offer) => fits(offer, target));
    return fit === undefined || !free.delete(fit);
  });
  const commands: Command[] = [];
  const timeInForce = "post-only";
  // The one that is nearest to the other side first: it is what others would take.
  const sign = side === "buy" ? -1 : 1;
  for (const { id } of [...free].toSorted((one, other) => sign * (one.price - other.price))) {
    const target = unmet.shift();
    const order = { id };
    if (target === undefined) commands.push({ kind: "cancel-order", user, order });
    else {
      const [price, quantity] = [ticks(target.price), target.lots as Lots];
      commands.push({ kind: "replace-order", user, order, price, quantity, timeInForce });
    }
  }
  for (const target of unmet) {
    const [price, quantity] = [ticks(target.price), target.lots as Lots];
    commands.push({ kind: "place-limit", user, market, side, price, quantity, timeInForce });
  }
  return commands;
}

/** One that was half taken is made whole again. */
function fits({ price, lots }: Offer, target: Target): boolean {
  const isNear = Math.abs(price - target.price) <= target.toleranceTicks;
  return isNear && lots <= target.lots && lots * 2 >= target.lots;
}
