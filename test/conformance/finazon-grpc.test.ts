/**
 * Finazon's gRPC over real sockets, asked by a client that is made from the same `.proto` file: each procedure tells what REST
 * tells of the same question, with the names and types of its messages (docs/protocols/finazon).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialects } from "../../server/src/main/dialects.ts";
import type { DatasetReader } from "../../server/src/ports/dataset-reader.ts";
import type { Protocol } from "../../server/src/ports/protocol.ts";
import { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { GrpcClient, grpcMissing } from "../support/grpc-client.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-finazon-grpc-"));
afterAll(() => rmSync(folder, { recursive: true }));

const startS = 1_699_540_020;
const minutes = 1_200;

/** Datasets and their tickers; what the simulator says of them is told nowhere here. */
const datasets: Readonly<Record<string, readonly string[]>> = {
  binance: ["BTC/USDT"],
  crypto: ["BTC/USDT", "ETH/USDT"],
  forex: ["EUR/USD"],
  us_stocks_essential: ["AAPL"],
};

const yaml = Object.entries(datasets)
  .map(([code, tickers]) => {
    const market = tickers.map(
      (ticker) =>
        `{ticker: ${ticker}, startPrice: "100", tickSize: "0.01", lotSize: "1", medianQuantity: "1", tradesPerSecond: 0.01}`,
    );
    const publisher = code === "binance" ? "binance" : "finazon";
    return `  - {code: ${code}, name: The ${code} data, publisher: ${publisher}, feed: {kind: simulator, tickers: [${market}]}}`;
  })
  .join("\n");

/** Trades of half and of whole units, and bars that tell which one each is. */
async function story(): Promise<DatasetReader> {
  const store = new MemoryDatasetStore();
  for (const [dataset, tickers] of Object.entries(datasets)) {
    const bars = tickers.flatMap((ticker) =>
      Array.from({ length: ticker === "AAPL" ? 100 : minutes }, (_, before) => {
        const n = minutes - 1 - before;
        const startUs = (startS + n * 60) * 1_000_000;
        const wave = (n * 7_919) % 211;
        const prices = { priceScale: 2, open: 10_000 + wave, close: 10_000 + ((wave * 3) % 211) };
        const range = { high: 10_300 + wave, low: 9_900 - (wave % 7) };
        const volumes = { volumeScale: 3, volume: 1_500 + n, quoteVolume: 7n, revision: 0 };
        const taker = {
          takerBuyVolume: n % 2 === 0 ? 700 : undefined,
          takerBuyQuoteVolume: undefined,
        };
        const times = { startUs, firstUs: startUs, lastUs: startUs + 59_000_000, tradeCount: 2 };
        return { ticker, bar: { ...prices, ...range, ...volumes, ...taker, ...times } };
      }),
    );
    const trades = tickers.flatMap((ticker) =>
      Array.from({ length: 40 }, (_, n) => ({
        ...{ ticker, venue: dataset, id: n, aggressor: "buy" as const },
        ...{ price: 10_001 + n, priceScale: 2, quantity: 5 * (n + 1), quantityScale: 1 },
        eventTimeUs: (startS + (minutes - 1) * 60) * 1_000_000 + n * 1_000 + 59_000_000,
      })),
    );
    const endUs = (startS + minutes * 60) * 1_000_000;
    await store.put({
      ...{ dataset, trades, bars, gaps: [] },
      position: { epoch: "e", sequence: 1, timeUs: endUs },
      known: [{ fromUs: startS * 1_000_000, toUs: endUs }],
    });
  }
  return store;
}

/** The protocols of every server, with the past that a test tells. */
function withHistory(history: DatasetReader): readonly Protocol[] {
  return dialects.map((protocol) => ({
    ...protocol,
    open: (context, config) => protocol.open({ ...context, history }, config),
  }));
}

type Row = Readonly<Record<string, number | string | null>>;

const bar = ({ t, o, h, l, c, v }: Row) => ({
  ...{
    timestamp: t,
    open: o,
    high: h,
    low: l,
    close: c,
    ...(v === undefined ? {} : { volume: v }),
  },
});
const figures = ({ t, ...others }: Row) => ({ timestamp: t, ...others });
const same = (row: Row) => row;
const some = { dataset: "crypto", ticker: "BTC/USDT", interval: "1m", page_size: 40 };
const within = { start_at: startS + 6_000, end_at: startS + 9_000, order: "asc" };

