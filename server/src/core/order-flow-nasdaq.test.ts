/**
 * LOBSTER's recording of AAPL at Nasdaq: submissions and cancels as they were, and each execution of
 * a visible order as a marketable order of that side, price and size.
 */
import { describe, expect, it } from "vitest";
import type { Side } from "./market/rules.ts";
import { hasData, linesOf, Orders, title, Venue } from "./order-flow.fixture.ts";

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

const prefix = "lobster-aapl-2012-06-21";

/** The recording, message by message, and what came of it. */
class Replay {
  readonly venue = new Venue({ coefficient: 1, scale: 4 }, { coefficient: 1, scale: 0 });
  readonly counts = {
    exact: 0,
    queue: 0,
    price: 0,
    unknown: 0,
    strayCancels: 0,
    quotes: 0,
    equal: 0,
  };
  readonly #orders = new Orders(this.venue);
  readonly #quotes = linesOf(`${prefix}-0930-1015.bbo.csv.gz`);

  constructor() {
    const [opening = ""] = linesOf(`${prefix}-first999.message10-orderbook10.csv.gz`);
    seed(this.#orders, opening);
  }

  apply(message: string): void {
    const [, type, id = "", size, priceText, direction] = message.split(",");
    const side: Side = direction === "1" ? "buy" : "sell";
    const [price, quantity] = [Number(priceText), Number(size)];
    // An order from before the open goes by its price: only the levels were recorded.
    const name = this.#orders.has(id) ? id : `${side} ${price}`;
    if (type === "1") this.#orders.place(id, { side, price, quantity });
    else if (type === "2" || type === "3") this.#reduce(name, quantity);
    else if (type === "4") this.#execute({ name, side, price, quantity });
    this.#compareQuotes(message);
  }

  #reduce(name: string, quantity: number): void {
    if (!this.#orders.reduce(name, quantity)) this.counts.strayCancels += 1;
  }

  #execute(recorded: Execution): void {
    if (!this.#orders.has(recorded.name)) this.counts.unknown += 1;
    else this.counts[execute(this.venue, this.#orders, recorded)] += 1;
  }

  #compareQuotes(message: string): void {
    const recorded = this.#quotes[this.counts.quotes];
    if (recorded?.startsWith(`${message},`) !== true) return;
    const [ask, bid] = [this.venue.best("sell"), this.venue.best("buy")];
    const ours = [message, ask.price, ask.quantity, bid.price, bid.quantity].join(",");
    if (recorded === ours) this.counts.equal += 1;
    this.counts.quotes += 1;
  }
}

describe.skipIf(!hasData)(title, () => {
  it("Nasdaq AAPL: executes the recorded orders and keeps the recorded best quotes", () => {
    const replay = new Replay();

    for (const message of linesOf(`${prefix}-0930-1015.message50.csv.gz`)) replay.apply(message);

    replay.venue.exchange.checkInvariants();
    // `queue`: Nasdaq itself executed an order that was not the oldest of its price. `strayCancels`:
    // orders from before the open, deeper than the ten levels that are known of it. The 18 quotes
    // that differ are the recording's own slip (its README names the seconds).
    expect(replay.counts).toEqual({
      exact: 3_343,
      queue: 15,
      price: 0,
      unknown: 0,
      strayCancels: 39,
      quotes: 21_312,
      equal: 21_294,
    });
  });
});

/** Rests the levels that stood before the first message, each as one order. */
function seed(orders: Orders, opening: string): void {
  const [, , , firstSize, firstPrice] = opening.split(",").map(Number);
  const levels = opening.split(",").slice(6).map(Number);
  for (let index = 0; index < levels.length; index += 2) {
    const [price = 0, quantity = 0] = levels.slice(index, index + 2);
    const side = index % 4 === 0 ? "sell" : "buy";
    if (side === "buy" && price === firstPrice && quantity === firstSize) continue;
    orders.place(`${side} ${price}`, { side, price, quantity });
  }
}
