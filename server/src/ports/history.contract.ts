/** What every history must answer, whatever it keeps its rows in. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.contract.ts";
import { type History, historyLimitMax, historyOffsetMax, type OrderQuery } from "./history.ts";
import { Story } from "./history-story.contract.ts";

/** Feeds the rest of a story and waits until it is stored. */
export async function tell(history: History, story: Story): Promise<void> {
  history.record(story.after(history.lastSequence));
  expect(await history.flushed()).toBe(story.released.length);
}

/** Runs the suite against the histories that `open` makes; each must be new and empty. */
export function historyContract(name: string, open: () => Promise<History>): void {
  describe(`${name} as a history`, () => {
    let history: History;
    beforeEach(async () => {
      history = await open();
    });
    afterEach(() => history.close());

    const current = (): History => history;
    feedingContract(current);
    orderContract(current);
    fillContract(current);
    tradeContract(current);
    balanceContract(current);
    digestContract(current, open);
  });

  describe(`${name} as a history that is asked for orders`, () => orderFilterContract(open));
}

function feedingContract(current: () => History): void {
  it("starts before the first command, with nothing in it", async () => {
    const history = current();

    expect([history.lastSequence, history.failure, history.ready()]).toEqual([
      0,
      undefined,
      undefined,
    ]);
    expect(await history.flushed()).toBe(0);
    expect(history.orders({ user: "ann", limit: 1 })).toEqual([]);
    expect(history.userFills({ user: "ann", limit: 1 })).toEqual([]);
    expect(history.orderFills({ order: 1, limit: 1 })).toEqual([]);
    expect(history.trades({ market: "BTC_USDT", limit: 1 })).toEqual([]);
    expect(history.balanceChanges({ user: "ann", currency: "BTC", limit: 1 })).toEqual([]);
  });

  it("says how far it goes once that is stored", async () => {
    const story = new Story().open();
    current().record(story.released);

    expect(await current().flushed()).toBe(story.released.length);
    expect(current().lastSequence).toBe(story.released.length);
  });

  it("counts commands that were refused, and none of their effects", async () => {
    const story = new Story().open();
    story.place("nobody", "buy");
    await tell(current(), story);

    expect(current().lastSequence).toBe(story.released.length);
    expect(current().orders({ user: "nobody", limit: 1 })).toEqual([]);
  });

  it("takes an empty list for what it is", async () => {
    current().record([]);

    expect(await current().flushed()).toBe(0);
  });

  it.each([
    ["a command again", 3, 3],
    ["a command past a gap", 3, 5],
    ["anything but the first command first", 0, 2],
  ])("treats %s as a bug of the caller", async (_, taken, next) => {
    const { released } = new Story().open();
    current().record(released.slice(0, taken));

    expect(() => current().record(released.slice(next - 1))).toThrow("invariant violated");
    await current().flushed();
  });

  it("may be closed twice", async () => {
    await current().close();

    await expect(current().close()).resolves.toBeUndefined();
  });
}

function orderContract(current: () => History): void {
  it("shows an order as it was placed", async () => {
    const story = new Story().open();
    const stopPrice = ticks(20);
    const id = story.place("ann", "buy", { clientId: "mine", stopPrice });
    await tell(current(), story);

    expect(current().orders({ user: "ann", limit: 10 })).toEqual([
      {
        order: {
          id,
          user: "ann",
          market: "BTC_USDT",
          side: "buy",
          type: "limit",
          price: 10,
          quantity: 2,
          value: 0n,
          filled: 0,
          filledValue: 0n,
          stopPrice: 20,
          clientId: "mine",
          createdUs: story.timeOf(id),
        },
        closed: undefined,
      },
    ]);
  });

  it("shows an order as it stands, whether told in one piece or in many", async () => {
    const story = new Story().open();
    const resting = story.place("ann", "buy", { quantity: lots(5) });
    await tell(current(), story);
    story.place("bob", "sell", { quantity: lots(2) });
    story.give({ kind: "reduce-order", user: "ann", order: { id: resting }, by: lots(1) });
    await tell(current(), story);

    expect(current().orders({ user: "ann", limit: 10 })).toMatchObject([
      {
        order: { id: resting, quantity: 4, filled: 2, filledValue: money("20") },
        closed: undefined,
      },
    ]);
    story.cancel("ann", resting);
    await tell(current(), story);

    expect(current().orders({ user: "ann", limit: 10 })).toMatchObject([
      {
        order: { id: resting, filled: 2 },
        closed: { reason: "cancelled", timeUs: story.timeOf(story.released.length) },
      },
    ]);
  });

  it.each(["a\0b", "名前 💹", "x".repeat(64)])("keeps the client id %j", async (clientId) => {
    const story = new Story().open();
    story.place("ann", "buy", { clientId });
    await tell(current(), story);

    const [found] = current().orders({ user: "ann", clientId, limit: 1 });
    expect(found?.order.clientId).toBe(clientId);
  });

  it("shows a market order by value with its value and without a limit", async () => {
    const story = new Story().open();
    story.place("ann", "sell", { quantity: lots(5) });
    const size = { value: money("30.5") };
    const market = "BTC_USDT";
    story.give({ kind: "place-market", user: "bob", market, side: "buy", size });
    await tell(current(), story);

    expect(current().orders({ user: "bob", limit: 1 })).toMatchObject([
      {
        order: { type: "market", price: 0, quantity: 0, value: money("30.5"), filled: 3 },
        closed: { reason: "filled" },
      },
    ]);
  });

  it.each([
    ["filled", (story: Story) => story.place("bob", "sell")],
    ["cancelled", (story: Story, id: number) => story.cancel("ann", id)],
    ["self-trade", (story: Story) => story.place("ann", "sell", { price: ticks(9) })],
    ["stop-price", (story: Story) => sellAcross(story)],
  ] as const)("tells that an order ended as %s", async (reason, end) => {
    const story = new Story().open();
    story.give({ kind: "set-self-trade-prevention", user: "ann", mode: "cancel-oldest" });
    const id = story.place("ann", "buy", { stopPrice: ticks(12) });
    end(story, id);
    await tell(current(), story);

    expect(current().orders({ user: "ann", id, limit: 1 })).toMatchObject([{ closed: { reason } }]);
  });
}

