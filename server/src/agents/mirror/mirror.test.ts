/** A market follows an outside price on a real exchange: nearness, silence, bounded wallets, restarts. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import type { ExchangeEvent } from "../../core/events.ts";
import type { Exchange } from "../../core/exchange.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { exchangeWith, money } from "../../core/scenario.fixture.ts";
import { Random } from "../../simulation/random.ts";
import { Mirror, mirrorNames } from "./mirror.ts";
import { OutsidePrice } from "./outside.ts";
import { type MirrorOptions, parseMirror } from "./setup.ts";

const market = "BTC_USDT";
const { maker, taker } = mirrorNames(market);
const secondUs = 1_000_000;

const options: MirrorOptions = {
  market,
  dataset: "venue",
  ticker: "BTC/USDT",
  tickSize: "0.5",
  lotSize: "0.001",
  levels: 5,
  size: "0.1",
  spreadPpm: 0,
  stepPpm: 100,
  seed: 7,
  staleSeconds: 10,
  whenStale: "pull",
  widenPpm: 10_000,
  trades: true,
};

/** An exchange with a mirror, at a virtual time. */
class House {
  readonly exchange: Exchange;
  readonly outside = new OutsidePrice("venue", "BTC/USDT");
  readonly mirror: Mirror;
  readonly events: ExchangeEvent[] = [];
  readonly commands: Command[] = [];
  nowUs: number;

  constructor(changes: Partial<MirrorOptions> = {}, exchange = newExchange(), nowUs = secondUs) {
    this.exchange = exchange;
    this.nowUs = nowUs;
    const rules = exchange.markets().find((one) => one.rules.code === market)?.rules;
    const setup = parseMirror({ ...options, ...changes }, rules);
    if (typeof setup === "string") throw new Error(setup);
    this.outside.life = () => ({ isRunning: true, heardUs: 0 });
    this.mirror = new Mirror(setup, this.outside, exchange);
    for (const command of this.mirror.setUp()) this.submit(command);
  }

  submit(command: Command): readonly ExchangeEvent[] {
    const stamped = { sequence: this.exchange.sequence + 1, timeUs: this.nowUs, command };
    const events = this.exchange.apply(stamped);
    this.commands.push(command);
    this.events.push(...events);
    this.mirror.observe({ ...stamped, events });
    return events;
  }

  quote(bid: number, ask: number): void {
    this.outside.quoted({ bid, ask, priceScale: 2 }, this.nowUs);
  }

  trade(price: number, quantity: number, aggressor: "buy" | "sell" | "unknown" = "unknown"): void {
    const told = { price, priceScale: 2, quantity, quantityScale: 4, eventTimeUs: this.nowUs };
    this.outside.traded({ ...told, aggressor }, this.nowUs);
  }

  /** Looks ten times a second. */
  run(seconds = 0.3): void {
    for (let look = 0; look < seconds * 10; look += 1) {
      this.nowUs += secondUs / 10;
      for (const command of this.mirror.act(this.nowUs)) this.submit(command);
    }
  }

  best(side: "buy" | "sell"): number | undefined {
    return this.exchange.depth(market, side, 1)[0]?.price;
  }

  give(user: string): void {
    this.submit({ kind: "deposit", user, currency: "BTC", amount: money("1000"), key: "b" });
    this.submit({ kind: "deposit", user, currency: "USDT", amount: money("90000000"), key: "q" });
  }

  place(user: string, side: "buy" | "sell", price: number, quantity: number) {
    return this.submit({
      ...{ kind: "place-limit", user, market, side, timeInForce: "gtc" },
      ...{ price: ticks(price), quantity: lots(quantity) },
    });
  }
}

function newExchange(): Exchange {
  return exchangeWith({ limits: { openOrdersMax: 1_024 } });
}

