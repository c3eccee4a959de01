import { describe, expect, it } from "vitest";
import { atoms } from "../../core/num/money.ts";
import { standardParameters } from "../../core/parameters.ts";
import { alice, bob, House } from "./rest-house.fixture.ts";

const account = "/v2/user-api/exchange/account";

describe("balances", () => {
  const balances = (house: House, query = "", user = alice) =>
    house.call("GET", `${account}/balance${query}`, { user });

  it("are those that the user ever had, with what orders hold", async () => {
    const house = new House();
    house.deposit(alice, "USDT", "279.79521893");
    await house.order(alice, {
      market: "TRX_USDT",
      direction: "buy",
      price: "0.2",
      quantity: "1392.3",
    });
    expect((await balances(house)).text).toBe(
      '{"result":[{"ticker":"USDT","available":"1.33521893","held":"278.46000000"}]}',
    );
  });

  it("are never rounded: more than 8 decimals are 16", async () => {
    const house = new House();
    house.deposit(alice, "USDT", "1.000000001");
    expect((await balances(house)).json.result[0].available).toBe("1.0000000010000000");
  });

  it("of somebody who never had money are an empty list", async () => {
    expect((await balances(new House())).text).toBe('{"result":[]}');
  });

  it("can be asked for by currency, and are zero for one that was never touched", async () => {
    const house = new House();
    house.deposit(alice, "USDT", "5");
    house.deposit(bob, "TRX", "5");
    expect((await balances(house, "?ticker=USDT")).text).toBe(
      '{"result":[{"ticker":"USDT","available":"5.00000000","held":"0.00000000"}]}',
    );
    expect((await balances(house, "?ticker=TRX")).text).toBe(
      '{"result":[{"ticker":"TRX","available":"0.00000000","held":"0.00000000"}]}',
    );
    expect((await balances(house, "?ticker=")).json.result).toHaveLength(1);
  });

  it("of an unknown currency are refused by name", async () => {
    expect(await balances(new House(), "?ticker=DOGE")).toMatchObject({
      status: 422,
      json: {
        code: 0,
        errors: [
          {
            property: "ticker",
            value: "DOGE",
            message: "The value you selected is not a valid choice.",
          },
        ],
      },
    });
  });
});

