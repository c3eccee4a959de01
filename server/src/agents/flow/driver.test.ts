/** A recorded day on a real exchange: the recorded book, a user in its queues, and the same fills again. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import type { ExchangeEvent, Traded } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { Side } from "../../core/market/rules.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { exchangeWith, money, rulesOf } from "../../core/scenario.fixture.ts";
import type { FlowEvent } from "../../ports/order-flow.ts";
import { FlowDriver, type FlowModel, flowNames } from "./driver.ts";

const market = "BTC_USDT";
const model: FlowModel = { fills: "at-price", cancels: "behind" };

/** A market with steps of 1, a recording and Ann. */
class Day {
  readonly exchange: Exchange = exchangeWith({ limits: { openOrdersMax: 1_024 } });
  readonly driver: FlowDriver;
  readonly events: ExchangeEvent[] = [];
  #atUs = 1;

  constructor(changes: Partial<FlowModel> = {}) {
    const rules = rulesOf("BTC", "USDT");
    this.driver = new FlowDriver(
      rules,
      { ...model, ...changes },
      {
        submit: (command) => this.submit(command),
        left: (user, id) => {
          const order = this.exchange.openOrder(user, id);
          return order === undefined ? 0 : order.quantity - order.filled;
        },
      },
    );
    this.submit({ kind: "add-market", rules });
    for (const user of [...Object.values(flowNames(market)), "ann"]) {
      for (const currency of ["BTC", "USDT"]) {
        this.submit({ kind: "deposit", user, currency, amount: money("1000000"), key: currency });
      }
    }
    this.events.length = 0;
  }

  submit(command: Command): number {
    const sequence = this.exchange.sequence + 1;
    this.events.push(...this.exchange.apply({ sequence, timeUs: sequence, command }));
    return sequence;
  }

