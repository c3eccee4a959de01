/** What every history must answer when it is asked for orders. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.fixture.ts";
import { type History, historyLimitMax, historyOffsetMax, type OrderQuery } from "./history.ts";
import { rowsOf, Story, tell } from "./history-story.fixture.ts";

/** What is said of orders. */
export function orderContract(current: () => History): void {
  it("shows a closed order as it was placed, and how it ended; an open one is not of the past", async () => {
    const story = new Story().open();
    const stopPrice = ticks(20);
    const id = story.place("ann", "buy", { clientId: "mine", stopPrice });
    await tell(current(), story);
    expect(await rowsOf(current().closedOrders({ user: "ann", limit: 10 }))).toEqual([]);
    expect(await rowsOf(current().closedOrders({ user: "ann", id, limit: 10 }))).toEqual([]);
    const sequence = story.cancel("ann", id);
    await tell(current(), story);

    expect(await rowsOf(current().closedOrders({ user: "ann", limit: 10 }))).toEqual([
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
        closed: { reason: "cancelled", sequence, timeUs: story.timeOf(sequence) },
      },
    ]);
  });

  it("shows an order as it stood in the end, whether told in one piece or in many", async () => {
    const story = new Story().open();
    const resting = story.place("ann", "buy", { quantity: lots(5) });
    await tell(current(), story);
    story.place("bob", "sell", { quantity: lots(2) });
    story.give({ kind: "reduce-order", user: "ann", order: { id: resting }, by: lots(1) });
    await tell(current(), story);

    story.cancel("ann", resting);
    await tell(current(), story);

    expect(await rowsOf(current().closedOrders({ user: "ann", limit: 10 }))).toMatchObject([
      {
        order: { id: resting, quantity: 4, filled: 2, filledValue: money("20") },
        closed: { reason: "cancelled", timeUs: story.timeOf(story.released.length) },
      },
    ]);
  });

  it("tells each event of a user's orders in a market, oldest first and page by page", async () => {
    const story = new Story().open();
    const [first, second] = [1, 2].map(() => story.place("ann", "buy", { quantity: lots(2) }));
    story.place("ann", "buy", { market: "ETH_USDT" });
    const swept = story.place("bob", "sell", { quantity: lots(3) });
    const ended = story.cancel("ann", second ?? 0);
    await tell(current(), story);

    const list = (page: object) =>
      rowsOf(current().orderEvents({ user: "ann", market: "BTC_USDT", limit: 9, ...page }));
    const all = await list({});
    expect(
      all.map(({ sequence, ordinal, phase, reason, order }) => ({
        ...{ sequence, ordinal, phase, reason, id: order.id, filled: order.filled },
      })),
    ).toEqual([
      { sequence: first, ordinal: 0, phase: "created", reason: undefined, id: first, filled: 0 },
      { sequence: second, ordinal: 0, phase: "created", reason: undefined, id: second, filled: 0 },
      { sequence: swept, ordinal: 0, phase: "finished", reason: "filled", id: first, filled: 2 },
      { sequence: swept, ordinal: 1, phase: "updated", reason: undefined, id: second, filled: 1 },
      {
        sequence: ended,
        ordinal: 0,
        phase: "finished",
        reason: "cancelled",
        id: second,
        filled: 1,
      },
    ]);
    expect(all.map(({ timeUs }) => timeUs)).toEqual(
      all.map(({ sequence }) => story.timeOf(sequence)),
    );
    expect(await list({ after: all[1], limit: 2 })).toEqual(all.slice(2, 4));
    expect(await list({ after: all[2] })).toEqual(all.slice(3));
    expect(await list({ user: "eve" })).toEqual([]);
    expect(await list({ market: "DOGE_USDT" })).toEqual([]);
  });

  it("finds no order by a client id with half of a surrogate pair, whatever has been stored", async () => {
    const story = new Story().open();
    for (const clientId of ["\ufffd", "\ud83d", "x"]) story.place("ann", "buy", { clientId });
    story.give({ kind: "cancel-all", user: "ann" });
    await tell(current(), story);

    const found = await Promise.all(
      ["\ud83d", "x\udca9", "x"].map((clientId) =>
        rowsOf(current().closedOrders({ user: "ann", clientId, limit: 9 })),
      ),
    );
    expect(found.map(({ length }) => length)).toEqual([0, 0, 1]);
  });

  it.each([
    ["open", "x", "open"],
    ["over", "gone", "closed"],
    ["never there", "other", undefined],
    ["empty", "", undefined],
    ["half a surrogate pair", "\ud83d", undefined],
  ])("tells whether a client id is in use: %s", async (_, clientId, use) => {
    const story = new Story().open();
    story.cancel("ann", story.place("ann", "buy", { clientId: "gone" }));
    for (const id of ["\ufffd", "x"]) story.place("ann", "buy", { clientId: id });
    await tell(current(), story);

    const uses = ["ann", "bob", "eve"].map((user) => current().clientIdUse(user, clientId));
    expect(uses).toEqual([use, undefined, undefined]);
  });

  it.each(["a\0b", "名前 💹", "x".repeat(64)])("keeps the client id %j", async (clientId) => {
    const story = new Story().open();
    story.cancel("ann", story.place("ann", "buy", { clientId }));
    await tell(current(), story);

    const [found] = await rowsOf(current().closedOrders({ user: "ann", clientId, limit: 1 }));
    expect(found?.order.clientId).toBe(clientId);
  });

  it("shows a market order by value with its value and without a limit", async () => {
    const story = new Story().open();
    story.place("ann", "sell", { quantity: lots(5) });
    const size = { value: money("30.5") };
    const market = "BTC_USDT";
    story.give({ kind: "place-market", user: "bob", market, side: "buy", size });
    await tell(current(), story);

    expect(await rowsOf(current().closedOrders({ user: "bob", limit: 1 }))).toMatchObject([
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

    expect(await rowsOf(current().closedOrders({ user: "ann", id, limit: 1 }))).toMatchObject([
      { closed: { reason } },
    ]);
  });
}

/** What is said of transfers. */
export function transferContract(current: () => History): void {
  it("remembers the newest transfer under a key, to the last decimal, and none that only repeats", async () => {
    const story = new Story().open();
    const amount = "123456789.0000000000000001";
    const sequence = story.deposit("ann", "BTC", { amount, key: "k" });
    story.deposit("ann", "BTC", { amount, key: "k" });
    const withdrawal = { amount: money("1"), key: "w", user: "ann", currency: "BTC" };
    const taken = story.give({ kind: "withdraw", ...withdrawal });
    await tell(current(), story);

    expect(current().transfer("ann", "k")).toEqual({
      direction: "deposit",
      currency: "BTC",
      amount: money(amount),
      sequence,
      timeUs: story.timeOf(sequence),
    });
    expect(current().transfer("ann", "w")).toMatchObject({
      direction: "withdraw",
      sequence: taken,
    });
  });

  it.each(["other", "", "K", "\ud83d"])("knows no transfer under the key %j", async (key) => {
    const story = new Story().open();
    for (const used of ["k", "\ufffd"]) story.deposit("ann", "BTC", { amount: "1", key: used });
    story.give({ kind: "withdraw", user: "ann", currency: "BTC", amount: money("9999"), key: "K" });
    await tell(current(), story);

    expect(current().transfer("ann", key)).toBeUndefined();
    expect(current().transfer("bob", "k")).toBeUndefined();
    expect(current().transfer("eve", "k")).toBeUndefined();
  });
}

/** A trade at 12. */
function sellAcross(story: Story): void {
  story.place("bob", "buy", { price: ticks(12) });
  story.deposit("cid", "BTC", { amount: "10", key: "1" });
  story.place("cid", "sell", { price: ticks(12) });
}

/**
 * Which closed orders are found, and in which order: six orders with all that a query can ask for, each
 * called by a name here, and one that is open.
 */
export function orderFilterContract(open: () => Promise<History>): void {
  let history: History;
  const names = new Map<number, string>();
  let first: number;
  beforeAll(async () => {
    history = await open();
    const story = new Story().open();
    first = story.place("ann", "buy", { clientId: "a" });
    names.set(first, "first");
    const ether = story.place("ann", "sell", { market: "ETH_USDT", price: ticks(30) });
    names.set(ether, "ether");
    const other = story.place("bob", "buy", { clientId: "a", price: ticks(9) });
    names.set(other, "other");
    const gone = story.place("ann", "sell", { price: ticks(40) });
    names.set(gone, "gone");
    const last = story.place("ann", "buy", { price: ticks(5), clientId: "b" });
    names.set(last, "last");
    story.cancel("ann", gone);
    story.cancel("ann", last);
    await tell(history, story);
    // Older than both, and over after them: one by one, or with one command.
    story.cancel("ann", ether);
    story.give({ kind: "cancel-all", user: "ann" });
    story.cancel("bob", other);
    names.set(story.place("ann", "buy", { price: ticks(5), clientId: "a" }), "open");
    await tell(history, story);
  });
  afterAll(() => history.close());

  it.each<[string, Partial<OrderQuery> & { ofFirst?: true }, readonly string[]]>([
    ["all of a user, by their end", {}, ["first", "ether", "last", "gone"]],
    ["of nobody that is known", { user: "eve" }, []],
    ["of a market", { market: "BTC_USDT" }, ["first", "last", "gone"]],
    ["of a market that is not known", { market: "DOGE_USDT" }, []],
    ["of a side", { side: "sell" }, ["ether", "gone"]],
    ["of a market and a side", { market: "BTC_USDT", side: "buy" }, ["first", "last"]],
    ["of an id", { ofFirst: true }, ["first"]],
    ["of an id and another market", { ofFirst: true, market: "ETH_USDT" }, []],
    ["of an id and another side", { ofFirst: true, side: "sell" }, []],
    ["of an id and another client id", { ofFirst: true, clientId: "b" }, []],
    ["of an id that is somebody else's", { ofFirst: true, user: "bob" }, []],
    ["of an id, past the only one", { ofFirst: true, offset: 1 }, []],
    ["of a client id", { clientId: "a" }, ["first"]],
    ["of a client id and another side", { clientId: "a", side: "sell" }, []],
    ["of a client id with nothing in it", { clientId: "" }, []],
    ["one by one", { limit: 1, offset: 2 }, ["last"]],
    ["one by one, of a side", { side: "buy", limit: 1, offset: 1 }, ["last"]],
    ["past the end", { offset: 4 }, []],
  ])("finds orders %s", async (_, { ofFirst, ...query }, expected) => {
    const id = ofFirst === true ? first : undefined;

    const orders = await rowsOf(history.closedOrders({ user: "ann", limit: 10, id, ...query }));

    expect(orders.map(({ order }) => names.get(order.id))).toEqual(expected);
  });

  it.each([
    ["no row", { limit: 0 }],
    ["half a row", { limit: 1.5 }],
    ["too many rows", { limit: historyLimitMax + 1 }],
  ])("treats a query for %s as a bug of the caller", (_, page) => {
    const queries = [
      () => history.closedOrders({ user: "ann", ...page }),
      () => history.orderFills({ user: "ann", order: first, ...page }),
      () => history.userFills({ user: "ann", ...page }),
      () => history.trades({ market: "BTC_USDT", ...page }),
      () => history.balanceChanges({ user: "ann", currency: "BTC", ...page }),
    ];

    for (const query of queries) expect(query).toThrow("invariant violated");
  });

  it.each([-1, 0.5, historyOffsetMax + 1])(
    "treats an offset of %s as a bug of the caller",
    (offset) => {
      const query = () => history.closedOrders({ user: "ann", limit: 1, offset });

      expect(query).toThrow("invariant violated");
    },
  );
}
