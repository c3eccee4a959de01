/**
 * Remembers which trade ids of which venue were counted and for what, so that a repeated trade is
 * counted once and another trade under a used id is counted too. Venues number their trades one after
 * another, so a run of ids costs one number each.
 */
import { barIntervalUs } from "./bar-update.ts";
import type { Trade } from "./trade.ts";

/** Most ids outside the run that are remembered for one bar and venue; later ones are not. */
export const seenIdsMax = 4_000_000;

/** Most venues of one bar whose ids are told apart. */
export const seenVenuesMax = 64;

/** What is known of an id: not seen, seen with the same content, or seen on another trade. */
export type SeenVerdict = "new" | "same" | "other";

const word = 2 ** 32;
/** The largest prime below 2 ** 32. */
const wordPrime = 4_294_967_291n;

/** Numbers of sides, apart from each other. */
const sideNumbers: Readonly<Record<Trade["aggressor"], number>> = { buy: 1, sell: 2, unknown: 3 };

/**
 * A trade's content in 32 bits: time within its minute, price, quantity and side, but not when it was
 * received. Two trades of a minute that differ almost never have the same: one pair in 4 · 10⁹.
 */
export function contentPrint(trade: Omit<Trade, "instrument" | "receiveTimeUs">): number {
  const time = ((trade.eventTimeUs % barIntervalUs) << 2) | sideNumbers[trade.aggressor];
  const scales = (trade.priceScale << 8) | trade.quantityScale;
  // Odd multipliers map 32 bits onto 32 bits, and independent ones can be multiplied side by side.
  return (
    Math.imul(time, 0x9e37_79b1) ^
    Math.imul(scales, 0x27d4_eb2f) ^
    spread(trade.price, 0x85eb_ca77) ^
    spread(trade.quantity, 0xc2b2_ae3d)
  );
}

function spread(value: number | bigint, multiplier: number): number {
  if (typeof value === "number") {
    const low = Math.imul(value | 0, multiplier);
    return value < word ? low : low ^ Math.imul((value / word) | 0, multiplier ^ 0x1656_67b0);
  }
  return Math.imul(Number(value % wordPrime) | 0, multiplier);
}

class SeenIds {
  readonly venue: string;
  #first = 0;
  /** Prints of the run of ids that begins with `#first`: small integers, which cost eight bytes each. */
  readonly #prints: number[] = [];
  #others: Map<number | string, number> | undefined;
  /** Id and print of trades whose id another trade had before. */
  #again: Set<string> | undefined;

  constructor(venue: string) {
    this.venue = venue;
  }

  look(id: number | string, print: number): SeenVerdict {
    const known = this.#printOf(id);
    if (known === undefined) return "new";
    return known === print || this.#again?.has(`${id}/${print}`) === true ? "same" : "other";
  }

  add(id: number | string, print: number): void {
    if (typeof id === "number" && this.#extendsRun(id)) {
      this.#prints.push(print);
      return;
    }
    if (this.#printOf(id) !== undefined) {
      this.#again ??= new Set();
      if (this.#again.size < seenIdsMax) this.#again.add(`${id}/${print}`);
      return;
    }
    this.#others ??= new Map();
    if (this.#others.size < seenIdsMax) this.#others.set(id, print);
  }

  #extendsRun(id: number): boolean {
    if (this.#prints.length === 0) this.#first = id;
    return id === this.#first + this.#prints.length && this.#others?.has(id) !== true;
  }

  #printOf(id: number | string): number | undefined {
    const ofRun = typeof id === "number" ? this.#prints[id - this.#first] : undefined;
    return ofRun ?? this.#others?.get(id);
  }
}

/** The trade ids that one bar holds. */
export class SeenTrades {
  readonly #venues: SeenIds[] = [];
  /** The venue that was added to last: nearly always the one that is asked for. */
  #recent: SeenIds | undefined;

  look(venue: string, id: number | string, print: number): SeenVerdict {
    return this.#of(venue)?.look(id, print) ?? "new";
  }

  add(venue: string, id: number | string, print: number): void {
    let ids = this.#of(venue);
    if (ids === undefined) {
      if (this.#venues.length >= seenVenuesMax) return;
      ids = new SeenIds(venue);
      this.#venues.push(ids);
    }
    this.#recent = ids;
    ids.add(id, print);
  }

  #of(venue: string): SeenIds | undefined {
    if (this.#recent?.venue === venue) return this.#recent;
    for (const ids of this.#venues) {
      if (ids.venue === venue) return ids;
    }
    return undefined;
  }
}
