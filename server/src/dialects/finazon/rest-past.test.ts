import { describe, expect, it } from "vitest";
import type { StoredTrade } from "../../ports/dataset-reader.ts";
import { minuteBar, nowMs, restHouse } from "./rest-house.fixture.ts";

const ticker = "BTC/USDT";
const about = "dataset=huobi&ticker=BTC/USDT";
const dayS = 86_400;
/** 2023-11-14 00:00:00 UTC, the day on which the tests take place. */
const todayS = 1_699_920_000;

/** A trade so many milliseconds after 1970; the price has two decimals and the quantity three. */
function trade(timeMs: number, changes: Partial<StoredTrade> = {}): StoredTrade {
  return {
    ...{ ticker, venue: "huobi", id: timeMs, eventTimeUs: timeMs * 1_000 + 999 },
    ...{ price: 18_495, priceScale: 2, quantity: 1_000, quantityScale: 3, aggressor: "buy" },
    ...changes,
  };
}

describe("trades", () => {
  it("are written as documented, fractions of a quantity as they were traded", async () => {
    const { feed, text } = restHouse();
    const trades = [trade(1_686_959_999_000), trade(1_686_959_999_001, { quantity: 15 })];
    await feed({ trades });

    expect(await text(`/v1.2/trades?${about}&order=asc`)).toBe(
      '{"data":[{"p":184.95,"s":1,"t":1686959999000},{"p":184.95,"s":0.015,"t":1686959999001}]}',
    );
  });

  it("come newest first, by pages, of whole seconds, in all styles", async () => {
    const { feed, text } = restHouse();
    const trades = [0, 1, 2, 3, 4].map((n) => trade(10_000 + n * 500));
    await feed({ trades, bars: [{ ticker, bar: minuteBar(0) }] });
    const times = async (target: string) =>
      JSON.parse(await text(target)).data.map(({ t }: { t: number }) => t);

    const newestFirst = [12_000, 11_500, 11_000, 10_500, 10_000];
    expect(await times(`/latest/trades?${about}`)).toEqual(newestFirst);
    expect(await times("/v1.0/trades?publisher=huobi&ticker=BTC/USDT")).toEqual(newestFirst);
    expect(await times("/latest/huobi/trades?ticker=BTC/USDT")).toEqual(newestFirst);
    expect(await times("/latest/huobi/huobi/trades?ticker=BTC/USDT")).toEqual(newestFirst);
    expect(await times(`/latest/trades?${about}&page=1&page_size=2`)).toEqual([11_000, 10_500]);
    expect(await times(`/latest/trades?${about}&start_at=11&end_at=11`)).toEqual([11_500, 11_000]);
    expect(await times(`/latest/trades?${about}&start_at=13`)).toEqual([]);
  });

  it.each([
    ["dataset=huobi", 400, "INVALID_PARAMETER", "ticker"],
    [`${about}&order=up`, 400, "INVALID_PARAMETER", "order"],
    [`${about}&page_size=5000`, 400, "INVALID_PARAMETER", "page_size"],
    [`${about}&start_at=2&end_at=1`, 400, "INVALID_DATE_RANGE", "date range"],
    ["dataset=huobi&ticker=NOPE", 400, "INVALID_TICKER", "ticker"],
    [about, 503, "DATA_UNAVAILABLE", "unavailable"],
  ])("of %s are refused with %i %s", async (query, status, code, named) => {
    const [toldStatus, toldCode, message] = await restHouse().refusal(`/latest/trades?${query}`);

    expect([toldStatus, toldCode]).toEqual([status, code]);
    expect(message).toContain(named);
  });
});

