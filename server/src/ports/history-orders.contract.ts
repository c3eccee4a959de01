/** What every history must answer when it is asked for orders. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.contract.ts";
import { type History, historyLimitMax, historyOffsetMax, type OrderQuery } from "./history.ts";
import { Story, tell } from "./history-story.contract.ts";

/** What is said of orders. */
export function orderContract(current: () => History): void {
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

  it("finds no order by a client id with half of a surrogate pair, whatever has been stored", async () => {
    const story = new Story().open();
    for (const clientId of ["\ufffd", "\ud83d", "x"]) story.place("ann", "buy", { clientId });
    await tell(current(), story);

    const found = ["\ud83d", "x\udca9", "x"].map((clientId) =>
      current().orders({ user: "ann", clientId, limit: 9 }),
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

/** Which orders are found: five orders with all that a query can ask for, each called by a name here. */
export function orderFilterContract(open: () => Promise<History>): void {
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
