/**
 * Remembers which trade ids of which venue were counted, so that a repeated trade is counted once.
 * Venues number their trades one after another, so a run of ids costs two integers.
 */

/** Most ids outside the run that are remembered for one bar and venue; later ones are not. */
export const seenIdsMax = 4_000_000;

/** Most venues of one bar whose ids are told apart. */
export const seenVenuesMax = 64;

class SeenIds {
  readonly venue: string;
  #first = 0;
  #last = -1;
  #others: Set<number | string> | undefined;

  constructor(venue: string) {
    this.venue = venue;
  }

  has(id: number | string): boolean {
    if (typeof id === "number" && id >= this.#first && id <= this.#last) return true;
    return this.#others?.has(id) ?? false;
  }

  add(id: number | string): void {
    if (typeof id === "number") {
      if (id === this.#last + 1 && this.#last >= this.#first) {
        this.#last = id;
        return;
      }
      if (this.#last < this.#first) {
        this.#first = id;
        this.#last = id;
        return;
      }
    }
    this.#others ??= new Set();
    if (this.#others.size < seenIdsMax) this.#others.add(id);
  }
}

/** The trade ids that one bar holds. */
export class SeenTrades {
  readonly #venues: SeenIds[] = [];
  /** The venue that was added to last: nearly always the one that is asked for. */
  #recent: SeenIds | undefined;

  has(venue: string, id: number | string): boolean {
    return this.#of(venue)?.has(id) ?? false;
  }

  add(venue: string, id: number | string): void {
    let ids = this.#of(venue);
    if (ids === undefined) {
      if (this.#venues.length >= seenVenuesMax) return;
      ids = new SeenIds(venue);
      this.#venues.push(ids);
    }
    this.#recent = ids;
    ids.add(id);
  }

  #of(venue: string): SeenIds | undefined {
    if (this.#recent?.venue === venue) return this.#recent;
    for (const ids of this.#venues) {
      if (ids.venue === venue) return ids;
    }
    return undefined;
  }
}
