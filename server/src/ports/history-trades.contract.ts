/** What every history must answer when it is asked for trades and for what each owner had of them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.fixture.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import {
  barStartS,
  foldedBarsMax,
  foldedTradesMax,
  type History,
  type Place,
  type TradeQuery,
} from "./history.ts";
import { rowsOf, Story, tell } from "./history-story.fixture.ts";

/** With these, ticks and lots are told as they are. */
const tradedSteps = {
  tickSize: { coefficient: 1, scale: 0 },
  lotSize: { coefficient: 1, scale: 0 },
};

/** What is said of fills. */
export function fillContract(current: () => History): void {
  it("gives both halves of a trade to their owners, each with its fee and its own order", async () => {
    const story = new Story().open();
    const maker = story.place("ann", "buy");
    const taker = story.place("bob", "sell");
    await tell(current(), story);

    const timeUs = story.timeOf(taker);
    const both = {
      sequence: taker,
      ordinal: 0,
      timeUs,
      market: "BTC_USDT",
      price: 10,
      quantity: 2,
    };
    const value = money("20");
    expect(await rowsOf(current().userFills({ user: "ann", limit: 9 }))).toEqual([
      {
        ...both,
        value,
        order: maker,
        orderCreatedUs: story.timeOf(maker),
        user: "ann",
        role: "maker",
        side: "buy",
        // Rebates are paid out of fees of the same currency, and of BTC there are none yet.
        fee: 0n,
      },
    ]);
    expect(await rowsOf(current().orderFills({ user: "bob", order: taker, limit: 9 }))).toEqual([
      {
        ...both,
        value,
        order: taker,
        orderCreatedUs: timeUs,
        user: "bob",
        role: "taker",
        side: "sell",
        fee: money("0.4"),
      },
    ]);
  });

  it("keeps a rebate below zero", async () => {
    const story = new Story().open();
    story.place("ann", "sell");
    story.place("bob", "buy");
    story.place("ann", "buy");
    story.place("bob", "sell");
    await tell(current(), story);

    const [latest] = await rowsOf(current().userFills({ user: "ann", limit: 1 }));
    const events = story.released.flatMap((released) => released.events);
    const trade = events.findLast((event) => event.kind === "traded");
    expect(latest?.fee).toBeLessThan(0n);
    expect(latest?.fee).toBe(trade?.makerFee);
  });

  it("lists the fills of an order oldest first, as taker and then as maker, page by page", async () => {
    const story = new Story().open();
    for (const price of [10, 11]) story.place("ann", "sell", { price: ticks(price) });
    const order = story.place("bob", "buy", { price: ticks(11), quantity: lots(6) });
    const last = story.place("ann", "sell", { price: ticks(11) });
    await tell(current(), story);

    const all = await rowsOf(current().orderFills({ user: "bob", order, limit: 9 }));
    expect(all.map(({ sequence, ordinal, role }) => [sequence, ordinal, role])).toEqual([
      [order, 0, "taker"],
      [order, 1, "taker"],
      [last, 0, "maker"],
    ]);
    for (const user of ["ann", "eve"]) {
      expect(await current().orderFills({ user, order, limit: 9 })).toEqual([]);
    }
    const pages = [undefined, all[0], all[1], all[2]].map((after) =>
      current().orderFills({ user: "bob", order, after, limit: 1 }),
    );
    expect(await Promise.all(pages)).toEqual([[all[0]], [all[1]], [all[2]], []]);
  });

  it("lists the fills of a user newest first, page by page, and nobody else's", async () => {
    const story = new Story().open(["ann", "bob", "cid"]);
    for (const [maker, taker] of [
      ["ann", "bob"],
      ["bob", "cid"],
      ["cid", "ann"],
    ] as const) {
      story.place(maker, "buy");
      story.place(taker, "sell");
    }
    await tell(current(), story);

    const all = await rowsOf(current().userFills({ user: "ann", limit: 9 }));
    expect(all.map(({ role, user }) => [user, role])).toEqual([
      ["ann", "taker"],
      ["ann", "maker"],
    ]);
    const pages = [undefined, all[0], all[1]].map((before) =>
      current().userFills({ user: "ann", before, limit: 1 }),
    );
    expect(await Promise.all(pages)).toEqual([[all[0]], [all[1]], []]);
  });
}