/** Name, request, path of REST, its query where that is another one, and what a row of its `data` becomes. */
const questions: readonly (readonly [string, object, string, object, (row: Row) => object])[] = [
  ["TimeSeriesService/GetTimeSeries", some, "time_series", some, bar],
  [
    "TimeSeriesService/GetTimeSeries",
    { ...some, page: 3 },
    "time_series",
    { ...some, page: 3 },
    bar,
  ],
  [
    "TimeSeriesService/GetTimeSeries",
    { ...some, ...within },
    "time_series",
    { ...some, ...within },
    bar,
  ],
  [
    "TimeSeriesService/GetTimeSeries",
    { ...some, page_size: 1_000, prepost: true, adjust: "splits" },
    ...(["time_series", { ...some, page_size: 1_000 }, bar] as const),
  ],
  [
    "TimeSeriesService/GetTimeSeries",
    { publisher: "crypto", ticker: "ETH/USDT", interval: "1h", market: "crypto_finazon", cqs: "x" },
    ...([
      "time_series",
      { ...some, ticker: "ETH/USDT", interval: "1h", page_size: 30 },
      bar,
    ] as const),
  ],
  ...(
    [
      ["Atr", {}],
      ["Atr", { time_period: 3 }],
      ["BBands", { sd: 0.1 + 0.2, ma_type: "EMA", series_type: "open", time_period: 5 }],
      ["Ichimoku", {}],
      ["Ichimoku", { include_ahead_span_period: false }],
      ["Ma", { ma_type: "wma", time_period: 4, series_type: "high" }],
      ["Macd", { fast_period: 3, slow_period: 9, signal_period: 4 }],
      ["Obv", { series_type: "low" }],
      ["Rsi", { time_period: 7 }],
      ["Sar", { acceleration: 0.03, maximum: 0.25 }],
      ["Stoch", { fast_k_period: 5, slow_k_period: 2, slow_dma_type: "EMA" }],
    ] as const
  ).map(
    ([name, more]) =>
      [
        `TimeSeriesService/GetTimeSeries${name}`,
        { ...more, time_series: some },
        `time_series/${name.toLowerCase()}`,
        { ...some, ...more, ...("sd" in more ? { sd: "0.3" } : {}) },
        figures,
      ] as const,
  ),
  [
    "BinanceService/GetTimeSeries",
    { ticker: "BTC/USDT", interval: "1m", page_size: 5 },
    "binance/time_series",
    { ticker: "BTC/USDT", interval: "1m", page_size: 5 },
    ({ t, o, h, l, c, tr, bv, qv, tbv, tqv }) => ({
      ...{ timestamp: t, open: o, high: h, low: l, close: c, trades: tr, base_volume: bv },
      ...{ quote_volume: qv, taker_buy_base_asset_volume: tbv, taker_buy_quote_asset_volume: tqv },
    }),
  ],
  [
    "CryptoService/GetTimeSeries",
    { ticker: "ETH/USDT", interval: "5m", ...within },
    ...(["crypto/time_series", { ticker: "ETH/USDT", interval: "5m", ...within }, bar] as const),
  ],
  [
    "ForexService/GetTimeSeries",
    { ticker: "EUR/USD", interval: "1d" },
    ...(["forex/time_series", { ticker: "EUR/USD", interval: "1d" }, bar] as const),
  ],
  [
    "TradeService/GetTrades",
    { dataset: "crypto", ticker: "BTC/USDT", page: 1, page_size: 25, order: "ASC" },
    "trades",
    { dataset: "crypto", ticker: "BTC/USDT", page: 1, page_size: 25, order: "ASC" },
    ({ t, p, s }) => ({ trade_date: t, price: p, quantity: Math.trunc(Number(s)) }),
  ],
  [
    "TickersService/FindTickersCrypto",
    ...([{ publisher: "crypto" }, "tickers/crypto", { publisher: "crypto" }] as const),
    (row) => ({ ...row, publisher_name: "finazon" }),
  ],
  [
    "TickersService/FindTickersCrypto",
    ...([{ publisher: "binance" }, "tickers/crypto", { dataset: "binance" }] as const),
    (row) => ({ ...row, publisher_name: "The binance data" }),
  ],
  ["TickersService/FindTickersForex", {}, "tickers/forex", {}, same],
  [
    "TickersService/FindTickersStocks",
    ...([{ dataset: "us_stocks_essential" }, "tickers/stocks", {}] as const),
    (row) => ({ ...row, publisher_name: "finazon" }),
  ],
  [
    "TickersService/FindTickersUS",
    { ticker: "AAPL" },
    "tickers/us_stocks",
    { ticker: "AAPL" },
    same,
  ],
  [
    "DatasetsService/GetDatasets",
    { page_size: 2, page: 1 },
    "datasets",
    { page_size: 2, page: 1 },
    same,
  ],
  ["DatasetsService/GetDatasets", { code: "forex" }, "datasets", { code: "forex" }, same],
  ["PublisherService/GetPublishers", {}, "publishers", {}, same],
  ["ExchangeService/GetMarketsCrypto", {}, "markets/crypto", {}, same],
];

