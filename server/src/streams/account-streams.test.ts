/** What users hear of their own orders, fills and balances while a real exchange trades. */
import { beforeEach, describe, expect, it } from "vitest";
import { Scenario } from "../core/scenario.fixture.ts";
import { MarketBoard } from "../marketdata/market-board.ts";
import type { Topic } from "../marketdata/topic.ts";
import type { BalanceUpdate, FillUpdate, OrderUpdate } from "../marketdata/updates.ts";
import { AccountStreams } from "./account-streams.ts";
import { Listener } from "./listener.fixture.ts";
import { Numbering } from "./numbering.ts";

const market = "BTC_USDT";
const orders = (user: string): Topic => ({ kind: "orders", user, market });
const fills = (user: string): Topic => ({ kind: "fills", user, market });
const balances = (user: string, currency: string): Topic => ({ kind: "balances", user, currency });

let scenario: Scenario;
let streams: AccountStreams;
let listener: Listener;

beforeEach(() => {
  scenario = new Scenario();
  const board = new MarketBoard(
    scenario.exchange.markets().map((view) => ({ ...view, levels: [] })),
    scenario.timeUs,
  );
  listener = new Listener();
  streams = new AccountStreams(listener.hub, board, new Numbering({ epoch: "e", sequence: 0 }));
});

function say(...lines: readonly string[]): void {
  for (const line of lines) {
    const events = scenario.say(line);
    const { sequence } = scenario.exchange;
    const command = { kind: "cancel-all", user: "nobody" } as const;
    streams.take([{ sequence, timeUs: scenario.timeUs, command, events }]);
  }
}

const told = <Told>() => listener.take().map(([, update]) => update as Told);

describe("orders", () => {
  it("are told from their creation to their end", () => {
    listener.to(orders("ann"));
    say("ann sell 3@10", "bob buy 1@10", "bob buy 2@10");
    expect(told<OrderUpdate>().map(({ phase, order }) => [phase, order.filled])).toEqual([
      ["created", 0],
      ["updated", 1],
      ["finished", 3],
    ]);
  });

  it("say why they ended", () => {
    listener.to(orders("ann"));
    say("ann sell 3@10", "ann cancel all");
    expect(told<OrderUpdate>().at(-1)).toMatchObject({ phase: "finished", reason: "cancelled" });
  });

  it("are nobody else's business", () => {
    listener.to(orders("cid"), fills("cid"), balances("cid", "USDT"));
    say("ann sell 3@10", "bob buy 3@10");
    expect(told()).toEqual([]);
  });
});

describe("fills", () => {
  it("are the two halves of a trade, the maker's first, each with its role, side and currency of the fee", () => {
    listener.to(fills("ann"), fills("bob"));
    say("ann sell 3@10", "bob buy 2@10");
    expect(told<FillUpdate>()).toMatchObject([
      { role: "maker", side: "sell", price: 10, quantity: 2, feeCurrency: "USDT" },
      { role: "taker", side: "buy", price: 10, quantity: 2, feeCurrency: "BTC" },
    ]);
  });

  it("name the order they belong to and when it was created", () => {
    listener.to(fills("ann"), fills("bob"));
    say("ann sell 3@10");
    const [restedAt, restedUs] = [scenario.exchange.sequence, scenario.timeUs];
    say("bob buy 1@10");
    expect(told<FillUpdate>()).toMatchObject([
      { order: restedAt, orderCreatedUs: restedUs },
      { order: scenario.exchange.sequence, orderCreatedUs: scenario.timeUs },
    ]);
  });

  it("are counted within their command", () => {
    listener.to(fills("bob"));
    say("ann sell 1@10", "ann sell 1@11", "cid sell 1@12", "bob buy 3@12");
    expect(told<FillUpdate>().map(({ sequence, ordinal }) => [sequence, ordinal])).toEqual(
      [0, 1, 2].map((ordinal) => [scenario.exchange.sequence, ordinal]),
    );
  });
});

describe("balances", () => {
  it("are told when what can be spent changes", () => {
    listener.to(balances("ann", "BTC"));
    say("ann sell 3@10");
    expect(
      told<BalanceUpdate>().map(({ change }) => change.newAvailable < change.oldAvailable),
    ).toEqual([true]);
  });

  it("are not told when only what is held changes", () => {
    say("ann sell 3@10");
    listener.to(balances("ann", "BTC"));
    say("bob buy 3@10");
    expect(told()).toEqual([]);
  });
});

describe("all of it", () => {
  it("is told in the order in which it happened, also when a command comes in slices", () => {
    listener.to(orders("bob"), fills("bob"), balances("bob", "BTC"), balances("bob", "USDT"));
    scenario.say("ann sell 1@10");
    scenario.say("ann sell 1@11");
    const events = scenario.say("bob buy 2@11");
    const command = { kind: "cancel-all", user: "nobody" } as const;
    const released = { sequence: scenario.exchange.sequence, timeUs: scenario.timeUs, command };
    streams.take([{ ...released, events }]);
    const whole = listener.take();
    for (const event of events) streams.take([{ ...released, events: [event] }]);
    expect(whole.length).toBeGreaterThan(5);
    expect(listener.take()).toEqual(whole);
  });
});