/** A trade at 12. */
function sellAcross(story: Story): void {
  story.place("bob", "buy", { price: ticks(12) });
  story.deposit("cid", "BTC", { amount: "10", key: "1" });
  story.place("cid", "sell", { price: ticks(12) });
}

/** Five orders with all that a query can ask for; each is called by a name here. */
function orderFilterContract(open: () => Promise<History>): void {
  let history: History;
  const names = new Map<number, string>();
  let first: number;
  beforeAll(async () => {
    history = await open();
    const story = new Story().open();
    first = story.place("ann", "buy", { clientId: "a" });
    names.set(first, "first");
    names.set(story.place("ann", "sell", { market: "ETH_USDT", price: ticks(30) }), "ether");
    names.set(story.place("bob", "buy", { clientId: "a", price: ticks(9) }), "other");
    const gone = story.place("ann", "sell", { price: ticks(40) });
    names.set(gone, "gone");
    story.cancel("ann", gone);
    names.set(story.place("ann", "buy", { price: ticks(5), clientId: "b" }), "last");
    await tell(history, story);
  });
  afterAll(() => history.close());

  it.each<[string, Partial<OrderQuery> & { ofFirst?: true }, readonly string[]]>([
    ["all of a user, newest first", {}, ["last", "gone", "ether", "first"]],
    ["of nobody that is known", { user: "eve" }, []],
    ["of a market", { market: "BTC_USDT" }, ["last", "gone", "first"]],
    ["of a market that is not known", { market: "DOGE_USDT" }, []],
    ["of a side", { side: "sell" }, ["gone", "ether"]],
    ["of a market and a side", { market: "BTC_USDT", side: "buy" }, ["last", "first"]],
    ["that are closed", { closedOnly: true }, ["gone"]],
    ["that are closed, of a market", { closedOnly: true, market: "ETH_USDT" }, []],
    ["of an id", { ofFirst: true }, ["first"]],
    ["of an id and another market", { ofFirst: true, market: "ETH_USDT" }, []],
    ["of an id and another side", { ofFirst: true, side: "sell" }, []],
    ["of an id and another client id", { ofFirst: true, clientId: "b" }, []],
    ["of an id that is somebody else's", { ofFirst: true, user: "bob" }, []],
    ["of an id, past the only one", { ofFirst: true, offset: 1 }, []],
    ["of a client id", { clientId: "a" }, ["first"]],
    ["of a client id and another side", { clientId: "a", side: "sell" }, []],
    ["of a client id, closed", { clientId: "a", closedOnly: true }, []],
    ["of a client id with nothing in it", { clientId: "" }, []],
    ["one by one", { limit: 1, offset: 2 }, ["ether"]],
    ["one by one, of a side", { side: "buy", limit: 1, offset: 1 }, ["first"]],
    ["past the end", { offset: 4 }, []],
  ])("finds orders %s", (_, { ofFirst, ...query }, expected) => {
    const id = ofFirst === true ? first : undefined;

    const orders = history.orders({ user: "ann", limit: 10, id, ...query });

    expect(orders.map(({ order }) => names.get(order.id))).toEqual(expected);
  });

  it.each([
    ["no row", { limit: 0 }],
    ["half a row", { limit: 1.5 }],
    ["too many rows", { limit: historyLimitMax + 1 }],
  ])("treats a query for %s as a bug of the caller", (_, page) => {
    const queries = [
      () => history.orders({ user: "ann", ...page }),
      () => history.orderFills({ order: first, ...page }),
      () => history.userFills({ user: "ann", ...page }),
      () => history.trades({ market: "BTC_USDT", ...page }),
      () => history.balanceChanges({ user: "ann", currency: "BTC", ...page }),
    ];

    for (const query of queries) expect(query).toThrow("invariant violated");
  });

  it.each([-1, 0.5, historyOffsetMax + 1])(
    "treats an offset of %s as a bug of the caller",
    (offset) => {
      const query = () => history.orders({ user: "ann", limit: 1, offset });

      expect(query).toThrow("invariant violated");
    },
  );
}

