/**
 * Recorded order flow of real exchanges, run through ours: submissions and cancels as they were, and
 * each recorded execution as a marketable order. The recordings are not part of the repository; they
 * are looked for in `../shared/data` and in the folder that OPENBOURSE_TEST_DATA names.
 */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Command } from "./commands.ts";
import type { ExchangeEvent, Traded } from "./events.ts";
import { Exchange } from "./exchange.ts";
import type { Side } from "./market/rules.ts";
import { type Decimal, parseDecimal, rescale } from "./num/decimal.ts";
import type { Lots, Ticks } from "./num/units.ts";
import { money, noFees, rulesOf } from "./scenario.contract.ts";

const folder =
  process.env["OPENBOURSE_TEST_DATA"] ??
  new URL("../../../../shared/data", import.meta.url).pathname;
const hasData = existsSync(`${folder}/orderflow`);
const title = hasData ? "recorded order flow" : `recorded order flow (skipped: no ${folder})`;

function linesOf(file: string): string[] {
  const bytes = gunzipSync(readFileSync(`${folder}/orderflow/${file}`));
  return bytes.toString("utf8").trimEnd().split("\n");
}

const market = "BTC_USDT";

/** One market in which one user buys, another one sells, and neither runs out of money. */
class Venue {
  readonly exchange = new Exchange({
    fees: noFees,
    limits: { openOrdersMax: 65_536, openOrdersPerUserMax: 65_536 },
  });

  readonly #open = new Map<number, number>();

  constructor(tickSize: Decimal, lotSize: Decimal) {
    const most = {
      baseMax: (10 ** 15) as Lots,
      quoteMin: money("0"),
      quoteMax: money(`${10n ** 17n}`),
    };
    this.apply({
      kind: "add-market",
      rules: rulesOf("BTC", "USDT", { tickSize, lotSize, ...most }),
    });
    for (const user of ["buyer", "seller"]) {
      for (const currency of ["BTC", "USDT"]) {
        const amount = money(`${10n ** 17n}`);
        this.apply({ kind: "deposit", user, currency, amount, key: currency });
      }
    }
  }

  apply(command: Command): readonly ExchangeEvent[] {
    const sequence = this.exchange.sequence + 1;
    const events = this.exchange.apply({ sequence, timeUs: sequence, command });
    for (const event of events) {
      if (event.kind === "order-closed") this.#open.delete(event.order.id);
      else if (event.kind === "order-opened" || event.kind === "order-updated") {
        this.#open.set(event.order.id, event.order.quantity - event.order.filled);
      }
    }
    return events;
  }

  /** Rests an order under the recording's id; returns ours. */
  place(order: { side: Side; price: number; quantity: number; ioc?: boolean }) {
    const { side } = order;
    const user = side === "buy" ? "buyer" : "seller";
    const events = this.apply({
      kind: "place-limit",
      user,
      market,
      side,
      price: order.price as Ticks,
      quantity: order.quantity as Lots,
      timeInForce: order.ioc === true ? "ioc" : "gtc",
    });
    const trades = events.filter((event): event is Traded => event.kind === "traded");
    return { id: this.exchange.sequence, trades };
  }

  /** Takes lots off an open order. */
  reduce(id: number, side: Side, by: number): void {
    const user = side === "buy" ? "buyer" : "seller";
    const [event] = this.apply({ kind: "reduce-order", user, order: { id }, by: by as Lots });
    expect(event?.kind).not.toBe("refused");
  }

  /** Lots that an order of ours has left. */
  remaining(id: number): number {
    return this.#open.get(id) ?? 0;
  }

  best(side: Side): { price: number; quantity: number } {
    return this.exchange.depth(market, side, 1)[0] ?? { price: 0, quantity: 0 };
  }
}

/**
 * The recording's orders on our venue. Where ours executes another order than the recording, both
 * are mended, so that one difference does not cause the next ones: an order of ours may then consist
 * of several parts.
 */
