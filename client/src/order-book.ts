/**
 * The order book of one market at one scale, built from a whole book and its changes. It holds exact texts, best
 * price first, and says when what it was told cannot be true; it never shows a book that it knows to be wrong as whole.
 */

import { crc32 } from "./crc32.ts";

/** A price and the quantity there. */
export type Level = readonly [price: string, quantity: string];

/** What a server says of a book. */
export interface DepthUpdate {
  readonly market: string;
  readonly scale: number;
  readonly timeMs: number;
  /** Whether this is the whole book rather than changes. */
  readonly isWhole: boolean;
  /** Absolute quantities; 0 takes the price away. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Why a book is wrong. */
export type BookFault =
  /** Changes came before a whole book. */
  | "not-whole"
  /** Somebody would sell for less than somebody would pay. */
  | "crossed"
  /** A price was taken away that is not there, so something before it is missing. */
  | "unknown-level"
  /** It is older than the one before it. */
  | "out-of-order"
  /** A price or quantity is no plain decimal, or there are too many. */
  | "unreadable"
  /** Its best levels are not those of the server. */
  | "checksum";

/** Levels of each side that a checksum is over. */
const checkedLevels = 10;
/** Most levels of a side. */
const levelsMax = 100_000;
/** Digits before and after the point of what can be sorted. */
const wholeDigitsMax = 24;
const decimal = /^(\d{1,24})(?:\.(\d{1,40}))?$/;
const zero = /^0+(\.0+)?$/;

/** Texts of equal length before the point are in order as texts. */
function sortKey(price: string): string | undefined {
  const match = decimal.exec(price);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  return `${whole.padStart(wholeDigitsMax, "0")}.${fraction.replace(/0+$/, "")}`;
}

/** One side, best price first. */
class Side {
  readonly levels: Level[] = [];
  readonly #keys: string[] = [];
  readonly #isBetter: (key: string, other: string) => boolean;

  constructor(isBetter: (key: string, other: string) => boolean) {
    this.#isBetter = isBetter;
  }

  get bestKey(): string | undefined {
    return this.#keys[0];
  }

  clear(): void {
    this.levels.length = 0;
    this.#keys.length = 0;
  }

  set(level: Level): BookFault | undefined {
    const key = sortKey(level[0]);
    if (key === undefined || !decimal.test(level[1])) return "unreadable";
    const at = this.#placeOf(key);
    const isThere = this.#keys[at] === key;
    if (zero.test(level[1])) {
      if (!isThere) return "unknown-level";
      this.levels.splice(at, 1);
      this.#keys.splice(at, 1);
      return undefined;
    }
    if (isThere) this.levels[at] = level;
    else if (this.levels.length >= levelsMax) return "unreadable";
    else {
      this.levels.splice(at, 0, level);
      this.#keys.splice(at, 0, key);
    }
    return undefined;
  }

  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBetter(this.#keys[middle] ?? "", key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** See the head of the file. */
export class OrderBook {
  readonly market: string;
  readonly scale: number;
  readonly #bids = new Side((key, other) => key > other);
  readonly #asks = new Side((key, other) => key < other);
  #isWhole = false;
  #timeMs = 0;
  /** A whole book may already have what the first changes after it take away. */
  #isFirstChange = false;

  constructor(market: string, scale: number) {
    this.market = market;
    this.scale = scale;
  }

  /** Whether a whole book came and nothing has been wrong since. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The server's time of the last update, in milliseconds since 1970; 0 before the first. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** All bids, best price first. The list changes with the book: copy what is to be kept. */
  get bids(): readonly Level[] {
    return this.#bids.levels;
  }

  /** All asks, best price first, as {@link bids}. */
  get asks(): readonly Level[] {
    return this.#asks.levels;
  }

  get bestBid(): Level | undefined {
    return this.#bids.levels[0];
  }

  get bestAsk(): Level | undefined {
    return this.#asks.levels[0];
  }

  /** The best levels of each side, to keep. */
  top(count: number): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    return { bids: this.bids.slice(0, count), asks: this.asks.slice(0, count) };
  }

  /** CRC-32 of the digits of the ten best asks and bids (Kraken's rule). */
  get checksum(): number {
    const best = [...this.asks.slice(0, checkedLevels), ...this.bids.slice(0, checkedLevels)];
    const digits = (number: string) => number.replace(".", "").replace(/^0+/, "");
    return crc32(best.map(([price, quantity]) => digits(price) + digits(quantity)).join(""));
  }

  /** What is known is not to be relied on until the next whole book. */
  distrust(): void {
    this.#isWhole = false;
  }

  /**
   * Takes an update in, after which the book has a checksum where the server tells one. After a fault the book is not
   * whole until a whole one comes.
   */
  apply(update: DepthUpdate, checksum?: number): BookFault | undefined {
    const isOther = () => checksum !== undefined && checksum !== this.checksum;
    const fault = this.#take(update) ?? (isOther() ? "checksum" : undefined);
    if (fault !== undefined) this.#isWhole = false;
    return fault;
  }

  #take(update: DepthUpdate): BookFault | undefined {
    const { isWhole, timeMs } = update;
    if (isWhole) {
      this.#bids.clear();
      this.#asks.clear();
    } else if (!this.#isWhole) return "not-whole";
    else if (timeMs < this.#timeMs) return "out-of-order";
    this.#timeMs = timeMs;
    const mayRepeat = !isWhole && this.#isFirstChange;
    this.#isFirstChange = isWhole;
    const fault =
      this.#setAll(this.#bids, update.bids, mayRepeat) ??
      this.#setAll(this.#asks, update.asks, mayRepeat) ??
      this.#crossing();
    if (fault === undefined) this.#isWhole = true;
    return fault;
  }

  #setAll(side: Side, levels: readonly Level[], mayRepeat: boolean): BookFault | undefined {
    for (const level of levels) {
      const fault = side.set(level);
      if (fault !== undefined && !(mayRepeat && fault === "unknown-level")) return fault;
    }
    return undefined;
  }

  #crossing(): BookFault | undefined {
    const bid = this.#bids.bestKey;
    const ask = this.#asks.bestKey;
    return bid !== undefined && ask !== undefined && bid >= ask ? "crossed" : undefined;
  }
}