describe("price", () => {
  it("is that of the newest minute which begins by the time that is asked for", async () => {
    const { feed, text } = restHouse();
    const bars = [60, 120, 300].map((startS) => ({
      ticker,
      bar: minuteBar(startS, { close: startS }),
    }));
    await feed({ bars });

    expect(await text(`/latest/price?${about}`)).toBe('{"p":3}');
    expect(await text("/latest/huobi/price?ticker=BTC/USDT&prepost=false")).toBe('{"p":3}');
    expect(await text(`/latest/huobi/huobi/price?ticker=BTC/USDT&at=299`)).toBe('{"p":1.2}');
    expect(await text(`/latest/price?${about}&at=120`)).toBe('{"p":1.2}');
    expect(await text(`/latest/price?${about}&at=119`)).toBe('{"p":0.6}');
  });

  it("is unavailable before the first trade, and of what was never traded", async () => {
    const { feed, refusal } = restHouse();
    await feed({ bars: [{ ticker, bar: minuteBar(60) }], known: [{ fromUs: 0, toUs: 9e9 }] });

    for (const target of [`price?${about}&at=59`, "price?dataset=huobi&ticker=AI/USDT"]) {
      expect((await refusal(`/latest/${target}`)).slice(0, 2)).toEqual([503, "DATA_UNAVAILABLE"]);
    }
  });

  it.each([
    [`${about}&at=yesterday`, "INVALID_PARAMETER"],
    ["dataset=huobi&ticker=NOPE", "INVALID_TICKER"],
    ["dataset=nope&ticker=NOPE", "INVALID_PARAMETER"],
  ])("of %s is refused with %s", async (query, code) => {
    expect((await restHouse().refusal(`/latest/price?${query}`))[1]).toBe(code);
  });
});

describe("the snapshot", () => {
  /** A day with one minute in it. */
  const day = (daysAgo: number, close: number, changes = {}) => ({
    ticker,
    bar: minuteBar(todayS - daysAgo * dayS + 3_600, {
      ...{ open: 100_00, high: close + 100, low: close - 100, close, volume: 3_000 },
      ...changes,
    }),
  });

  it("is made of the last trade and of the days that are stored", async () => {
    const { feed, text } = restHouse();
    await feed({
      bars: [
        ...[day(400, 99_999_99), day(363, 80_00, { open: 64_00 }), day(31, 125_00)],
        ...[day(8, 150_00), day(2, 160_00), day(0, 200_00, { volume: 6_000 })],
      ],
      trades: [trade(nowMs, { price: 200_00, quantity: 1_500 })],
    });

    const snapshot = JSON.parse(await text(`/latest/ticker/snapshot?${about}`));
    expect(snapshot).toEqual({
      lt: { p: "200", s: 1.5, tm: nowMs },
      "1d": { o: "100", h: "201", l: "199", c: "200", v: "6" },
      p1d: { o: "100", h: "161", l: "159", c: "160", v: "3" },
      // November: the days 0, 2 and 8 days ago.
      "1m": { o: "100", h: "201", l: "149", c: "200", v: "12" },
      "52w": {
        ...{ h: "201", ht: todayS, l: "79", lt: todayS - 363 * dayS },
        ...{ ch: 136, chp: 2.125, av: 3.6 },
      },
      ch: { dap: 0.25, wep: 0.333333, mop: 0.6 },
    });
  });

  it("has the keys of the documented sample in its order, prices as texts", async () => {
    const { feed, text } = restHouse();
    await feed({ bars: [day(1, 150_00), day(0, 144_00)], trades: [trade(nowMs)] });

    const snapshot = '{"lt":{"p":"184.95","s":1,"tm":1700000000000},"1d":{"o":"100"';
    expect(await text("/latest/huobi/huobi/ticker_snapshot?ticker=BTC/USDT")).toContain(snapshot);
    expect(await text("/latest/huobi/ticker_snapshot?ticker=BTC/USDT")).toContain('"dap":0.233');
  });

  it("of a ticker's first day says what it cannot know", async () => {
    const { feed, text } = restHouse();
    await feed({ bars: [day(0, 110_00)] });

    expect(JSON.parse(await text(`/latest/ticker/snapshot?${about}`))).toMatchObject({
      lt: { p: "110", s: null, tm: (todayS + 3_659) * 1_000 },
      p1d: null,
      "52w": { ch: 10, chp: 0.1 },
      ch: { dap: null, wep: null, mop: null },
    });
  });

  it("takes the newest day with trades for today", async () => {
    const { feed, text } = restHouse();
    await feed({ bars: [day(500, 100_00), day(501, 50_00)] });

    expect(JSON.parse(await text(`/latest/ticker/snapshot?${about}`))).toMatchObject({
      "1d": { c: "100" },
      p1d: { c: "50" },
      ch: { dap: 1 },
    });
  });

  it.each([
    [about, 503, "DATA_UNAVAILABLE"],
    ["dataset=huobi&ticker=NOPE", 400, "INVALID_TICKER"],
    [`${about}&market=XNAS`, 400, "UNSUPPORTED_MARKET"],
  ])("of %s is refused with %i %s", async (query, status, code) => {
    const refused = await restHouse().refusal(`/latest/ticker/snapshot?${query}`);
    expect(refused.slice(0, 2)).toEqual([status, code]);
  });
});

