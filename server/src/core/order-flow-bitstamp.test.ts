/**
 * Bitstamp's own order feed of BTC/USD: every submission enters as a limit order, and what we match
 * of it has to be what Bitstamp matched.
 */
import { describe, expect, it } from "vitest";
import type { Side } from "./market/rules.ts";
import { parseDecimal, rescale } from "./num/decimal.ts";
import { hasData, linesOf, Orders, title, Venue } from "./order-flow.fixture.ts";

/** The recording, line by line, and what came of it. */
class Replay {
  readonly venue = new Venue({ coefficient: 1, scale: 2 }, { coefficient: 1, scale: 8 });
  readonly counts = { executions: 0, exact: 0, cancels: 0, intact: 0, books: 0, bids: 0, asks: 0 };
  readonly #orders = new Orders(this.venue);
  /** Bitstamp tells a sweep fill by fill, we do it at once: compared when the next book comes. */
  readonly #executed = new Map<string, BitstampLine>();

  seed(book: BitstampLine["book"]): void {
    for (const side of ["buy", "sell"] as const) {
      for (const [price, quantity] of book[side]) {
        this.#orders.place(`${side} ${price}`, { side, price, quantity });
      }
    }
  }

  apply(line: BitstampLine): void {
    const { kind, name, quantity } = line;
    if (kind === "order_created") this.#orders.place(name, line);
    else if (kind === "order_deleted" && quantity > 0) this.#cancel(line);
    else if (kind === "order_changed" || kind === "order_deleted") this.#change(line);
    else if (kind === "order_book") this.#compare(line.book);
  }

  #cancel({ name, side, price, quantity }: BitstampLine): void {
    const isKnown = this.#orders.has(name);
    // An order from before the recording goes by its price: only the levels are known.
    const known = isKnown ? name : `${side} ${price}`;
    const left = this.#orders.remaining(known);
    this.counts.cancels += 1;
    if (left === quantity) this.counts.intact += 1;
    this.#orders.reduce(known, isKnown ? left : quantity);
    this.#executed.delete(name);
  }

  #change(line: BitstampLine): void {
    const { name, price, quantity } = line;
    const isNewPrice = quantity > 0 && price !== this.#orders.priceOf(name);
    if (isNewPrice && this.#orders.remaining(name) === quantity) {
      this.#orders.reduce(name, quantity);
      this.#orders.place(name, line);
    } else if (this.#orders.has(name)) this.#executed.set(name, line);
  }

  #compare(book: BitstampLine["book"]): void {
    for (const last of this.#executed.values()) {
      this.counts.executions += 1;
      if (mend(this.#orders, last)) this.counts.exact += 1;
    }
    this.#executed.clear();
    this.counts.books += 1;
    if (this.venue.best("buy").price === book.buy[0]?.[0]) this.counts.bids += 1;
    if (this.venue.best("sell").price === book.sell[0]?.[0]) this.counts.asks += 1;
  }
}

describe.skipIf(!hasData)(title, () => {
  it("Bitstamp BTC/USD: matches what was submitted as the exchange itself did", () => {
    const lines = linesOf("bitstamp-btcusd-2015-05-01.l3.log.gz").map(parseBitstamp);
    const firstBook = lines.findIndex(({ kind }) => kind === "order_book");
    const replay = new Replay();
    replay.seed(lines[firstBook]!.book);

    for (const line of lines.slice(firstBook + 1)) replay.apply(line);

    replay.venue.exchange.checkInvariants();
    // 125 of the cancels that differ are of orders from before the recording, deeper than the twenty
    // levels of its first book; 23 of the 28 executions that differ traded less here than there, for
    // example because they met such an order at Bitstamp.
    expect(replay.counts).toEqual({
      executions: 741,
      exact: 713,
      cancels: 19_876,
      intact: 19_724,
      books: 4_105,
      bids: 4_075,
      asks: 4_102,
    });
  });
});

/** Gives an order the lots that the recording says it has left; true when it has them already. */
function mend(orders: Orders, { name, side, price, quantity }: BitstampLine): boolean {
  const ours = orders.remaining(name);
  if (ours > quantity) orders.reduce(name, ours - quantity);
  else if (ours < quantity) orders.place(name, { side, price, quantity: quantity - ours });
  return ours === quantity;
}

interface BitstampLine {
  readonly kind: string;
  readonly name: string;
  readonly side: Side;
  /** Cents. */
  readonly price: number;
  /** Units of 10⁻⁸ BTC. */
  readonly quantity: number;
  readonly book: Readonly<Record<Side, readonly (readonly [price: number, quantity: number])[]>>;
}

function parseBitstamp(line: string): BitstampLine {
  const [, kind = "", ...rest] = line.split(" ");
  const content = JSON.parse(rest.join(" "));
  const levels = (side: [string, string][] = []) =>
    side.map(([price, quantity]) => [unitsOf(price, 2), unitsOf(quantity, 8)] as const);
  return {
    kind,
    name: String(content.id),
    side: content.order_type === 0 ? "buy" : "sell",
    price: unitsOf(String(content.price ?? 0), 2),
    quantity: unitsOf(String(content.amount ?? 0), 8),
    book: { buy: levels(content.bids), sell: levels(content.asks) },
  };
}

function unitsOf(text: string, scale: number): number {
  const number = parseDecimal(text);
  if (typeof number === "string") return Number.NaN;
  return rescale(number.coefficient, number.scale, scale) ?? Number.NaN;
}
