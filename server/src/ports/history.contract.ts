/** What every history must answer, whatever it keeps its rows in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lots } from "../core/num/units.ts";
import type { History } from "./history.ts";
import { balanceContract } from "./history-balances.contract.ts";
import { barContract, barQueryContract, barSteps } from "./history-bars.contract.ts";
import { orderContract, orderFilterContract, transferContract } from "./history-orders.contract.ts";
import { rowsOf, Story, tell } from "./history-story.fixture.ts";
import { fillContract, tradeContract, tradeTimeContract } from "./history-trades.contract.ts";

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
    transferContract(current);
    fillContract(current);
    tradeContract(current);
    barContract(current, open);
    balanceContract(current);
    digestContract(current, open);
  });

  describe(`${name} as a history that is asked for orders`, () => orderFilterContract(open));
  describe(`${name} as a history that is asked for trades`, () => tradeTimeContract(open));
  describe(`${name} as a history that is asked for bars`, () => barQueryContract(open));
}

function feedingContract(current: () => History): void {
  it("starts before the first command, with nothing in it", async () => {
    const history = current();

    expect([history.lastSequence, history.failure]).toEqual([0, undefined]);
    expect(await history.flushed()).toBe(0);
    expect(await rowsOf(history.closedOrders({ user: "ann", limit: 1 }))).toEqual([]);
    expect(await rowsOf(history.userFills({ user: "ann", limit: 1 }))).toEqual([]);
    expect(await rowsOf(history.orderFills({ user: "ann", order: 1, limit: 1 }))).toEqual([]);
    expect(await rowsOf(history.trades({ market: "BTC_USDT", limit: 1 }))).toEqual([]);
    expect(
      await rowsOf(
        history.bars({ market: "BTC_USDT", steps: barSteps, resolutionS: 60, limit: 1 }),
      ),
    ).toEqual([]);
    expect(
      await rowsOf(history.balanceChanges({ user: "ann", currency: "BTC", limit: 1 })),
    ).toEqual([]);
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
    expect(await rowsOf(current().closedOrders({ user: "nobody", limit: 1 }))).toEqual([]);
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
    expect(digest).toMatchObject({
      lastSequence: released.length,
      orders: 3,
      trades: 2,
      bars: 3,
      transfers: 6,
    });
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