/** What is said of trades. */
export function tradeContract(current: () => History): void {
  it("lists the trades of a market newest first, without their owners, page by page", async () => {
    const story = new Story().open();
    story.place("ann", "sell", { market: "ETH_USDT" });
    story.place("bob", "buy", { market: "ETH_USDT" });
    for (const price of [10, 11]) story.place("ann", "sell", { price: ticks(price) });
    const taker = story.place("bob", "buy", { price: ticks(11), quantity: lots(3) });
    await tell(current(), story);

    const timeUs = story.timeOf(taker);
    const both = { sequence: taker, timeUs, market: "BTC_USDT", aggressor: "buy" };
    const newer = { ...both, ordinal: 1, price: 11, quantity: 1, value: money("11") };
    const older = { ...both, ordinal: 0, price: 10, quantity: 2, value: money("20") };
    const trades = (page: object) => current().trades({ market: "BTC_USDT", limit: 9, ...page });
    expect(await trades({})).toEqual([newer, older]);
    expect(await trades({ limit: 1 })).toEqual([newer]);
    expect(await trades({ before: newer })).toEqual([older]);
    expect(await trades({ before: older })).toEqual([]);
    expect(await rowsOf(current().trades({ market: "ETH_USDT", limit: 9 }))).toHaveLength(1);
  });

  it("goes on after a trade that was the last of a page, also within a command", async () => {
    const story = new Story().open();
    for (const price of [10, 11, 12]) story.place("ann", "sell", { price: ticks(price) });
    story.place("bob", "buy", { price: ticks(12), quantity: lots(6) });
    await tell(current(), story);

    const query = { market: "BTC_USDT", order: "oldest-first", fromUs: 0, limit: 1 } as const;
    const [first] = await rowsOf(current().trades(query));
    const [second] = await rowsOf(current().trades({ ...query, after: first }));
    const [third] = await rowsOf(current().trades({ ...query, after: second }));
    expect([first?.price, second?.price, third?.price]).toEqual([10, 11, 12]);
    expect(await current().trades({ ...query, after: third })).toEqual([]);
  });

  it.each(["oldest-first", "newest-first"] as const)(
    "makes bars of trades, %s, and goes on after the last one that it went through",
    async (order) => {
      const story = new Story().open();
      for (const [price, pause] of [
        [10, 0],
        [11, 0],
        [9, 1],
        [12, 30],
      ] as const) {
        story.wait(pause);
        story.place("ann", "sell", { price: ticks(price), quantity: lots(1) });
        story.place("bob", "buy", { price: ticks(price), quantity: lots(1) });
      }
      await tell(current(), story);

      const interval = secondsInterval(30);
      const query = { market: "BTC_USDT", steps: tradedSteps, interval, order };
      const [whole] = await rowsOf(current().tradeBars({ ...query, limit: 9 }));
      expect(whole?.last).toBeUndefined();
      expect(whole?.bars.map(({ open, high, low, close }) => [open, high, low, close])).toEqual([
        [10, 11, 9, 9],
        [12, 12, 12, 12],
      ]);
      const closes: (number | bigint)[] = [];
      let last: Place | undefined;
      do {
        const after = order === "oldest-first" ? { after: last } : { before: last };
        const [part] = await rowsOf(current().tradeBars({ ...query, ...after, limit: 1 }));
        closes.push(...(part?.bars.map(({ close }) => close) ?? []));
        last = part?.last;
      } while (last !== undefined);
      expect(closes).toEqual(order === "oldest-first" ? [10, 11, 9, 12] : [12, 9, 11, 10]);
    },
  );

  it("answers with no more bars of trades than may be told at once", async () => {
    const story = new Story().open();
    story.deposit("ann", "BTC", { amount: "100000", key: "more" });
    story.deposit("bob", "USDT", { amount: "100000", key: "more" });
    for (let at = 0; at <= foldedBarsMax; at += 1) {
      story.wait(1);
      story.place("ann", "sell", { quantity: lots(1) });
      story.place("bob", "buy", { quantity: lots(1) });
    }
    await tell(current(), story);

    const query = { market: "BTC_USDT", steps: tradedSteps, interval: secondsInterval(1) };
    const [first] = await rowsOf(current().tradeBars({ ...query, limit: foldedTradesMax }));
    expect(first?.bars).toHaveLength(foldedBarsMax);
    const rest = current().tradeBars({ ...query, before: first?.last, limit: foldedTradesMax });
    const [second] = await rowsOf(rest);
    expect(second?.bars).toHaveLength(1);
    expect(second?.last).toBeUndefined();
    expect(await rowsOf(current().tradeBars({ ...query, market: "DOGE_USDT", limit: 1 }))).toEqual([
      { bars: [], last: undefined },
    ]);
  });

  it("says how much is stored of a market", async () => {
    const story = new Story().open();
    const first = story.place("ann", "sell");
    const taker = story.place("bob", "buy", { quantity: lots(1) });
    story.wait(90_000);
    const last = story.place("bob", "buy", { quantity: lots(1) });
    await tell(current(), story);

    expect(first).toBeLessThan(taker);
    expect(await current().totals("BTC_USDT")).toEqual([
      {
        firstS: barStartS(story.timeOf(taker), 60),
        lastS: barStartS(story.timeOf(last), 60),
        minutes: 2,
        trades: 2,
      },
    ]);
    expect(await current().totals("ETH_USDT")).toEqual([]);
    expect(await current().totals("DOGE_USDT")).toEqual([]);
  });
}