  play(...events: readonly object[]): void {
    for (const event of events) {
      this.#atUs += 1;
      for (const _ of this.driver.play({ atUs: this.#atUs, ...event } as FlowEvent));
    }
  }

  ann(side: Side, price: number, quantity: number): number {
    const terms = {
      side,
      price: ticks(price),
      quantity: lots(quantity),
      timeInForce: "gtc",
    } as const;
    return this.submit({ kind: "place-limit", user: "ann", market, ...terms });
  }

  annHas(id: number): number {
    const order = this.exchange.openOrder("ann", id);
    return order === undefined ? 0 : order.quantity - order.filled;
  }

  get trades(): readonly string[] {
    const isTrade = (event: ExchangeEvent): event is Traded => event.kind === "traded";
    return this.events
      .filter(isTrade)
      .map(({ quantity, price, makerUser }) => `${quantity}@${price} ${makerUser}`);
  }

  bids(): readonly string[] {
    return this.exchange
      .depth(market, "buy", 9)
      .map(({ price, quantity }) => `${quantity}@${price}`);
  }
}

const decimal = (coefficient: number) => ({ coefficient, scale: 0 });
const order = (kind: string, id: string, side: Side, quantity: number, price: number) => ({
  ...{ kind, id, side },
  ...{ quantity: decimal(quantity), price: decimal(price) },
});
const level = (price: number, quantity: number) => ({
  price: decimal(price),
  quantity: decimal(quantity),
});
const { buyer } = flowNames(market);

describe("recorded orders", () => {
  it("make the recorded book: they come, shrink, go and are executed", () => {
    const day = new Day();
    day.play(
      order("new", "a", "buy", 10, 100),
      order("new", "b", "buy", 20, 99),
      order("new", "c", "buy", 5, 100),
      order("reduced", "b", "buy", 8, 99),
      order("executed", "a", "buy", 4, 100),
      order("cancelled", "c", "buy", 5, 100),
    );
    expect(day.bids()).toEqual(["6@100", "12@99"]);
    expect(day.trades).toEqual([`4@100 ${buyer}`]);
    expect(day.driver.figures).toMatchObject({
      events: 6,
      unknown: 0,
      diverged: 0,
      displacedLots: 0,
    });
  });

  it("let a user wait in the queue behind those that were there, and before those that come", () => {
    const day = new Day();
    day.play(order("new", "a", "buy", 10, 100));
    const ann = day.ann("buy", 100, 7);
    day.play(order("new", "b", "buy", 10, 100), order("executed", "a", "buy", 10, 100));
    expect(day.annHas(ann)).toBe(7);
    day.play(order("executed", "b", "buy", 5, 100));
    expect(day.annHas(ann)).toBe(2);
    day.play(order("executed", "b", "buy", 5, 100));
    expect(day.annHas(ann)).toBe(0);
    // The recording's order is gone as it was recorded, though Ann traded in its place.
    expect(day.bids()).toEqual([]);
    expect(day.driver.figures).toMatchObject({ diverged: 0, displacedLots: 7 });
  });

  it("that a user has taken are missing to what is recorded of them later, which is counted and no failure", () => {
    const day = new Day();
    day.play(order("new", "a", "sell", 10, 101), order("new", "b", "sell", 10, 102));
    day.ann("buy", 101, 10);
    day.play(
      order("executed", "a", "sell", 4, 101),
      order("reduced", "a", "sell", 2, 101),
      order("cancelled", "a", "sell", 4, 101),
    );
    expect(day.driver.figures.diverged).toBe(3);
    expect(day.exchange.depth(market, "sell", 9)).toEqual([{ price: 102, quantity: 10 }]);
    day.exchange.checkInvariants();
  });

  it("that come where a user offers a better price trade with the user", () => {
    const day = new Day();
    const ann = day.ann("sell", 100, 3);
    day.play(order("new", "a", "buy", 10, 101), order("changed", "a", "buy", 10, 101));
    expect(day.annHas(ann)).toBe(0);
    expect(day.bids()).toEqual(["7@101"]);
  });

  it("are known from before the recording by the first book, and those of nowhere are counted", () => {
    const day = new Day();
    day.play(
      { kind: "snapshot", bids: [level(100, 10)], asks: [] },
      order("executed", "old", "buy", 4, 100),
      order("cancelled", "old", "buy", 3, 100),
      order("cancelled", "older", "buy", 3, 90),
    );
    expect(day.bids()).toEqual(["3@100"]);
    expect(day.driver.figures.unknown).toBe(1);
  });

  it("that nobody saw trade inside the spread, after those that everybody sees", () => {
    const day = new Day();
    day.play(order("new", "a", "buy", 10, 100));
    const ann = day.ann("buy", 102, 2);
    day.play({ kind: "hidden", side: "buy", price: decimal(102), quantity: decimal(5) });
    expect(day.annHas(ann)).toBe(0);
    expect(day.trades).toEqual(["2@102 ann", `3@102 ${buyer}`]);
    expect(day.bids()).toEqual(["10@100"]);
  });

  it("wait while the market is halted", () => {
    const day = new Day();
    day.play({ kind: "halted" });
    expect(day.exchange.markets()[0]?.halted).toBe(true);
    day.play({ kind: "resumed" }, order("new", "a", "buy", 10, 100));
    expect(day.bids()).toEqual(["10@100"]);
  });
});

describe("recorded depth", () => {
  const trade = (side: Side, quantity: number, price: number) => ({
    ...{ kind: "traded", side },
    ...{ quantity: decimal(quantity), price: decimal(price) },
  });
  const depth = (bids: readonly object[], asks: readonly object[] = []) => ({
    kind: "levels",
    bids,
    asks,
  });
  const begin = { kind: "snapshot", bids: [level(100, 10), level(99, 10)], asks: [level(103, 10)] };

  it("is the book at each update, whatever was traded between", () => {
    const day = new Day();
    day.play(begin, trade("sell", 4, 100), depth([level(100, 6), level(99, 0), level(98, 3)]));
    expect(day.bids()).toEqual(["6@100", "3@98"]);
    expect(day.trades).toEqual([`4@100 ${buyer}`]);
  });

  it.each([
    // Four of the ten before Ann are gone without a trade: did they stand before her or behind?
    ["behind", 5],
    ["ahead", 1],
  ] as const)(
    "fills whoever waits at a price when the queue before it is gone, cancels %s",
    (cancels, left) => {
      const day = new Day({ cancels });
      day.play(begin);
      const ann = day.ann("buy", 100, 5);
      day.play(depth([level(100, 20)]), depth([level(100, 16)]), trade("sell", 10, 100));
      expect(day.annHas(ann)).toBe(left);
    },
  );

  it("fills only what was traded through where that is the model", () => {
    const day = new Day({ fills: "through-price" });
    day.play(begin);
    const ann = day.ann("buy", 100, 5);
    day.play(trade("sell", 50, 100));
    expect(day.annHas(ann)).toBe(5);
    day.play(trade("sell", 15, 99));
    expect(day.annHas(ann)).toBe(0);
  });

  it("fills a user whom the recorded book passes", () => {
    const day = new Day();
    day.play(begin);
    const ann = day.ann("sell", 101, 5);
    day.play(depth([level(101, 8)], [level(103, 0), level(104, 1)]));
    expect(day.annHas(ann)).toBe(0);
    expect(day.bids()[0]).toBe("3@101");
  });

  it("does nothing before the first whole book", () => {
    const day = new Day();
    day.play(trade("sell", 4, 100), depth([level(100, 6)]));
    expect(day.bids()).toEqual([]);
    expect(day.driver.figures.unusable).toBe(2);
  });
});