describe("tariffs", () => {
  it.each([`${account}/tariffs`, "/v2/user-api/account/tariffs"])(
    "are answered on %s with the recorded steps",
    async (path) => {
      const { text } = await new House().call("GET", path, { user: alice });
      const step = (number: number, turnover: string, maker: string, taker: string) =>
        `{"step":"${number}","from_turnover":"${turnover}.00000000","maker_percent":"${maker}","taker_percent":"${taker}"}`;
      const first = step(0, "0", "0.08", "0.1");
      expect(text).toBe(
        `{"result":{"equivalent_currency_code":"USDT","current_tariff_step":${first},"tariff_steps":[${first},` +
          `${step(1, "100001", "0.06", "0.095")},${step(2, "250001", "0.055", "0.085")},` +
          `${step(3, "500001", "0.05", "0.075")},${step(4, "2500001", "0.04", "0.07")}],` +
          '"daily_turnover":"0.00000000","monthly_turnover":"0.00000000","circulation_funds":"0.00000000"}}',
      );
    },
  );

  const tariffs = async (house: House) =>
    (await house.call("GET", `${account}/tariffs`, { user: alice })).json.result;

  it("count what was traded, today and in the month, and step up the day after", async () => {
    const house = new House({
      fees: {
        referenceCurrency: "USDT",
        steps: [
          { fromTurnover: atoms(0n), makerPpm: 800, takerPpm: 1_000 },
          { fromTurnover: atoms(10n * 10n ** 16n), makerPpm: -15_000, takerPpm: 1 },
        ],
      },
    }).endow();
    const order = { market: "TRX_USDT", price: "0.3", quantity: "40" };
    await house.order(bob, { ...order, direction: "sell" });
    await house.order(alice, { ...order, direction: "buy" });
    expect(await tariffs(house)).toMatchObject({
      current_tariff_step: { step: "0" },
      daily_turnover: "12.00000000",
      monthly_turnover: "12.00000000",
    });
    house.nowMs += 86_400_000;
    house.deposit(alice, "TRX", "1");
    expect(await tariffs(house)).toMatchObject({
      current_tariff_step: {
        step: "1",
        from_turnover: "10.00000000",
        maker_percent: "-1.5",
        taker_percent: "0.0001",
      },
      daily_turnover: "0.00000000",
      monthly_turnover: "12.00000000",
    });
  });

  it("show the rates that a user has of their own, and everybody's steps as they are set", async () => {
    const house = new House();
    const rates = { makerPpm: -50, takerPpm: 125 };
    house.apply({ kind: "set-fees", fees: { of: "user", user: alice, rates } });
    const own = { step: "0", from_turnover: "0.00000000" };
    const step = { ...own, maker_percent: "0.08", taker_percent: "0.1" };
    expect(await tariffs(house)).toMatchObject({
      current_tariff_step: { ...own, maker_percent: "-0.005", taker_percent: "0.0125" },
      tariff_steps: { 0: step, length: 5 },
    });

    const steps = [{ fromTurnover: atoms(0n), makerPpm: 1, takerPpm: 2 }];
    house.apply({ kind: "set-fees", fees: { of: "user", user: alice, rates: undefined } });
    house.apply({ kind: "set-fees", fees: { of: "default", steps } });
    const only = { ...own, maker_percent: "0.0001", taker_percent: "0.0002" };
    expect(await tariffs(house)).toMatchObject({
      current_tariff_step: only,
      tariff_steps: [only],
    });
  });

  it("show the rates of a market that is asked about, behind those of the user", async () => {
    const house = new House();
    const market = { makerPpm: 10, takerPpm: 20 };
    house.apply({ kind: "set-fees", fees: { of: "market", market: "TRX_USDT", rates: market } });
    const ratesOf = async (query: string) => {
      const { json } = await house.call("GET", `${account}/tariffs${query}`, { user: alice });
      const { maker_percent, taker_percent } = json.result.current_tariff_step;
      return [maker_percent, taker_percent];
    };
    expect(await ratesOf("?market=TRX_USDT")).toEqual(["0.001", "0.002"]);
    expect(await ratesOf("?market=BTC_USDT")).toEqual(["0.08", "0.1"]);
    expect(await ratesOf("")).toEqual(["0.08", "0.1"]);
    const rates = { makerPpm: 1, takerPpm: 2 };
    house.apply({ kind: "set-fees", fees: { of: "user", user: alice, rates } });
    expect(await ratesOf("?market=TRX_USDT")).toEqual(["0.0001", "0.0002"]);
    const unknown = await house.call("GET", `${account}/tariffs?market=X_Y`, { user: alice });
    expect(unknown.json).toEqual({ code: 1, state: 1, message: "Market X_Y not found." });
  });

  it("value what orders hold at last prices, rounded down, and leave out what has no price", async () => {
    const house = new House().endow();
    const trx = { market: "TRX_USDT", price: "0.3", quantity: "40" };
    await house.order(bob, { ...trx, direction: "sell" });
    await house.order(alice, { ...trx, direction: "buy" });
    await house.order(alice, { ...trx, direction: "buy", price: "0.1" });
    await house.order(alice, { ...trx, direction: "sell", price: "0.9", quantity: "10.01" });
    await house.order(alice, {
      market: "BTC_USDT",
      direction: "sell",
      price: "9",
      quantity: "1",
    });
    // 40 × 0.1 USDT, 10.01 TRX at 0.3 each, and a BTC that never had a price.
    expect((await tariffs(house)).circulation_funds).toBe("7.00300000");
  });

  it("name every step once", async () => {
    const steps = (await tariffs(new House())).tariff_steps;
    expect(steps.map(({ step }: { step: string }) => step)).toEqual(
      standardParameters.fees.steps.map((_, index) => String(index)),
    );
  });
});

describe("the token of the stream", () => {
  it("is 64 hexadecimal digits and nothing else", async () => {
    const { status, text } = await new House().call("GET", `${account}/web-socket/token`, {
      user: alice,
    });
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"token":"[0-9a-f]{64}"\}$/);
  });
});

describe("an exchange in trouble", () => {
  it.each([`${account}/balance`, `${account}/tariffs`])("is not told by %s", async (path) => {
    const house = new House();
    house.trouble = { kind: "unavailable", reason: "the disk is on fire" };
    expect(await house.call("GET", path, { user: alice })).toMatchObject({
      status: 500,
      text: '{"code":500,"message":"Server error."}',
    });
  });
});