describe("a mirror", () => {
  it("quotes at the first ticks that are no better than the outside price, exactly", () => {
    const house = new House();
    // 60,000.49 and 60,001.51 at ticks of 0.5: 60,000.0 and 60,002.0.
    house.quote(6_000_049, 6_000_151);
    house.run();
    expect([house.best("buy"), house.best("sell")]).toEqual([120_000, 120_004]);
    expect(house.exchange.depth(market, "buy", 9)).toHaveLength(5);
    expect(house.mirror.figures.refused).toBe(0);
  });

  it("stays within a tick of an outside price that moves, on both sides, and nothing of it is refused", () => {
    const house = new House({ trades: false });
    const random = new Random(11, "walk");
    let bid = 6_000_000;
    let [farthest, refused] = [0, 0];
    for (let move = 0; move < 600; move += 1) {
      bid += Math.round(random.between(-2_500, 2_500));
      house.quote(bid, bid + 20);
      // One look is enough: what it does is done by then.
      house.run(0.2);
      farthest = Math.max(farthest, house.mirror.distance ?? 1);
      refused = house.mirror.figures.refused;
    }
    expect(farthest).toBeLessThan(1e-5);
    expect(refused).toBe(0);
  });

  it("moves only the offers that have to, so that the others keep their places", () => {
    const house = new House();
    house.quote(6_000_000, 6_000_100);
    house.run();
    const before = house.exchange.openOrders(maker).map(({ id }) => id);
    house.quote(6_000_050, 6_000_150);
    house.run();
    const after = new Set(house.exchange.openOrders(maker).map(({ id }) => id));
    expect(before.filter((id) => after.has(id))).toHaveLength(8);
  });

  it("follows trades where there is no book, and repeats them", () => {
    const house = new House();
    house.trade(6_000_000, 5_000);
    house.run();
    house.trade(6_000_000, 200, "buy");
    house.run();
    const trades = house.events.filter((event) => event.kind === "traded");
    expect(trades).toEqual([
      expect.objectContaining({
        quantity: 20,
        aggressor: "buy",
        takerUser: taker,
        makerUser: maker,
      }),
    ]);
    expect(house.mirror.figures).toMatchObject({ refused: 0 });
  });

  it("lets a user's waiting order be filled when the outside price goes through it", () => {
    const house = new House({ trades: false });
    house.give("ann");
    house.quote(6_000_000, 6_000_100);
    house.run();
    house.place("ann", "buy", 119_900, 30);
    house.run();
    expect(house.exchange.openOrders("ann")).toHaveLength(1);
    house.quote(5_990_000, 5_990_100);
    house.run();
    expect(house.exchange.openOrders("ann")).toEqual([]);
    expect(house.best("sell")).toBe(119_802);
  });

  it.each([
    ["silent", (house: House) => house.run(11)],
    ["gapped", (house: House) => house.outside.gap(house.nowUs + 1)],
    [
      "gone",
      (house: House) => {
        house.outside.life = () => ({ isRunning: false, heardUs: 0 });
      },
    ],
  ])("takes its offers back when the source is %s, says so, and comes back", (_, happens) => {
    const house = new House();
    house.quote(6_000_000, 6_000_100);
    house.run();
    house.mirror.takeNotes();
    happens(house);
    house.run();
    expect(house.exchange.openOrders(maker)).toEqual([]);
    expect(house.mirror.takeNotes()).toEqual([expect.stringContaining("quotes nothing")]);
    house.outside.life = () => ({ isRunning: true, heardUs: 0 });
    house.quote(6_100_000, 6_100_100);
    house.run();
    expect(house.best("buy")).toBe(122_000);
    expect(house.mirror.takeNotes()).toEqual(["mirror BTC_USDT follows its source"]);
  });

  it("quotes wider instead where that is configured", () => {
    const house = new House({ whenStale: "widen" });
    house.quote(6_000_000, 6_000_100);
    house.run(12);
    expect(house.best("buy")).toBe(118_800);
    expect(house.mirror.state).toBe("widened");
  });

  it("gives a user who buys everything no more than it has, goes on, and is filled up by a deposit", () => {
    const house = new House({ base: "2", trades: false });
    house.give("whale");
    house.quote(6_000_000, 6_000_100);
    for (let round = 0; round < 60; round += 1) {
      house.quote(6_000_000, 6_000_100);
      house.run(0.2);
      const best = house.best("sell");
      if (best !== undefined) house.place("whale", "buy", best + 100, 100_000);
      for (const { id } of house.exchange.openOrders("whale")) {
        house.submit({ kind: "cancel-order", user: "whale", order: { id } });
      }
    }
    house.run();
    expect(house.mirror.short).toEqual(["BTC"]);
    expect(house.mirror.takeNotes().join()).toContain("too little BTC");
    // The other side is as good as ever.
    expect(house.best("buy")).toBe(120_000);
    house.submit({
      kind: "deposit",
      user: maker,
      currency: "BTC",
      amount: money("50"),
      key: "more",
    });
    house.run();
    expect(house.best("sell")).toBe(120_002);
    expect(house.mirror.short).toEqual([]);
    house.exchange.checkInvariants();
  });

  it("begins again after a restart with a clean slate and no new money", () => {
    const first = new House();
    first.quote(6_000_000, 6_000_100);
    first.run();
    const before = first.exchange.balances(maker).map(({ available, held }) => available + held);
    const again = new House({}, first.exchange, first.nowUs);
    expect(again.exchange.openOrders(maker)).toEqual([]);
    again.quote(6_050_000, 6_050_100);
    again.run();
    const after = again.exchange.balances(maker).map(({ available, held }) => available + held);
    expect(after).toEqual(before);
    expect(again.best("buy")).toBe(121_000);
    expect(again.commands.filter(({ kind }) => kind === "set-fees")).toEqual([]);
  });

  it("waits while its market is halted", () => {
    const house = new House();
    house.quote(6_000_000, 6_000_100);
    house.submit({ kind: "halt-market", market });
    house.run();
    expect(house.exchange.openOrders(maker)).toEqual([]);
    house.submit({ kind: "resume-market", market });
    house.run();
    expect(house.best("buy")).toBe(120_000);
  });

  it("does the same for the same seed, and other sizes for another", () => {
    const sizes = [7, 7, 8].map((seed) => {
      const house = new House({ seed });
      house.quote(6_000_000, 6_000_100);
      house.run();
      return JSON.stringify(house.exchange.depth(market, "buy", 9));
    });
    expect(sizes[0]).toBe(sizes[1]);
    expect(sizes[0]).not.toBe(sizes[2]);
  });
});

describe("options of a mirror", () => {
  it.each([
    [{ size: "0.0001" }, "no multiple of the lot size"],
    [{ tickSize: undefined }, "the exchange has no such market"],
    [{ lotSize: "0" }, "have to be above 0"],
    [{ base: "0" }, "base 0 is no amount"],
    [{ tickSize: "0.0000000000001", lotSize: "0.0001" }, "at most 16 decimals"],
  ])("that make no sense are named: %j", (changes, text) => {
    const { tickSize, ...rest } = { ...options, ...changes };
    const given = tickSize === undefined ? rest : { ...rest, tickSize };
    expect(parseMirror(given, undefined)).toContain(text);
  });
});