describe.skipIf(grpcMissing !== undefined)("Finazon's gRPC", () => {
  let here: ServerHere;
  let client: GrpcClient;
  let key = "";
  beforeAll(async () => {
    const data = join(folder, "data");
    const file = join(folder, "openbourse.yaml");
    writeFileSync(file, `datasets:\n${yaml}\nlimits: {restCallsPerMinuteMax: 10000}\n`);
    here = await startServerHere({
      ...{ data, file, protocols: withHistory(await story()) },
      settings: { "server.grpc.port": 0 },
    });
    key = addKey(data, "desk").key;
    client = await GrpcClient.open({ port: here.server.grpcPort ?? 0, key });
  });
  afterAll(async () => {
    client.close();
    await here.server.stop();
  });

  const rest = async (path: string, query: object) => {
    const text = Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]);
    const reply = await fetch(`${here.http}/v1/${path}?${new URLSearchParams(text)}`, {
      headers: { authorization: `apikey ${key}` },
    });
    expect(reply.status, path).toBe(200);
    return { body: await reply.json(), headers: reply.headers };
  };

  it.each(questions)("%s tells what REST tells: %j", async (name, request, path, query, toRow) => {
    const { body } = await rest(path, query);
    const { message } = await client.call(name, request);

    const wanted = (body as { data: readonly Row[] }).data.map((row) => known(toRow(row)));
    expect(wanted.length).toBeGreaterThan(0);
    expect(message).toEqual({ result: wanted });
  });

  it.each([
    { dataset: "crypto", ticker: "BTC/USDT", isYoung: false },
    { dataset: "us_stocks_essential", ticker: "AAPL", isYoung: true },
  ])(
    "tells the snapshot of $ticker as REST does, with whole quantities",
    async ({ isYoung, ...of }) => {
      const { body } = await rest("ticker/snapshot", of);
      const { message, trailer } = await client.call("SnapshotService/GetSnapshot", of);

      const told = body as Record<string, Row | null>;
      const last = told["lt"] ?? {};
      const year = told["52w"] ?? {};
      const changes = told["ch"] ?? {};
      const changed = known({
        day_change_percent: changes["dap"],
        week_change_percent: changes["wep"],
        month_change_percent: changes["mop"],
      });
      expect(message).toEqual({
        ...{
          last_day: day(told["1d"]),
          last_month: day(told["1m"]),
          previous_day: day(told["p1d"]),
        },
        last_trade: {
          ...{
            event_at: last["tm"],
            price: Number(last["p"]),
            shares: Math.trunc(Number(last["s"])),
          },
        },
        last_fifty_two_week: {
          ...{
            high: Number(year["h"]),
            high_at: year["ht"],
            low: Number(year["l"]),
            low_at: year["lt"],
          },
          ...{ change: year["ch"], change_percent: year["chp"] },
          average_volume: Math.trunc(Number(year["av"])),
        },
        change: changed,
      });
      expect([Object.keys(changed).length, told["p1d"]]).toEqual(
        isYoung ? [0, null] : [1, expect.anything()],
      );
      // The last trade was one of 20; the average volume has three decimals.
      expect([last["s"], trailer["openbourse-inexact"]]).toEqual([20, "1"]);
    },
  );

  it("says in the trailer how many quantities were more than a whole number, and warns the operator", async () => {
    const of = { dataset: "crypto", ticker: "BTC/USDT", order: "asc" };
    const { body } = await rest("trades", of);
    const sizes = (body as { data: readonly Row[] }).data.map(({ s }) => Number(s));
    const { message, trailer } = await client.call("TradeService/GetTrades", of);

    const told = (message["result"] as readonly Row[]).map(({ quantity }) => quantity);
    expect(sizes.slice(0, 4)).toEqual([0.5, 1, 1.5, 2]);
    expect(told).toEqual(sizes.map(Math.trunc));
    expect(trailer["openbourse-inexact"]).toBe("20");
    expect(trailer["openbourse-warning"]).toMatch(
      /^20 quantities have a fraction that an int64 cannot hold/,
    );
    const whole = await client.call("TradeService/GetTrades", {
      ...of,
      start_at: startS + 1,
      end_at: startS + 2,
    });
    expect([whole.message, whole.trailer["openbourse-inexact"]]).toEqual([
      { result: [] },
      undefined,
    ]);

    await until(async () => {
      expect(await here.figure("openbourse_grpc_inexact_quantities_total")).toBeGreaterThanOrEqual(
        20,
      );
      const warned = here.log.filter(
        ({ level, phrase }) => level === "warn" && /gRPC.*whole/.test(phrase),
      );
      expect(warned).toHaveLength(1);
      expect(warned[0]?.fields["quantities"]).toBeGreaterThan(0);
    });
  });

  it("counts calls with those of REST, against the same limit", async () => {
    const spare = addKey(join(folder, "data"), "spare").key;
    const other = await GrpcClient.open({ port: here.server.grpcPort ?? 0, key: spare });
    await until(() =>
      other.call("TradeService/GetTrades", { dataset: "crypto", ticker: "BTC/USDT" }),
    );
    const { message } = await other.call("ApiUsageService/GetApiUsage", { product: "crypto" });
    const reply = await fetch(`${here.http}/v1/api_usage?product=crypto&apikey=${spare}`);
    const { data } = (await reply.json()) as { data: readonly Record<string, object>[] };
    other.close();

    const [usage] = message["result"] as readonly Record<string, Row>[];
    expect(usage?.["product"]).toBe("crypto");
    expect(usage?.["tradesApiCalls"]).toEqual({ limit: 10_000, usage: 1 });
    expect(usage?.["timeSeriesApiCalls"]).toEqual({ limit: 10_000, usage: 0 });
    // The minute may have ended in between.
    const { usage: before } = usage?.["apiCalls"] ?? {};
    expect([1, Number(before) + 1]).toContain(
      (data[0]?.["api_calls"] as Row | undefined)?.["usage"],
    );
  });

  it("tells an empty list of what is not known here", async () => {
    const { message } = await client.call("ExchangeService/GetMarketsStocks", { country: "US" });
    expect(message).toEqual({ result: [] });
  });

  it.each([
    [{}, "INVALID_ARGUMENT", "INVALID_PARAMETER", "The dataset parameter is missing or invalid."],
    [
      ...([{ dataset: "nope" }, "INVALID_ARGUMENT", "INVALID_PARAMETER"] as const),
      "The dataset parameter is missing or invalid.",
    ],
    [
      ...([{ ...some, ticker: "NOPE" }, "INVALID_ARGUMENT", "INVALID_TICKER"] as const),
      "The provided ticker is invalid or unsupported.",
    ],
    [
      ...([{ ...some, page_size: 1_001 }, "INVALID_ARGUMENT", "INVALID_PARAMETER"] as const),
      "The page_size parameter is missing or invalid.",
    ],
    [
      ...([{ ...some, page: -1 }, "INVALID_ARGUMENT", "INVALID_PARAMETER"] as const),
      "The page parameter is missing or invalid.",
    ],
    [
      ...([{ ...some, start_at: 2, end_at: 1 }, "INVALID_ARGUMENT", "INVALID_DATE_RANGE"] as const),
      "The requested date range is invalid or unsupported.",
    ],
    [
      ...([{ ...some, order: "\ud83d up" }, "INVALID_ARGUMENT", "INVALID_PARAMETER"] as const),
      "The order parameter is missing or invalid.",
    ],
  ])("refuses %j as %s", async (request, status, code, details) => {
    const refused = await client.refusal("TimeSeriesService/GetTimeSeries", request);
    expect([refused.status, refused.details, refused.trailer["openbourse-code"]]).toEqual([
      ...[status, details, code],
    ]);
  });

  it("refuses figures that are no numbers", async () => {
    for (const sd of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e-12, 1e21]) {
      const refused = await client.refusal("TimeSeriesService/GetTimeSeriesBBands", {
        sd,
        time_series: some,
      });
      expect(refused.details).toBe("The sd parameter is missing or invalid.");
    }
  });

  it("lets nobody in without a good key, and says how it is shown", async () => {
    for (const [unknown, details] of [
      [undefined, /^An API key is required\. Pass it as metadata, authorization: Bearer KEY/],
      ["0".repeat(34), /^The provided API key is invalid or has expired/],
    ] as const) {
      const stranger = await GrpcClient.open({
        ...{ port: here.server.grpcPort ?? 0, ...(unknown === undefined ? {} : { key: unknown }) },
      });
      const refused = await stranger.refusal("DatasetsService/GetDatasets", {});
      expect(refused.status).toBe("UNAUTHENTICATED");
      expect(refused.details).toMatch(details);
      stranger.close();
    }
  });

  it("has all procedures of its description, and no other", () => {
    const names = Object.entries(client.services).flatMap(([service, made]) =>
      Object.keys("service" in made ? (made.service as object) : {}).map(
        (method) => `${service}/${method}`,
      ),
    );
    const asked = new Set([
      ...questions.map(([name]) => name),
      ...[
        "SnapshotService/GetSnapshot",
        "ApiUsageService/GetApiUsage",
        "ExchangeService/GetMarketsStocks",
      ],
    ]);
    expect(new Set(names)).toEqual(asked);
  });
});

/** A day of a snapshot. */
function day(bar: Row | null | undefined): object | undefined {
  if (bar === null || bar === undefined) return undefined;
  const { o, h, l, c, v } = bar;
  return {
    ...{ open: Number(o), high: Number(h), low: Number(l), close: Number(c), volume: Number(v) },
  };
}

/** What is `null` in REST is not there in a message. */
function known(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