/** What is said of queries for trades by their times, of one history that all of them ask. */
export function tradeTimeContract(open: () => Promise<History>): void {
  let history: History;
  let times: readonly number[];
  beforeAll(async () => {
    history = await open();
    const story = new Story().open();
    const places = [0, 1, 2, 3].map(() => {
      story.place("ann", "sell");
      story.place("ann", "sell", { market: "ETH_USDT" });
      story.place("bob", "buy", { market: "ETH_USDT" });
      return story.place("bob", "buy");
    });
    await tell(history, story);
    times = places.map((place) => story.timeOf(place));
  });
  afterAll(() => history.close());

  it.each<[string, (times: readonly number[]) => Partial<TradeQuery>, readonly number[]]>([
    ["the oldest first", () => ({ order: "oldest-first" }), [0, 1, 2, 3]],
    ["from a time on", ([, second]) => ({ fromUs: second! }), [3, 2, 1]],
    ["from just after a time on", ([, second]) => ({ fromUs: second! + 1 }), [3, 2]],
    ["before a time", ([, , third]) => ({ toUs: third! }), [1, 0]],
    ["until just after a time", ([, , third]) => ({ toUs: third! + 1 }), [2, 1, 0]],
    ["between times", ([, second, third]) => ({ fromUs: second!, toUs: third! }), [1]],
    ["of no time", ([, second]) => ({ fromUs: second!, toUs: second! }), []],
    ["before the first", ([first]) => ({ toUs: first! }), []],
    ["after the last", (times) => ({ fromUs: times.at(-1)! + 1 }), []],
    ["but the first of them", () => ({ offset: 1, limit: 2 }), [2, 1]],
    ["the oldest but one", () => ({ order: "oldest-first", offset: 1, limit: 1 }), [1]],
  ])("finds trades by their times: %s", async (_, query, expected) => {
    const found = history.trades({ market: "BTC_USDT", limit: 9, ...query(times) });
    expect((await rowsOf(found)).map(({ timeUs }) => times.indexOf(timeUs))).toEqual(expected);
  });
}
