import { beforeEach, describe, expect, it } from "vitest";
import { marketId } from "./ids.ts";
import { alice, bob, House, secrets, startMs } from "./rest-house.fixture.ts";
import { bookLevelsMax } from "./rest-market-data.ts";

let house: House;
beforeEach(() => {
  house = new House().endow();
});

/** Bob sells, Alice buys. */
async function trade(price: string, quantity: string): Promise<void> {
  await house.order(bob, { market: "TRX_USDT", direction: "sell", price, quantity });
  await house.order(alice, { market: "TRX_USDT", direction: "buy", price, quantity });
}

const get = (target: string) => house.call("GET", target);

describe("lists of markets", () => {
  it("of the stream's documentation have 16 decimals and full names", async () => {
    const { text } = await get("/v1/exchange/market");
    expect(text).toBe(
      `{"result":[{"id":"${marketId("TRX_USDT", secrets)}","symbol":"TRX_USDT","baseCurrency":"TRX","quoteCurrency":"USDT",` +
        `"baseMinSize":"10.0000000000000000","quoteMinSize":"1.0000000000000000","baseMaxSize":"10000000000.0000000000000000",` +
        `"quoteMaxSize":"10000000.0000000000000000","basePrec":"2","quotePrec":"4","baseCurrencyFullName":"TRON","quoteCurrencyFullName":"Tether USD"},` +
        `{"id":"${marketId("BTC_USDT", secrets)}","symbol":"BTC_USDT","baseCurrency":"BTC","quoteCurrency":"USDT",` +
        `"baseMinSize":"0.0000100000000000","quoteMinSize":"0.1000000000000001","baseMaxSize":"10000.0000000000000000",` +
        `"quoteMaxSize":"99999999.0000000000000000","basePrec":"8","quotePrec":"2","baseCurrencyFullName":"Bitcoin","quoteCurrencyFullName":"Tether USD"}]}`,
    );
  });

  it("of the trading documentation have 8 decimals, or 16 where 8 would round", async () => {
    const { json } = await get("/v2/user-api/exchange/markets");
    expect(json.result[0]).toEqual({
      id: marketId("TRX_USDT", secrets),
      symbol: "TRX_USDT",
      baseCurrency: "TRX",
      quoteCurrency: "USDT",
      baseMinSize: "10.00000000",
      quoteMinSize: "1.00000000",
      baseMaxSize: "10000000000.00000000",
      quoteMaxSize: "10000000.00000000",
      basePrec: "2",
      quotePrec: "4",
    });
    expect(json.result[1].quoteMinSize).toBe("0.1000000000000001");
  });

  it("have an asset for each currency, once", async () => {
    const { text } = await get("/v1/exchange/market/assets");
    const asset = (code: string) =>
      `{"currency_code":"${code}","network_code":"${code.toLowerCase()}","can_withdraw":true,"can_deposit":true,` +
      `"min_withdraw":"0.00000001","max_withdraw":"10000000000.00000000","max_deposit":"10000000000.00000000","min_deposit":"0.00000001"}`;
    expect(text).toBe(`{"state":0,"result":[${["TRX", "USDT", "BTC"].map(asset).join(",")}]}`);
  });
});

describe("depth scales", () => {
  it("are the tick times powers of ten, finest first", async () => {
    const { text } = await get("/api/v2/symbol-scales?symbol=TRX_USDT");
    expect(text).toBe(
      '{"status":"success","message":"success","data":[{"scale":"0.0001","index":0},{"scale":"0.001","index":1},' +
        '{"scale":"0.01","index":2},{"scale":"0.1","index":3},{"scale":"1","index":4},{"scale":"10","index":5}]}',
    );
  });

  it("of a tick that is no power of ten are its multiples", async () => {
    const { json } = await get("/api/v2/symbol-scales?symbol=BTC_USDT");
    expect(json.data.map(({ scale }: { scale: string }) => scale)).toEqual([
      "0.05",
      "0.5",
      "5",
      "50",
      "500",
      "5000",
    ]);
  });
});

describe("the price of a market", () => {
  it.each(["/v2/user-api/exchange/markets/price", "/v2/user-api/exchange/market/price"])(
    "is answered on %s",
    async (path) => {
      await trade("0.2962", "67.54");
      expect((await get(`${path}?symbol=TRX_USDT`)).text).toBe('{"price":"0.2962"}');
    },
  );

  it("is not made up before the first trade", async () => {
    expect(await get("/v2/user-api/exchange/markets/price?symbol=TRX_USDT")).toMatchObject({
      status: 422,
      text: '{"code":1,"state":1,"message":"Market TRX_USDT has no price yet."}',
    });
  });

  it("without a symbol is refused with the documented body", async () => {
    for (const query of ["", "?symbol="]) {
      expect(await get(`/v2/user-api/exchange/markets/price${query}`)).toMatchObject({
        status: 422,
        json: {
          code: 0,
          message: "Validation failed.",
          errors: [
            {
              property: "symbol",
              value: query === "" ? null : "",
              message: "This value should not be blank.",
            },
          ],
        },
      });
    }
  });
});

