import { describe, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import type { Submission } from "../ports/released.ts";
import { exchangeTarget } from "./exchange-target.fixture.ts";
import { type AdminRequest, adminOperations, findOperation } from "./operations.ts";

const user = "7d3e9c1a-0f43-4d55-9a52-0e3f1b6c2d10";
const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
const deposit: AdminRequest<"transfer"> = {
  direction: "deposit",
  user,
  currency: "USDT",
  amount: "1000.50",
  key: "first",
  anyUser: false,
};

async function openTarget() {
  const target = exchangeTarget([user]);
  await adminOperations["add-market"].run(market, target);
  return target;
}

describe("a transfer", () => {
  const { run } = adminOperations.transfer;

  it("is carried out and tells what is available then", async () => {
    const target = await openTarget();
    expect(await run(deposit, target)).toEqual({
      kind: "done",
      result: {
        direction: "deposit",
        user,
        currency: "USDT",
        amount: "1000.5",
        key: "first",
        repeated: false,
        available: "1000.5",
      },
    });
    const taken = { ...deposit, direction: "withdraw", amount: "0.5", key: "second" } as const;
    expect(await run(taken, target)).toMatchObject({ result: { available: "1000" } });
  });

  it("under a key that was used for the same one changes nothing and says so", async () => {
    const target = await openTarget();
    await run(deposit, target);
    const again = await run(deposit, target);
    expect(again).toMatchObject({ kind: "done", result: { repeated: true } });
    expect(again).not.toHaveProperty("result.available");
    expect(target.exchange.balances(user)).toMatchObject([{ currency: "USDT" }]);
    expect(await run({ ...deposit, key: "next" }, target)).toMatchObject({
      result: { available: "2001" },
    });
  });

  it("goes to a name that is no user's only when that is said", async () => {
    const target = await openTarget();
    const toMaker = { ...deposit, user: "maker-1" };
    expect((await run(toMaker, target)).kind).toBe("refused");
    expect((await run({ ...toMaker, anyUser: true }, target)).kind).toBe("done");
  });

  it.each<[Partial<typeof deposit>, string]>([
    [{ user: "nobody" }, "there is no user nobody: see users list"],
    [{ user: "", anyUser: true }, "a user's name has 1 to 64 characters"],
    [{ user: "x".repeat(65), anyUser: true }, "a user's name has 1 to 64 characters"],
    [{ key: "" }, "a key has 1 to 64 characters"],
    [{ key: "k".repeat(65) }, "a key has 1 to 64 characters"],
    [{ key: "\ud83d" }, "no half of a surrogate pair"],
    [{ amount: "0" }, '"0" is no amount: write plain digits above 0'],
    [{ amount: "-5" }, '"-5" is no amount'],
    [{ amount: "1e3" }, '"1e3" is no amount'],
    [{ amount: "1,5" }, '"1,5" is no amount'],
    [{ amount: "0.00000000000000001" }, "at most 16 decimals"],
    [{ amount: "1000000000000000001" }, "up to 1000000000000000000"],
    [{ currency: "EUR" }, "there is no currency EUR: the markets have BTC, USDT"],
    [{ currency: "" }, "there is no currency"],
    [{ direction: "withdraw", key: "w" }, "has less than 1000.50 USDT available"],
  ])("with %j is refused and changes nothing", async (change, fault) => {
    const target = await openTarget();
    const answer = await run({ ...deposit, ...change }, target);
    expect(answer).toEqual({ kind: "refused", message: expect.stringContaining(fault) });
    expect(target.exchange.balances(user)).toEqual([]);
  });

  it("is refused under a key of another transfer, and above what the exchange can hold", async () => {
    const target = await openTarget();
    await run({ ...deposit, amount: "1000000000000000000" }, target);
    expect(await run({ ...deposit, amount: "1" }, target)).toEqual({
      kind: "refused",
      message: `the key first was used for another transfer of ${user}: take another one`,
    });
    expect(await run({ ...deposit, key: "more" }, target)).toEqual({
      kind: "refused",
      message: "with 1000.50 more there would be too much USDT in the exchange",
    });
  });

  it("in an exchange without markets says that a market comes first", async () => {
    expect(await run(deposit, exchangeTarget([user]))).toEqual({
      kind: "refused",
      message: "there is no currency USDT: add a market of it first",
    });
  });
});

describe("markets", () => {
  const add = adminOperations["add-market"].run;
  const list = adminOperations["list-markets"].run;
  const setState = adminOperations["set-market-state"].run;

  it("are added, listed in their order, halted and resumed", async () => {
    const target = await openTarget();
    await add({ code: "ETH_BTC", tick: "0.00001", lot: "0.1", bandPercent: "2.5" }, target);
    const halted = await setState({ action: "halt", market: "BTC_USDT" }, target);
    expect(halted).toEqual({ kind: "done", result: { market: "BTC_USDT", state: "halted" } });
    expect(await list({}, target)).toEqual({
      kind: "done",
      result: [
        {
          code: "BTC_USDT",
          state: "halted",
          tick: "0.01",
          lot: "0.00001",
          minBase: "0.00001",
          maxBase: "10000",
          minQuote: "0",
          maxQuote: "10000000",
          bandPercent: "5",
        },
        expect.objectContaining({ code: "ETH_BTC", state: "open", bandPercent: "2.5" }),
      ],
    });
    const resumed = await setState({ action: "resume", market: "BTC_USDT" }, target);
    expect(resumed).toMatchObject({ result: { state: "open" } });
  });

  it("are refused when there is one of this code, or the rules make no sense", async () => {
    const target = await openTarget();
    expect(await add(market, target)).toEqual({
      kind: "refused",
      message:
        "there is a market BTC_USDT already; what can be changed of its rules is set with markets set",
    });
    expect(await add({ ...market, code: "X" }, target)).toMatchObject({ kind: "refused" });
    expect(target.exchange.markets()).toHaveLength(1);
  });

  it("that do not exist are not halted, and the nearest is named", async () => {
    const halt = (code: string, target = openTarget()) =>
      target.then((opened) => setState({ action: "halt", market: code }, opened));
    expect(await halt("BTC_USD")).toEqual({
      kind: "refused",
      message: "there is no market BTC_USD: did you mean BTC_USDT?",
    });
    expect(await halt("NOTHINGLIKEIT")).toMatchObject({
      message: "there is no market NOTHINGLIKEIT: there are BTC_USDT",
    });
    expect(await halt("BTC_USD", Promise.resolve(exchangeTarget()))).toMatchObject({
      message: "there is no market BTC_USD: there are none yet",
    });
  });

  it("are named up to twenty, and the others counted", async () => {
    const target = exchangeTarget([user]);
    for (let index = 0; index < 25; index += 1) {
      await add({ ...market, code: `A${index}_USDT` }, target);
    }
    const answer = await setState({ action: "halt", market: "NOTHINGLIKEIT" }, target);
    expect(answer).toMatchObject({ message: expect.stringMatching(/A19_USDT and 5 more$/) });
  });
});

describe("orders of a user", () => {
  const list = adminOperations["list-orders"].run;
  const cancel = adminOperations["cancel-orders"].run;

  /** A target with two open orders of the user in one market and one in another. */
  async function tradingTarget() {
    const target = await openTarget();
    await adminOperations["add-market"].run({ ...market, code: "ETH_USDT" }, target);
    await adminOperations.transfer.run(deposit, target);
    for (const [code, price] of [
      ["BTC_USDT", 100],
      ["BTC_USDT", 200],
      ["ETH_USDT", 300],
    ] as const) {
      const size = { price: ticks(price), quantity: lots(1_000), timeInForce: "gtc" } as const;
      await target.submit({ kind: "place-limit", user, market: code, side: "buy", ...size });
    }
    return target;
  }

  it("are listed with exact figures, and at most as many as asked for", async () => {
    const target = await tradingTarget();
    const listed = await list({ user, market: "BTC_USDT", limit: 1 }, target);
    expect(listed).toMatchObject({
      kind: "done",
      result: {
        count: 2,
        orders: [{ market: "BTC_USDT", side: "buy", price: "1", quantity: "0.01", filled: "0" }],
      },
    });
  });

  it("are cancelled one by one, by market, and all; the money is available again", async () => {
    const target = await tradingTarget();
    const listed = await list({ user, limit: 10 }, target);
    if (listed.kind !== "done") throw new Error(listed.message);
    const [first, , third] = listed.result.orders;
    // One whose id has another time is another order.
    const other = `0${first?.id.slice(1, 9)}Z${first?.id.slice(10)}`;
    expect(await cancel({ order: other }, target)).toMatchObject({ kind: "refused" });
    const one = { user, order: first?.id.toLowerCase() ?? "" };
    expect(await cancel(one, target)).toEqual({ kind: "done", result: { user, cancelled: 1 } });
    expect(await cancel(one, target)).toMatchObject({ kind: "refused" });
    expect(await cancel({}, target)).toMatchObject({ kind: "refused" });
    expect(await cancel({ user, market: "BTC_USDT" }, target)).toMatchObject({
      result: { cancelled: 1 },
    });
    expect(target.exchange.openOrders(user).map(({ id }) => id)).toHaveLength(1);
    expect(third?.market).toBe("ETH_USDT");
    expect(await cancel({ order: third?.id ?? "" }, target)).toMatchObject({
      result: { user, cancelled: 1 },
    });
    expect(await cancel({ user }, target)).toMatchObject({ result: { cancelled: 0 } });
    const withdrawal = { ...deposit, direction: "withdraw", key: "out" } as const;
    expect(await adminOperations.transfer.run(withdrawal, target)).toMatchObject({
      result: { available: "0" },
    });
  });

  it("of somebody else are not cancelled, and nobody has none", async () => {
    const target = await tradingTarget();
    const listed = await list({ user, limit: 10 }, target);
    if (listed.kind !== "done") throw new Error(listed.message);
    const order = listed.result.orders[0]?.id ?? "";
    await adminOperations.transfer.run({ ...deposit, user: "maker", anyUser: true }, target);
    expect(await cancel({ user: "maker", order }, target)).toMatchObject({ kind: "refused" });
    expect(await cancel({ user: "nobody" }, target)).toEqual({
      kind: "refused",
      message: "there is no user nobody: see users list",
    });
    expect(target.exchange.openOrders(user)).toHaveLength(3);
  });
});

describe("an exchange that does not work", () => {
  it.each(
    Object.entries({
      transfer: deposit,
      "add-market": market,
      "set-market-state": { action: "halt", market: "BTC_USDT" },
      "list-markets": {},
      "list-orders": { user, limit: 1 },
      "cancel-orders": { user },
    }),
  )("answers %s with the reason", async (name, request) => {
    const answer = await findOperation(name)?.run(request, exchangeTarget([user], "disk full"));
    expect(answer).toEqual({ kind: "unavailable", message: expect.stringContaining("disk full") });
  });

  it.each<[Submission, string, string]>([
    [{ kind: "busy" }, "unavailable", "the exchange has too much to do: try again"],
    [{ kind: "malformed" }, "refused", "the exchange cannot take it as it is written"],
  ])("answers %j", async (submission, kind, message) => {
    const target = { ...exchangeTarget([user]), submit: async () => submission };
    expect(await adminOperations.transfer.run(deposit, target)).toEqual({ kind, message });
  });
});

describe("the table", () => {
  it("finds its own operations only", () => {
    expect(Object.keys(adminOperations).every((name) => findOperation(name) !== undefined)).toBe(
      true,
    );
    for (const name of ["", "Transfer", "toString", "__proto__", "constructor"]) {
      expect(findOperation(name)).toBeUndefined();
    }
  });
});
