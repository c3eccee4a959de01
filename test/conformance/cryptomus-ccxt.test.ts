/** The adapter `cryptomus` of the public package `ccxt`, unmodified but for its addresses. */
import { readFileSync } from "node:fs";
import ccxt, { type cryptomus as CryptomusAdapter } from "ccxt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerInside, startServerInside } from "../support/server-here.ts";

const symbol = "BTC/USDT";
let server: ServerInside;
let exchange: CryptomusAdapter;

function adapter(credentials: { uid: string; secret: string }): CryptomusAdapter {
  const made = new ccxt.cryptomus({ ...credentials, enableRateLimit: false });
  made.urls["api"] = { public: server.http, private: server.http };
  return made;
}

beforeAll(async () => {
  server = await startServerInside();
  const { userId, apiKey } = server.demoUser(0);
  exchange = adapter({ uid: userId, secret: apiKey });
  await exchange.loadMarkets();
});
afterAll(() => server.stop());

/** The newest price of a market, which the participants make. */
async function lastPrice(): Promise<number> {
  let last: number | undefined;
  await expect
    .poll(async () => {
      last = (await exchange.fetchTickers())[symbol]?.last;
      return last ?? 0;
    })
    .toBeGreaterThan(0);
  return last ?? 0;
}

describe("public data", () => {
  it("lists the markets and what they are made of", () => {
    const market = exchange.market(symbol);
    expect(market).toMatchObject({ id: "BTC_USDT", base: "BTC", quote: "USDT", type: "spot" });
    expect(exchange.symbols).toEqual(expect.arrayContaining(["BTC/USDT", "ETH/USDT", "TRX/USDT"]));
  });

  it("swaps a market's two precisions, which the lines of examples/ccxt-order.js mend", async () => {
    const { userId, apiKey } = server.demoUser(0);
    const mended = adapter({ uid: userId, secret: apiKey });
    await mended.loadMarkets();
    // A lot of BTC_USDT is 0.000001 and a tick 0.01.
    expect(mended.market(symbol).precision).toMatchObject({ amount: 0.01, price: 0.000001 });
    expect(() => mended.amountToPrecision(symbol, 0.001)).toThrow(/minimum amount precision/);

    const example = readFileSync(new URL("../../examples/ccxt-order.js", import.meta.url), "utf8");
    const lines = example.slice(example.indexOf("function mendPrecisions"));
    new Function("exchange", `${lines}\nmendPrecisions(exchange);`)(mended);
    expect(mended.amountToPrecision(symbol, 0.0123456789)).toBe("0.012345");
    expect(mended.priceToPrecision(symbol, 20_000.126)).toBe("20000.13");
  });

  it("lists the assets with their networks", async () => {
    const currencies = await exchange.fetchCurrencies();
    expect(Object.keys(currencies ?? {})).toEqual(expect.arrayContaining(["BTC", "USDT", "TRX"]));
    expect(currencies?.["BTC"]).toMatchObject({ deposit: true, withdraw: true });
  });

  it("shows tickers with last price and volumes", async () => {
    const last = await lastPrice();
    const ticker = (await exchange.fetchTickers([symbol]))[symbol];
    expect(last).toBeGreaterThan(0);
    expect(ticker?.baseVolume).toBeGreaterThan(0);
    expect(ticker?.quoteVolume).toBeGreaterThan(0);
  });

  it("shows an order book in order, bids below asks", async () => {
    const book = await exchange.fetchOrderBook(symbol);
    const bids = book.bids.map(([price]) => Number(price));
    const asks = book.asks.map(([price]) => Number(price));
    expect(bids.length).toBeGreaterThan(5);
    expect(asks.length).toBeGreaterThan(5);
    expect(bids).toEqual(bids.toSorted((left, right) => right - left));
    expect(asks).toEqual(asks.toSorted((left, right) => left - right));
    expect(bids[0]).toBeLessThan(asks[0] ?? 0);
    expect(Math.abs((book.timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("shows trades whose cost is price × amount", async () => {
    await lastPrice();
    const trades = await exchange.fetchTrades(symbol);
    expect(trades.length).toBeGreaterThan(0);
    for (const { price, amount, cost, side, id } of trades) {
      expect(id).toMatch(/^[0-9A-Z]{26}$/);
      expect(["buy", "sell"]).toContain(side);
      expect(cost).toBeCloseTo(Number(price) * Number(amount), 8);
    }
  });
});

describe("an account", () => {
  it("sees its balance, and what an order holds of it until it is cancelled", async () => {
    const before = await exchange.fetchBalance();
    const price = Math.floor((await lastPrice()) / 2);
    const order = await exchange.createOrder(symbol, "limit", "buy", 0.01, price, {
      clientOrderId: "ccxt-1",
    });
    expect(order.id).toMatch(/^[0-9A-Z]{26}$/);

    const open = await exchange.fetchOpenOrders(symbol);
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ id: order.id, side: "buy", price, amount: 0.01, filled: 0 });
    expect(open[0]?.clientOrderId).toBe("ccxt-1");
    const during = await exchange.fetchBalance();
    expect(during["USDT"]?.used).toBeCloseTo(Number(before["USDT"]?.used) + price * 0.01, 8);

    await exchange.cancelOrder(order.id ?? "");
    expect(await exchange.fetchOpenOrders(symbol)).toEqual([]);
    expect(await exchange.fetchBalance()).toEqual({ ...before, info: expect.anything() });
    const [closed] = await exchange.fetchCanceledAndClosedOrders(symbol, undefined, 1);
    expect(closed).toMatchObject({ id: order.id, status: "canceled", filled: 0, type: "limit" });
    await expect(exchange.cancelOrder(order.id ?? "")).rejects.toThrow("not found");
  });

  it("buys for an amount of quote and sells a quantity of base at the market", async () => {
    const price = await lastPrice();
    const bought = await exchange.createOrder(symbol, "market", "buy", 0.01, price);
    const sold = await exchange.createOrder(symbol, "market", "sell", 0.005);
    const [sell, buy] = await exchange.fetchCanceledAndClosedOrders(symbol, undefined, 2);
    expect(buy).toMatchObject({ id: bought.id, side: "buy", type: "market" });
    expect(buy?.filled).toBeGreaterThan(0.009);
    expect(buy?.fee).toMatchObject({ currency: "BTC" });
    expect(sell).toMatchObject({ id: sold.id, side: "sell", type: "market", status: "closed" });
    expect(sell?.filled).toBe(0.005);
    expect(sell?.fee).toMatchObject({ currency: "USDT" });
    expect(sell?.fee?.cost).toBeGreaterThan(0);
    expect(sell?.average).toBeCloseTo(price, -4);
  });

  it("is told what an order cost, not what it had asked for", async () => {
    await lastPrice();
    // An amount of quote that no number of lots comes to.
    const { info: placed } = await exchange.createOrder(symbol, "market", "buy", 1, 9_999.000001);
    const limit = Math.ceil((await lastPrice()) * 1.02);
    await exchange.createOrder(symbol, "limit", "buy", 0.001, limit);
    const closed = await exchange.fetchCanceledAndClosedOrders(symbol, undefined, 2);
    expect(closed[1]?.id).toBe(placed.order_id);
    for (const { cost, filled, average, info } of closed) {
      expect(cost).toBeCloseTo(Number(info.filledValue), 6);
      expect(cost).toBeCloseTo(Number(filled) * Number(average), 6);
    }
  });

  it("crosses the book with a limit order and is closed at once", async () => {
    const price = Math.ceil((await lastPrice()) * 1.01);
    const order = await exchange.createOrder(symbol, "limit", "buy", 0.001, price);
    const [closed] = await exchange.fetchCanceledAndClosedOrders(symbol, undefined, 1);
    expect(closed).toMatchObject({ id: order.id, status: "closed", filled: 0.001 });
  });

  it("knows its trading fees, in steps", async () => {
    const fees = await exchange.fetchTradingFees();
    expect(fees[symbol]).toMatchObject({ maker: 0.0008, taker: 0.001, percentage: true });
    expect(fees[symbol]?.tiers?.["maker"]?.[1]).toEqual([100_001, 0.0006]);
  });
});

describe("what goes wrong", () => {
  it("is an ExchangeError naming the signature when the key is wrong", async () => {
    const { userId } = server.demoUser(0);
    const wrong = adapter({ uid: userId, secret: "not the key" });
    const failure = wrong.fetchBalance();
    await expect(failure).rejects.toThrow(ccxt.ExchangeError);
    await expect(failure).rejects.toThrow("Invalid Sign.");
  });

  it("is InsufficientFunds when there is too little money", async () => {
    const price = Math.floor((await lastPrice()) / 2);
    const failure = exchange.createOrder(symbol, "limit", "buy", 50, price);
    await expect(failure).rejects.toThrow(ccxt.InsufficientFunds);
    await expect(failure).rejects.toThrow("Insufficient funds.");
  });

  it("is an ExchangeError with the documented code for a size out of range", async () => {
    const price = Math.floor((await lastPrice()) / 2);
    const failure = exchange.createOrder(symbol, "limit", "buy", 0.0000001, price);
    await expect(failure).rejects.toThrow(ccxt.ExchangeError);
  });
});
