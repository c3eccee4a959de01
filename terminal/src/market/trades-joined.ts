/**
 * The newest trades of a market: those of before, which are asked for once, and those that are told since. A trade that is told has
 * no id, so the two are joined where the end of the one is the beginning of the other.
 */
import { type Direction, normalized, type TradeRow } from "@openbourse/client";

/** A trade as it is listed. Figures are exact texts; `timeMs` is milliseconds since 1970. */
export interface ListedTrade {
  readonly timeMs: number;
  readonly price: string;
  readonly quantity: string;
  readonly direction: Direction;
}

/** A line of the list: a trade, or a time in which some may be missing. */
export type TradeLine =
  | ({ readonly kind: "trade"; readonly seq: number } & ListedTrade)
  | { readonly kind: "gap"; readonly seq: number; readonly fromMs: number; readonly toMs: number };

/** Most lines that are kept. */
export const linesMax = 200;

/** The earlier trades without those that have been told too; both the oldest first. */
export function withoutTold(
  earlier: readonly ListedTrade[],
  told: readonly ListedTrade[],
): readonly ListedTrade[] {
  for (let count = Math.min(earlier.length, told.length); count > 0; count -= 1) {
    const end = earlier.slice(earlier.length - count);
    if (end.every((trade, index) => isSame(trade, told[index]))) {
      return earlier.slice(0, earlier.length - count);
    }
  }
  return earlier;
}

function isSame(a: ListedTrade, b: ListedTrade | undefined): boolean {
  return (
    b !== undefined &&
    Math.floor(a.timeMs / 1_000) === Math.floor(b.timeMs / 1_000) &&
    a.direction === b.direction &&
    isEqual(a.price, b.price) &&
    isEqual(a.quantity, b.quantity)
  );
}

/** Whether two figures are the same number, whichever zeros they are written with. */
function isEqual(a: string, b: string): boolean {
  return a === b || normalized(a) === normalized(b);
}

/** A trade of REST. */
export function listedTrade({ timeMs, price, quantity, direction }: TradeRow): ListedTrade {
  // REST pads its figures with zeros.
  return { timeMs, price: normalized(price), quantity: normalized(quantity), direction };
}

/** See the head of the file: the newest lines, the newest first. */
export class TradeList {
  #lines: TradeLine[] = [];
  #told: ListedTrade[] = [];
  #lastSeq = 0;

  /** The newest first. */
  get lines(): readonly TradeLine[] {
    return this.#lines;
  }

  told(trade: ListedTrade): void {
    if (this.#told.length < linesMax) this.#told.push(trade);
    this.#add({ kind: "trade", seq: this.#nextSeq(), ...trade });
  }

  gap(fromMs: number, toMs: number): void {
    this.#add({ kind: "gap", seq: this.#nextSeq(), fromMs, toMs });
  }

  /** Trades of before, the oldest first, that were asked for after those that are told began to come. */
  earlier(trades: readonly ListedTrade[]): void {
    const before = withoutTold(trades, this.#told);
    const lines = before.map((trade, index) => ({
      ...{ kind: "trade" as const, seq: index - before.length, ...trade },
    }));
    this.#lines = [...this.#lines, ...lines.reverse()].slice(0, linesMax);
  }

  #nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  #add(line: TradeLine): void {
    this.#lines.unshift(line);
    if (this.#lines.length > linesMax) this.#lines.length = linesMax;
  }
}
