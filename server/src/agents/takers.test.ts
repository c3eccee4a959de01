import { describe, expect, it } from "vitest";
import type { Command, PlaceLimit } from "../core/commands.ts";
import type { OrderClosed } from "../core/events.ts";
import { noAtoms } from "../core/num/money.ts";
import type { Lots } from "../core/num/units.ts";
import { Random } from "../simulation/random.ts";
import type { MarketView } from "./agent.ts";
import { BookView } from "./book-view.ts";
import { stepsPerSecond } from "./parts.ts";
import { MomentumTaker, NoiseTaker, ValueTaker } from "./takers.ts";

const sizes = { within: (wanted: number) => Math.round(wanted) as Lots };
const random = () => new Random(1, "taker");

/** A book of one level a side, 1 tick around a middle; cells of 10 ticks; worth what the test says. */
function marketAt(middle: number, worth: number = middle): MarketView {
  const book = new BookView();
  book.change("buy", { price: middle - 1, quantity: 5_000 });
  book.change("sell", { price: middle + 1, quantity: 300 });
  const shape = { sizes, medianLots: 100, cellTicks: 10, intensity: 1, unrest: 1 };
  return { code: "AAA_BBB", book, fairTicks: worth, quoteTicks: worth, ...shape };
}

const limits = (commands: readonly Command[]) => commands as readonly PlaceLimit[];

/** What the exchange says of an order that was filled at once. */
function filled({ user, market, side, price, quantity }: PlaceLimit): OrderClosed {
  const sums = { value: noAtoms, filledValue: noAtoms, stopPrice: 0, createdUs: 0 };
  const order = { id: 1, user, market, side, price, quantity, filled: quantity, ...sums };
  return {
    kind: "order-closed",
    order: { ...order, type: "limit", clientId: undefined },
    reason: "filled",
  };
}

describe("a momentum taker", () => {
  it("buys into a rise, keeps what it has, sells it when the rise is over, and the same downwards", () => {
    const taker = new MomentumTaker("follower", random());
    const deeds: string[] = [];
    const turns = (count: number, middle: number) => {
      for (let turn = 0; turn < count; turn += 1) {
        for (const order of limits(taker.act(taker.nextStep, marketAt(middle)))) {
          deeds.push(`${order.side} ${order.quantity} at ${order.price} ${order.timeInForce}`);
          taker.observe(filled(order));
        }
      }
    };

    turns(10, 10_000);
    expect(deeds).toEqual([]);
    turns(4, 10_100);
    expect(deeds).toEqual(["buy 600 at 10121 ioc"]);
    turns(30, 10_100);
    expect(deeds.splice(0)).toEqual(["buy 600 at 10121 ioc", "sell 600 at 10079 ioc"]);
    turns(40, 10_000);
    expect(deeds).toEqual(["sell 600 at 9979 ioc", "buy 600 at 10021 ioc"]);
  });

  it("does nothing in a market without two sides", () => {
    const taker = new MomentumTaker("follower", random());
    const market = { ...marketAt(10_000), book: new BookView() };

    for (let turn = 0; turn < 10; turn += 1) {
      expect(taker.act(taker.nextStep, market)).toEqual([]);
    }
  });
});

describe("a value taker", () => {
  it.each([
    ["leaves a fair book alone", 10_000, []],
    ["leaves an offer alone that is only a little better than fair", 10_020, []],
    ["buys no more than is offered", 10_040, ["buy 300 at 10015"]],
    ["sells no more than some ordinary orders", 9_960, ["sell 1000 at 9985"]],
  ])("%s", (_, worth, expected) => {
    const orders = limits(new ValueTaker("hunter", random()).act(1, marketAt(10_000, worth)));

    expect(orders.map(({ side, quantity, price }) => `${side} ${quantity} at ${price}`)).toEqual(
      expected,
    );
    expect(orders.every(({ timeInForce }) => timeInForce === "ioc")).toBe(true);
  });
});

describe("a noise taker", () => {
  const crowd = () =>
    new NoiseTaker({ user: "crowd", tradesPerSecond: 4, notionalAtoms: 10n }, random());
  const hours = 3;

  function act(market: MarketView): Command[] {
    const taker = crowd();
    const commands: Command[] = [];
    while (taker.nextStep < hours * 3_600 * stepsPerSecond) {
      commands.push(...taker.act(taker.nextStep, market));
    }
    return commands;
  }

  it("comes at the mean rate and buys as often as it sells, in all the ways there are", () => {
    const commands = act(marketAt(10_000));
    const perSecond = commands.length / (hours * 3_600);
    const share = (of: (command: Command) => boolean) =>
      commands.filter(of).length / commands.length;

    // Four trades a second are two and a half orders.
    expect(perSecond).toBeGreaterThan(2.4);
    expect(perSecond).toBeLessThan(2.6);
    expect(share((command) => "side" in command && command.side === "buy")).toBeCloseTo(0.5, 1);
    expect(share(({ kind }) => kind === "place-limit")).toBeCloseTo(0.25, 1);
    expect(share((command) => "size" in command && "value" in command.size)).toBeCloseTo(0.11, 1);
  });

  it("comes twice as often when the market is twice as busy", () => {
    const calm = act(marketAt(10_000)).length;
    const busy = act({ ...marketAt(10_000), intensity: 2 }).length;

    expect(busy / calm).toBeGreaterThan(1.9);
    expect(busy / calm).toBeLessThan(2.1);
  });

  it("finds nothing to take in an empty book", () => {
    expect(act({ ...marketAt(10_000), book: new BookView() })).toEqual([]);
  });

  it("does not come all at once after a time in which it could not act", () => {
    const later = 1_000_000;

    expect(crowd().act(later, marketAt(10_000)).length).toBeLessThanOrEqual(3);
  });
});