describe("the order book", () => {
  it("stands under result and data, best prices first", async () => {
    await house.order(bob, { market: "TRX_USDT", direction: "sell", price: "0.31", quantity: 30 });
    await house.order(bob, { market: "TRX_USDT", direction: "sell", price: "0.3", quantity: 20 });
    await house.order(alice, { market: "TRX_USDT", direction: "buy", price: "0.29", quantity: 10 });
    const { text } = await get("/v1/exchange/market/order-book/TRX_USDT?level=0");
    const book =
      '{"timestamp":"1734003619","bids":[{"price":"0.29","quantity":"10"}],' +
      '"asks":[{"price":"0.3","quantity":"20"},{"price":"0.31","quantity":"30"}]}';
    expect(text).toBe(`{"state":0,"result":${book},"data":${book}}`);
  });

  it("is the finest one when no level is given, and grouped by the one that is", async () => {
    await house.order(bob, {
      market: "TRX_USDT",
      direction: "sell",
      price: "0.3001",
      quantity: 20,
    });
    await house.order(bob, {
      market: "TRX_USDT",
      direction: "sell",
      price: "0.3002",
      quantity: 20,
    });
    const asks = async (query: string) =>
      (await get(`/v1/exchange/market/order-book/TRX_USDT${query}`)).json.data.asks;
    expect(await asks("")).toHaveLength(2);
    expect(await asks("?level=2")).toEqual([{ price: "0.31", quantity: "40" }]);
  });

  it.each([
    ["6", "This value should be between 0 and 5."],
    ["-1", "This value should be of type integer."],
    ["1.0", "This value should be of type integer."],
    ["x", "This value should be of type integer."],
  ])("has no level %s", async (level, message) => {
    expect(await get(`/v1/exchange/market/order-book/TRX_USDT?level=${level}`)).toMatchObject({
      status: 422,
      json: { code: 0, errors: [{ property: "level", value: level, message }] },
    });
  });

  it("is cut to a bound", async () => {
    for (let index = 0; index < 140; index += 1) {
      for (const user of [alice, bob]) {
        const price = `1.${String(1_000 + 2 * index + (user === alice ? 0 : 1))}`;
        await house.order(user, { market: "TRX_USDT", direction: "sell", price, quantity: 10 });
      }
    }
    const { json } = await get("/v1/exchange/market/order-book/TRX_USDT");
    expect(json.result.asks).toHaveLength(bookLevelsMax);
    expect(json.result.asks[0].price).toBe("1.1");
  });
});

describe("tickers", () => {
  it("leave out markets that never traded", async () => {
    expect((await get("/v1/exchange/market/tickers")).text).toBe(
      '{"state":0,"result":[],"data":[]}',
    );
  });

  it("have the last price and both volumes of 24 hours", async () => {
    await trade("0.3", "10");
    await trade("0.2962", "67.54");
    const list =
      '[{"currency_pair":"TRX_USDT","last_price":"0.2962","base_volume":"77.54","quote_volume":"23.005348"}]';
    expect((await get("/v1/exchange/market/tickers")).text).toBe(
      `{"state":0,"result":${list},"data":${list}}`,
    );
  });

  it("keep the last price of a market without trades for a day", async () => {
    await trade("0.3", "10");
    house.nowMs += 86_400_000;
    expect((await get("/v1/exchange/market/tickers")).json.data).toEqual([
      { currency_pair: "TRX_USDT", last_price: "0.3", base_volume: "0", quote_volume: "0" },
    ]);
  });
});

describe("trades", () => {
  it("are listed newest first, with the volumes' names swapped", async () => {
    await trade("0.3", "10");
    house.nowMs += 2_500;
    await trade("0.2962", "67.54");
    const { json } = await get("/v1/exchange/market/trades/TRX_USDT");
    expect(json.data).toEqual(json.result);
    expect(json.data).toEqual([
      {
        trade_id: expect.stringMatching(/^01JEXAP[0-9A-Z]{19}$/),
        price: "0.2962000000000000",
        base_volume: "20.0053480000000000",
        quote_volume: "67.5400000000000000",
        timestamp: startMs / 1_000 + 2,
        type: "buy",
      },
      {
        trade_id: expect.stringMatching(/^01JEXAP[0-9A-Z]{19}$/),
        price: "0.3000000000000000",
        base_volume: "3.0000000000000000",
        quote_volume: "10.0000000000000000",
        timestamp: startMs / 1_000,
        type: "buy",
      },
    ]);
    expect(json.data[0].trade_id > json.data[1].trade_id).toBe(true);
  });

  it("are an empty list before the first one", async () => {
    expect((await get("/v1/exchange/market/trades/TRX_USDT")).text).toBe(
      '{"state":0,"result":[],"data":[]}',
    );
  });
});

describe("a market that does not exist", () => {
  it.each([
    "/api/v2/symbol-scales?symbol=BTC_EUR",
    "/v2/user-api/exchange/markets/price?symbol=BTC_EUR",
    "/v1/exchange/market/order-book/BTC_EUR",
    "/v1/exchange/market/trades/BTC_EUR",
  ])("is refused by %s", async (target) => {
    expect(await get(target)).toMatchObject({
      status: 422,
      text: '{"code":1,"state":1,"message":"Market BTC_EUR not found."}',
    });
  });

  it("has a name that is cut before it is repeated", async () => {
    const { json } = await get(`/v1/exchange/market/trades/${"%F0%9F%98%80".repeat(100)}`);
    expect(json.message).toBe(`Market ${"😀".repeat(32)} not found.`);
  });
});