function fillContract(current: () => History): void {
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
    expect(current().userFills({ user: "ann", limit: 9 })).toEqual([
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
    expect(current().orderFills({ order: taker, limit: 9 })).toEqual([
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

    const [latest] = current().userFills({ user: "ann", limit: 1 });
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

    const all = current().orderFills({ order, limit: 9 });
    expect(all.map(({ sequence, ordinal, role }) => [sequence, ordinal, role])).toEqual([
      [order, 0, "taker"],
      [order, 1, "taker"],
      [last, 0, "maker"],
    ]);
    const pages = [undefined, all[0], all[1], all[2]].map((after) =>
      current().orderFills({ order, after, limit: 1 }),
    );
    expect(pages).toEqual([[all[0]], [all[1]], [all[2]], []]);
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

    const all = current().userFills({ user: "ann", limit: 9 });
    expect(all.map(({ role, user }) => [user, role])).toEqual([
      ["ann", "taker"],
      ["ann", "maker"],
    ]);
    const pages = [undefined, all[0], all[1]].map((before) =>
      current().userFills({ user: "ann", before, limit: 1 }),
    );
    expect(pages).toEqual([[all[0]], [all[1]], []]);
  });
}

function tradeContract(current: () => History): void {
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
    expect(trades({})).toEqual([newer, older]);
    expect(trades({ limit: 1 })).toEqual([newer]);
    expect(trades({ before: newer })).toEqual([older]);
    expect(trades({ before: older })).toEqual([]);
    expect(current().trades({ market: "ETH_USDT", limit: 9 })).toHaveLength(1);
  });
}

function balanceContract(current: () => History): void {
  it("lists the movements of a balance newest first, exact to the last decimal", async () => {
    const story = new Story().open();
    const tiny = "123456789012345678.0000000000000001";
    const user = "ann";
    const currency = "BTC";
    const deposit = story.deposit(user, currency, { amount: tiny, key: "tiny" });
    const placed = story.place(user, "sell");
    await tell(current(), story);

    const sum = money("123456789012346678.0000000000000001");
    expect(current().balanceChanges({ user, currency, limit: 2 })).toEqual([
      {
        sequence: placed,
        ordinal: 0,
        timeUs: story.timeOf(placed),
        user,
        currency,
        reason: "hold",
        oldAvailable: sum,
        newAvailable: sum - money("2"),
        oldHeld: 0n,
        newHeld: money("2"),
      },
      {
        sequence: deposit,
        ordinal: 0,
        timeUs: story.timeOf(deposit),
        user,
        currency,
        reason: "deposit",
        oldAvailable: money("1000"),
        newAvailable: sum,
        oldHeld: 0n,
        newHeld: 0n,
      },
    ]);
  });

  it("tells each movement of a trade, page by page and from a sequence on", async () => {
    const story = new Story().open();
    story.place("ann", "buy");
    const trade = story.place("bob", "sell");
    await tell(current(), story);

    const list = (page: object) =>
      current().balanceChanges({ user: "bob", currency: "USDT", limit: 9, ...page });
    const all = list({});
    expect(all.map(({ reason }) => reason)).toEqual(["fee", "settle", "deposit"]);
    expect(list({ before: all[0], limit: 1 })).toEqual([all[1]]);
    expect(list({ fromSequence: trade })).toEqual(all.slice(0, 2));
    expect(list({ fromSequence: trade, before: all[1] })).toEqual([]);
    expect(list({ currency: "DOGE" })).toEqual([]);
  });
}

function digestContract(current: () => History, open: () => Promise<History>): void {
  /** A day on which an order trades in two commands. */
  const day = (quantity: number): Story => {
    const story = new Story().open();
    story.place("ann", "buy", { quantity: lots(5) });
    story.place("bob", "sell", { quantity: lots(2) });
    story.place("bob", "sell", { quantity: lots(quantity) });
    return story;
  };

  it("digests the same story to the same hash, however it was fed", async () => {
    const { released } = day(3);
    current().record(released);
    const other = await open();
    for (const command of released) {
      other.record([command]);
      await other.flushed();
    }

    const digest = await current().digest();
    expect(await other.digest()).toEqual(digest);
    expect(digest).toMatchObject({ lastSequence: released.length, orders: 3, trades: 2 });
    await other.close();
  });

  it("digests another story to another hash", async () => {
    current().record(day(3).released);
    const other = await open();
    other.record(day(2).released);

    const [left, right] = [await current().digest(), await other.digest()];
    expect("hash" in left && "hash" in right && left.hash !== right.hash).toBe(true);
    await other.close();
  });
}
