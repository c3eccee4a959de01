/** What every history must answer when it is asked for the movements of a balance. */
import { expect, it } from "vitest";
import { money } from "../core/scenario.fixture.ts";
import type { History } from "./history.ts";
import { rowsOf, Story, tell } from "./history-story.fixture.ts";

/** What is said of balances. */
export function balanceContract(current: () => History): void {
  it("lists the movements of a balance newest first, exact to the last decimal", async () => {
    const story = new Story().open();
    const tiny = "123456789012345678.0000000000000001";
    const user = "ann";
    const currency = "BTC";
    const deposit = story.deposit(user, currency, { amount: tiny, key: "tiny" });
    const placed = story.place(user, "sell");
    await tell(current(), story);

    const sum = money("123456789012346678.0000000000000001");
    expect(await rowsOf(current().balanceChanges({ user, currency, limit: 2 }))).toEqual([
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
    const all = await rowsOf(list({}));
    expect(all.map(({ reason }) => reason)).toEqual(["fee", "settle", "deposit"]);
    expect(await list({ before: all[0], limit: 1 })).toEqual([all[1]]);
    expect(await list({ fromSequence: trade })).toEqual(all.slice(0, 2));
    expect(await list({ fromSequence: trade, before: all[1] })).toEqual([]);
    expect(await list({ currency: "DOGE" })).toEqual([]);
  });
}