class Orders {
  readonly #venue: Venue;
  readonly #parts = new Map<string, number[]>();
  readonly #names = new Map<number, string>();
  readonly #sides = new Map<string, Side>();
  readonly #prices = new Map<string, number>();

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  place(name: string, order: { side: Side; price: number; quantity: number }): void {
    const { id } = this.#venue.place(order);
    this.#parts.set(name, [...(this.#parts.get(name) ?? []), id]);
    this.#names.set(id, name);
    this.#sides.set(name, order.side);
    this.#prices.set(name, order.price);
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  /** Lots that an order has left. */
  remaining(name: string): number {
    const parts = this.#parts.get(name) ?? [];
    return parts.reduce((sum, part) => sum + this.#venue.remaining(part), 0);
  }

  /** The latest price that an order was placed at. */
  priceOf(name: string): number | undefined {
    return this.#prices.get(name);
  }

  nameOf(id: number): string {
    return this.#names.get(id) ?? "";
  }

  /** Takes lots off an order; false when it has not that many. */
  reduce(name: string, by: number): boolean {
    let left = by;
    for (const part of this.#parts.get(name) ?? []) {
      const open = this.#venue.remaining(part);
      if (open > 0) this.#venue.reduce(part, this.#sides.get(name)!, Math.min(open, left));
      left -= Math.min(open, left);
      if (left === 0) return true;
    }
    return false;
  }
}

/** How an execution came out: as recorded, in another order of the queue, or at another price. */
type Outcome = "exact" | "queue" | "price";

interface Execution {
  readonly name: string;
  /** Side of the resting order. */
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** Sends a recorded execution as a marketable order and mends what comes out differently. */
function execute(venue: Venue, orders: Orders, recorded: Execution): Outcome {
  const { name, side, price, quantity } = recorded;
  const against = side === "buy" ? "sell" : "buy";
  const { trades } = venue.place({ side: against, price, quantity, ioc: true });
  const right = trades.filter(({ maker }) => orders.nameOf(maker) === name);
  const done = right.reduce((sum, trade) => sum + trade.quantity, 0);
  if (done === quantity) return "exact";
  for (const trade of trades) {
    const other = orders.nameOf(trade.maker);
    // An order at a better price than the recorded best one should not be there at all.
    if (other !== name && trade.price === price) {
      orders.place(other, { side, price, quantity: trade.quantity });
    }
  }
  orders.reduce(name, quantity - done);
  return trades.some((trade) => trade.price !== price) || trades.length === 0 ? "price" : "queue";
}

describe.skipIf(!hasData)(title, () => {
  it("Nasdaq AAPL: executes the recorded orders and keeps the recorded best quotes", () => {
    const prefix = "lobster-aapl-2012-06-21";
    const messages = linesOf(`${prefix}-0930-1015.message50.csv.gz`);
    const quotes = linesOf(`${prefix}-0930-1015.bbo.csv.gz`);
    const [opening = ""] = linesOf(`${prefix}-first999.message10-orderbook10.csv.gz`);
    const venue = new Venue({ coefficient: 1, scale: 4 }, { coefficient: 1, scale: 0 });
    const orders = new Orders(venue);
    seedNasdaq(orders, opening);
    const counts = {
      exact: 0,
      queue: 0,
      price: 0,
      unknown: 0,
      strayCancels: 0,
      quotes: 0,
      equal: 0,
    };

    for (const message of messages) {
      const [, type, id = "", size, priceText, direction] = message.split(",");
      const side: Side = direction === "1" ? "buy" : "sell";
      const [price, quantity] = [Number(priceText), Number(size)];
      // An order from before the open goes by its price: only the levels were recorded.
      const name = orders.has(id) ? id : `${side} ${price}`;
      if (type === "1") orders.place(id, { side, price, quantity });
      else if (type === "2" || type === "3") {
        if (!orders.reduce(name, quantity)) counts.strayCancels += 1;
      } else if (type === "4") {
        if (orders.has(name)) counts[execute(venue, orders, { name, side, price, quantity })] += 1;
        else counts.unknown += 1;
      }
      if (quotes[counts.quotes]?.startsWith(`${message},`)) {
        const [ask, bid] = [venue.best("sell"), venue.best("buy")];
        const ours = [message, ask.price, ask.quantity, bid.price, bid.quantity].join(",");
        if (quotes[counts.quotes] === ours) counts.equal += 1;
        counts.quotes += 1;
      }
    }

    venue.exchange.checkInvariants();
    // `queue`: Nasdaq itself executed an order that was not the oldest of its price. `strayCancels`:
    // orders from before the open, deeper than the ten levels that are known of it. The 18 quotes
    // that differ are the recording's own slip (its README names the seconds).
    expect(counts).toEqual({
      exact: 3_343,
      queue: 15,
      price: 0,
      unknown: 0,
      strayCancels: 39,
      quotes: 21_312,
      equal: 21_294,
    });
  });

  it("Bitstamp BTC/USD: matches what was submitted as the exchange itself did", () => {
    const lines = linesOf("bitstamp-btcusd-2015-05-01.l3.log.gz").map(parseBitstamp);
    const venue = new Venue({ coefficient: 1, scale: 2 }, { coefficient: 1, scale: 8 });
    const orders = new Orders(venue);
    const counts = { executions: 0, exact: 0, cancels: 0, intact: 0, books: 0, bids: 0, asks: 0 };
    const seedAt = lines.findIndex(({ kind }) => kind === "order_book");
    for (const side of ["buy", "sell"] as const) {
      for (const [price, quantity] of lines[seedAt]?.book[side] ?? []) {
        orders.place(`${side} ${price}`, { side, price, quantity });
      }
    }

    // Bitstamp tells a sweep fill by fill, we do it at once: what an order has left is compared when
    // the next book is published.
    const executed = new Map<string, BitstampLine>();
    for (const line of lines.slice(seedAt + 1)) {
      const { kind, name, side, price, quantity, book } = line;
      if (kind === "order_created") orders.place(name, { side, price, quantity });
      else if (kind === "order_deleted" && quantity > 0) {
        const known = orders.has(name) ? name : `${side} ${price}`;
        counts.cancels += 1;
        if (orders.remaining(known) === quantity) counts.intact += 1;
        orders.reduce(known, known === name ? orders.remaining(name) : quantity);
        executed.delete(name);
      } else if (kind === "order_changed" || kind === "order_deleted") {
        const isNewPrice = quantity > 0 && price !== orders.priceOf(name);
        if (isNewPrice && orders.remaining(name) === quantity) {
          orders.reduce(name, quantity);
          orders.place(name, { side, price, quantity });
        } else if (orders.has(name)) executed.set(name, line);
      } else if (kind === "order_book") {
        for (const last of executed.values()) {
          counts.executions += 1;
          if (mend(orders, last)) counts.exact += 1;
        }
        executed.clear();
        counts.books += 1;
        if (venue.best("buy").price === book.buy[0]?.[0]) counts.bids += 1;
        if (venue.best("sell").price === book.sell[0]?.[0]) counts.asks += 1;
      }
    }

    venue.exchange.checkInvariants();
    // Most executions that differ belong to orders whose price their owner was changing in the same
    // moment; cancels that differ are mostly of orders deeper than the twenty levels of the first book.
    expect(counts).toEqual({
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

/** Rests the levels that stood before the first message, each as one order. */
function seedNasdaq(orders: Orders, opening: string): void {
  const [, , , firstSize, firstPrice] = opening.split(",").map(Number);
  const levels = opening.split(",").slice(6).map(Number);
  for (let index = 0; index < levels.length; index += 2) {
    const [price = 0, quantity = 0] = levels.slice(index, index + 2);
    const side = index % 4 === 0 ? "sell" : "buy";
    if (side === "buy" && price === firstPrice && quantity === firstSize) continue;
    orders.place(`${side} ${price}`, { side, price, quantity });
  }
}