describe("my_datasets", () => {
  it("are those that the workspace may use, with its limits and nothing that is not so here", async () => {
    const { text } = restHouse({
      limits: { datasets: ["huobi"], restCallsPerMinuteMax: 30, connectionsMax: 3 },
    });

    const { data, meta } = JSON.parse(await text("/latest/my_datasets"));
    expect(data).toEqual([
      {
        ...{ code: "huobi", name: "Huobi", status: "active", start_at: 1_692_098_753 },
        ...{ finish_at: null, active_until: null, next_renewal: null },
        ...{ price_period: null, price_total: 0 },
        details: [
          { title: "API requests", value: "30 per minute" },
          { title: "WebSocket connections", value: "3" },
          { title: "WebSocket messages", value: "100 per minute" },
          { title: "Tickers per connection", value: "unlimited" },
        ],
      },
    ]);
    expect(meta).toEqual({ pagination: { page: 0, per_page: 1_000 } });
  });
});

describe("api_usage", () => {
  it("tells the calls of this minute, all of them and those about a dataset by kind", async () => {
    const { call, text } = restHouse({
      limits: { restCallsPerMinuteMax: 30, datasets: ["huobi", "forex"] },
    });
    const series = "time_series?ticker=BTC/USDT&interval=1m";
    for (const target of [
      ...[`${series}&dataset=huobi`, `huobi/huobi/${series}`, `huobi/${series}&order=bad`],
      ...[`trades?${about}`, `price?${about}`, `ticker/snapshot?${about}`],
      ...["tickers/crypto?dataset=huobi", "tickers/forex?dataset=forex", "datasets", "nope"],
    ]) {
      await call(`/latest/${target}`);
    }

    const { data } = JSON.parse(await text("/latest/api_usage"));
    const of = (usage: number) => ({ limit: 30, usage });
    expect(data[0]).toEqual({
      product: "huobi",
      api_calls: of(10),
      api_calls_time_series: of(3),
      api_calls_trades: of(1),
      api_calls_reference: of(1),
      api_calls_snapshots: of(1),
      api_calls_price: of(1),
      historical_api_calls: of(4),
    });
    expect(data[1]).toMatchObject({ product: "forex", api_calls_reference: of(1) });
    expect(data).toHaveLength(2);
  });

  it("is told of one product, and without a limit where there is none", async () => {
    const { text } = restHouse();

    const { data } = JSON.parse(await text("/latest/api_usage?product=forex"));
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ product: "forex", api_calls: { limit: null, usage: 1 } });
    expect(JSON.parse(await text("/latest/api_usage?product=nope")).data).toEqual([]);
  });
});

describe("lists of what is not known here", () => {
  it("of markets: one to each publisher of crypto pairs, and no stock market", async () => {
    const { text } = restHouse();

    expect(JSON.parse(await text("/latest/markets/crypto")).data).toEqual([
      { code: "crypto_huobi", name: "Huobi" },
    ]);
    expect(JSON.parse(await text("/latest/markets/crypto?code=crypto_nope")).data).toEqual([]);
    expect(JSON.parse(await text("/latest/markets/stocks?country=US")).data).toEqual([]);
  });

  it("of stocks: their names, and nothing else", async () => {
    const { text } = restHouse();
    const unknown = { currency: "", security: "", mic: "", asset_type: "", cik: "" };
    const ids = { composite_figi: "", share_figi: "", lei: "" };

    expect(JSON.parse(await text("/latest/tickers/us_stocks?ticker=AAPL")).data).toEqual([
      { ticker: "AAPL", ...unknown, ...ids },
    ]);
  });
});
