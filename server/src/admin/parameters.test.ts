/** Fees, limits and rules of markets as an operator sees and sets them. */
import { describe, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { money } from "../core/scenario.fixture.ts";
import { exchangeTarget } from "./exchange-target.fixture.ts";
import type { FeesRequest } from "./fees.ts";
import { type AdminRequest, adminOperations } from "./operations.ts";

const user = "7d3e9c1a-0f43-4d55-9a52-0e3f1b6c2d10";
const code = "BTC_USDT";
const rates = (makerPercent: string, takerPercent: string) => ({ makerPercent, takerPercent });

async function openTarget() {
  const target = exchangeTarget([user]);
  await adminOperations["add-market"].run({ code, tick: "0.01", lot: "0.00001" }, target);
  return target;
}

describe("fees", () => {
  const { run: show } = adminOperations["show-fees"];
  const { run: set } = adminOperations["set-fees"];

  it("are shown: everybody's steps, and markets and users with their own", async () => {
    const target = await openTarget();
    await set({ market: code, rates: rates("0", "0.05") }, target);
    await set({ user, rates: rates("-0.005", "0.0001") }, target);
    const shown = await show({}, target);
    expect(shown).toMatchObject({
      kind: "done",
      result: {
        referenceCurrency: "USDT",
        markets: [{ market: code, ...rates("0", "0.05") }],
        users: [{ user, ...rates("-0.005", "0.0001") }],
      },
    });
    const steps = shown.kind === "done" ? shown.result.steps : [];
    expect(steps[0]).toEqual({ turnover: "0", ...rates("0.08", "0.1") });
    expect(steps[4]).toEqual({ turnover: "2500001", ...rates("0.04", "0.07") });
  });

  it.each<[string, FeesRequest, object]>([
    [
      "everybody's",
      { rates: rates("0.2", "0.3") },
      { of: "everybody", from: expect.stringMatching(/^maker 0\.08 % taker 0\.1 %, from 100001 /) },
    ],
    [
      "everybody's by steps",
      {
        steps: [
          { turnover: "0", ...rates("1", "2") },
          { turnover: "10.5", ...rates("0.5", "1") },
        ],
      },
      { to: "maker 1 % taker 2 %, from 10.5 maker 0.5 % taker 1 %" },
    ],
    [
      "a market's",
      { market: code, rates: rates("0.2", "0.3") },
      { of: code, from: "none", to: "maker 0.2 % taker 0.3 %" },
    ],
    ["a market's away", { market: code, none: true }, { from: "none", to: "none" }],
    [
      "a user's",
      { user, rates: rates("-100", "100") },
      { of: user, from: "none", to: "maker -100 % taker 100 %" },
    ],
    [
      "those of a name that is no user's",
      { user: "maker-1", anyUser: true, rates: rates("0", "0") },
      { of: "maker-1" },
    ],
  ])("are set: %s", async (_, request, result) => {
    expect(await set(request, await openTarget())).toMatchObject({ kind: "done", result });
  });

  it("of a user are taken away again", async () => {
    const target = await openTarget();
    await set({ user, rates: rates("0", "0") }, target);
    expect(await set({ user, none: true }, target)).toEqual({
      kind: "done",
      result: { of: user, from: "maker 0 % taker 0 %", to: "none" },
    });
    expect(target.exchange.tariff(user).own).toBeUndefined();
  });

  it.each<[FeesRequest, string]>([
    [{}, "say either rates, or steps, or none"],
    [{ rates: rates("0", "0"), none: true }, "say either rates, or steps, or none"],
    [{ none: true }, "everybody has fees: name a market or a user"],
    [{ market: code, user, none: true }, "not those of a user in a market"],
    [{ market: code, steps: [{ turnover: "0", ...rates("0", "0") }] }, "steps are everybody's"],
    [{ market: "ETH_USDT", none: true }, "there is no market ETH_USDT"],
    [{ user: "nobody", rates: rates("0", "0") }, "there is no user nobody"],
    [{ user, none: true }, `${user} has no fees of their own`],
    [{ rates: rates("100.0001", "0") }, 'maker: "100.0001" is no rate'],
    [{ rates: rates("0", "0.00001") }, 'taker: "0.00001" is no rate'],
    [{ rates: rates("0", "some") }, 'taker: "some" is no rate'],
    [{ steps: [{ turnover: "1", ...rates("0", "0") }] }, "the first is from a turnover of 0"],
    [{ steps: [{ turnover: "x", ...rates("0", "0") }] }, '"x" is no turnover'],
  ])("set to %j are refused and change nothing", async (request, fault) => {
    const target = await openTarget();
    const before = target.exchange.snapshot().parameters;
    expect(await set(request, target)).toEqual({
      kind: "refused",
      message: expect.stringContaining(fault),
    });
    expect(target.exchange.snapshot().parameters).toEqual(before);
  });
});

describe("limits", () => {
  const { run: show } = adminOperations["show-limits"];
  const { run: set } = adminOperations["set-limits"];

  it("are shown, and those that are named are set", async () => {
    const target = await openTarget();
    expect(await set({ usersMax: 5, marketsMax: 1_000 }, target)).toEqual({
      kind: "done",
      result: { changed: [{ what: "usersMax", from: "1000000", to: "5" }] },
    });
    expect(await show({}, target)).toMatchObject({
      result: { usersMax: 5, openOrdersMax: 1_048_576, transferKeysPerUserMax: 1_000 },
    });
  });

  it.each<[AdminRequest<"set-limits">, string]>([
    [{}, "name at least one limit to set"],
    [{ usersMax: 0 }, "usersMax is a whole number from 1 to 10000000, and not 0"],
    [{ openOrdersMax: 5_000_000 }, "openOrdersMax is a whole number from 1 to 4194304"],
  ])("set to %j are refused", async (request, fault) => {
    expect(await set(request, await openTarget())).toEqual({
      kind: "refused",
      message: expect.stringContaining(fault),
    });
  });
});

describe("rules of a market", () => {
  const { run: set } = adminOperations["set-market-rules"];

  it("are set while orders stand, told from what to what, and listed", async () => {
    const target = await openTarget();
    await target.submit({ kind: "deposit", user, currency: "BTC", amount: money("1"), key: "k" });
    const terms = { price: ticks(1_000_000), quantity: lots(50), timeInForce: "gtc" } as const;
    await target.submit({ kind: "place-limit", user, market: code, side: "sell", ...terms });

    const answer = await set({ market: code, minBase: "0.001", bandPercent: "2.5" }, target);

    expect(answer).toMatchObject({
      kind: "done",
      result: {
        market: { code, minBase: "0.001", maxBase: "10000", bandPercent: "2.5" },
        changed: [
          { what: "minBase", from: "0.00001", to: "0.001" },
          { what: "bandPercent", from: "5", to: "2.5" },
        ],
      },
    });
    expect(await adminOperations["list-markets"].run({}, target)).toMatchObject({
      result: [{ code, minBase: "0.001", bandPercent: "2.5" }],
    });
    expect(target.exchange.openOrders(user)).toHaveLength(1);
  });

  it("that are not named stay as they are, also those that were set meanwhile", async () => {
    const target = await openTarget();
    const { submit } = target;
    // Somebody else is faster, between the look and the command.
    const slow: typeof target = {
      ...target,
      async submit(command) {
        await submit({ kind: "set-market-rules", market: code, changes: { baseMax: lots(7) } });
        return await submit(command);
      },
    };
    await set({ market: code, maxQuote: "5" }, slow);

    expect(target.exchange.markets()[0]?.rules).toMatchObject({ baseMax: 7, quoteMax: money("5") });
  });

  it.each<[Partial<AdminRequest<"set-market-rules">>, string]>([
    [{}, "name at least one rule to set"],
    [{ market: "BTC_USDD", minBase: "1" }, "did you mean BTC_USDT?"],
    [{ minBase: "0.000001" }, "min-base: "],
    [{ minBase: "10001" }, "min-base is above max-base"],
    [{ minQuote: "x" }, "min-quote: "],
    [{ maxQuote: "0.00000001" }, "max-quote: the smallest order is worth at least"],
    [{ bandPercent: "101" }, "band-percent: "],
  ])("set to %j are refused", async (change, fault) => {
    const target = await openTarget();
    const before = target.exchange.stateHash();
    expect(await set({ market: code, ...change }, target)).toEqual({
      kind: "refused",
      message: expect.stringContaining(fault),
    });
    expect(target.exchange.stateHash()).toBe(before);
  });
});

describe("an exchange in trouble", () => {
  it("is told by each of them", async () => {
    const target = exchangeTarget([user], "disk full");
    for (const answer of [
      await adminOperations["show-fees"].run({}, target),
      await adminOperations["set-fees"].run({ rates: rates("0", "0") }, target),
      await adminOperations["show-limits"].run({}, target),
      await adminOperations["set-limits"].run({ usersMax: 1 }, target),
      await adminOperations["set-market-rules"].run({ market: code, minBase: "1" }, target),
    ]) {
      expect(answer).toMatchObject({
        kind: "unavailable",
        message: expect.stringContaining("disk full"),
      });
    }
  });
});
