import { describe, expect, it } from "vitest";
import type { Bar } from "../../marketdata/bars/bar.ts";
import type { StoredBarQuery } from "../../ports/dataset-reader.ts";
import type { Unanswered } from "../../ports/history.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { currentBars } from "./encode.ts";
import { intervalNames } from "./intervals.ts";
import { minuteBar, nowMs, restHouse } from "./rest-house.fixture.ts";

const ticker = "BTC/USDT";
/** 2023-11-09 14:27:00 UTC, a Thursday; the minute of the reference's sample. */
const startS = 1_699_540_020;
const query = "dataset=huobi&ticker=BTC/USDT&interval=1m";

/** A house with minutes of one ticker, one after another. */
async function houseWith(
  minutes: number,
  { changes = {}, ...options }: Parameters<typeof restHouse>[0] & { changes?: Partial<Bar> } = {},
) {
  const house = restHouse(options);
  const starts = Array.from({ length: minutes }, (_, minute) => startS + minute * 60);
  const bars = starts.map((start) => ({ ticker, bar: minuteBar(start, changes) }));
  const known = [{ fromUs: startS * 1_000_000, toUs: nowMs * 1_000 }];
  await house.feed({ bars, known });
  const times = async (target: string) =>
    JSON.parse(await house.text(target)).data.map(({ t }: { t: number }) => (t - startS) / 60);
  return { ...house, times };
}

describe("time_series", () => {
  it("is written as documented", async () => {
    const { text } = await houseWith(1);

    expect(await text(`/v1.2/time_series?${query}`)).toBe(
      '{"data":[{"t":1699540020,"o":220.06,"h":220.13,"l":219.92,"c":219.96,"v":4572}]}',
    );
  });

  it("has a bar's fields as the stream has them, byte for byte", async () => {
    const bar = minuteBar(startS, { open: 1, volume: 10n ** 20n + 1n, priceScale: 12 });
    const { feed, text } = restHouse();
    await feed({ bars: [{ ticker, bar }] });
    const topic = { kind: "bars", dataset: "huobi", ticker, periodS: 60 } as const;
    const { takerBuyVolume = 0, takerBuyQuoteVolume = 0 } = bar;
    const update = {
      ...{ ...bar, takerBuyVolume, takerBuyQuoteVolume, ticker },
      ...{ dataset: "huobi", publisher: "huobi", state: "closed" as const },
    };

    const streamed = currentBars.encode(topic, update);
    const [item = ""] = /\{"t".*?\}/.exec(await text(`/latest/time_series?${query}`)) ?? [];
    expect(item).toContain('"v":100000000000000000.001');
    expect(`${streamed.slice(0, streamed.indexOf('"t":'))}${item.slice(1)}`).toBe(streamed);
  });

  it("comes newest first, 30 at once, by pages that count from 0", async () => {
    const { times } = await houseWith(65);

    expect(await times(`/latest/time_series?${query}`)).toEqual(
      Array.from({ length: 30 }, (_, index) => 64 - index),
    );
    expect(await times(`/latest/time_series?${query}&page=2`)).toEqual([4, 3, 2, 1, 0]);
    expect(await times(`/latest/time_series?${query}&page=3`)).toEqual([]);
    expect(await times(`/latest/time_series?${query}&page_size=2&page=1&order=ASC`)).toEqual([
      2, 3,
    ]);
    expect(await times(`/latest/time_series?${query}&page_size=2&order=Desc`)).toEqual([64, 63]);
  });

  it("has the bars that begin between two seconds, both of which belong to it", async () => {
    const { times } = await houseWith(5);
    const at = (minute: number) => startS + minute * 60;

    const series = `/latest/time_series?${query}&order=asc`;
    expect(await times(`${series}&start_at=${at(1)}&end_at=${at(3)}`)).toEqual([1, 2, 3]);
    expect(await times(`${series}&start_at=${at(1) + 1}&end_at=${at(3) - 1}`)).toEqual([2]);
    expect(await times(`${series}&start_at=${at(3)}`)).toEqual([3, 4]);
    expect(await times(`${series}&end_at=${at(0)}`)).toEqual([0]);
    expect(await times(`${series}&start_at=${at(2)}&end_at=${at(2)}`)).toEqual([2]);
  });

  it.each([
    ["1h", 1_699_538_400],
    ["45m", 1_699_539_300],
    ["1d", 1_699_488_000],
    ["1w", 1_699_228_800],
    ["1mo", 1_698_796_800],
    ["2mo", 1_698_796_800],
    ["4mo", 1_693_526_400],
  ])("has bars of %s where the calendar says", async (interval, t) => {
    const { text } = await houseWith(3);

    const series = `/latest/time_series?dataset=huobi&ticker=BTC/USDT&interval=${interval}`;
    expect(await text(series)).toBe(
      `{"data":[{"t":${t},"o":220.06,"h":220.13,"l":219.92,"c":219.96,"v":13716}]}`,
    );
  });

  it("knows all documented intervals", () => {
    expect(intervalNames.join(" ")).toBe(
      "1m 2m 3m 4m 5m 10m 15m 20m 30m 45m 1h 2h 3h 4h 8h 12h 1d 1w 1mo 2mo 3mo 4mo",
    );
  });

  it("is asked for by the path as well, by the publisher's name, and by version 1.0", async () => {
    const { times } = await houseWith(1);

    const asked = "ticker=BTC/USDT&interval=1m";
    expect(await times(`/latest/huobi/time_series?${asked}`)).toEqual([0]);
    expect(await times(`/v2.0/huobi/huobi/time_series?${asked}`)).toEqual([0]);
    expect(await times(`/v1.0/time_series?publisher=huobi&${asked}`)).toEqual([0]);
  });

  it("takes a publisher's code for the dataset that lists the ticker", async () => {
    const { feed, text } = restHouse();
    await feed({ dataset: "us_stocks_essential", bars: [{ ticker: "AAPL", bar: minuteBar(60) }] });

    const series = "time_series?ticker=AAPL&interval=1m";
    for (const path of ["finazon", "us_stocks_essential", "finazon/us_stocks_essential"]) {
      expect(await text(`/latest/${path}/${series}`)).toContain('"t":60');
    }
    expect(await text(`/v1.0/${series}&publisher=finazon`)).toContain('"t":60');
  });

  it("has the items of its own that the paths of binance and forex have", async () => {
    const { catalog, feed, text } = restHouse();
    catalog.addDataset({ code: "binance", name: "Binance", publisher: "binance" });
    catalog.ensureInstrument("binance", ticker);
    const noSides = { takerBuyVolume: undefined, takerBuyQuoteVolume: undefined };
    const bars = [minuteBar(60), minuteBar(120, noSides)].map((bar) => ({ ticker, bar }));
    await feed({ dataset: "binance", bars });
    await feed({ dataset: "forex", bars: [{ ticker: "EUR/USD", bar: minuteBar(60) }] });

    const series = "time_series?ticker=BTC/USDT&interval=1m";
    const prices = '"o":220.06,"h":220.13,"l":219.92,"c":219.96';
    expect(await text(`/v1.2/binance/binance/${series}`)).toBe(
      `{"data":[{"t":120,${prices},"tr":12,"bv":4572,"qv":1005660,"tbv":null,"tqv":null},` +
        `{"t":60,${prices},"tr":12,"bv":4572,"qv":1005660,"tbv":1.5,"tqv":330.09}]}`,
    );
    expect(await text(`/v1.2/${series}&dataset=binance&order=asc&page_size=1`)).toBe(
      `{"data":[{"t":60,${prices},"v":4572}]}`,
    );
    expect(await text("/v1.2/forex/time_series?ticker=EUR/USD&interval=1m")).toBe(
      `{"data":[{"t":60,${prices}}]}`,
    );
  });

  it("takes what has no meaning here as it is given", async () => {
    const { times } = await houseWith(1);

    for (const more of [
      "prepost=True",
      "prepost=false",
      "adjust=splits",
      "country=US&timezone=utc",
      "market=crypto_huobi",
      "market=huobi",
      "market=&adjust=&prepost=",
      "isin=US0378331005",
    ]) {
      expect(await times(`/latest/time_series?${query}&${more}`)).toEqual([0]);
    }
  });
});

describe("time_series refuses", () => {
  it.each([
    ["dataset", "ticker=BTC/USDT&interval=1m"],
    ["dataset", "dataset=nope&ticker=BTC/USDT&interval=1m"],
    ["publisher", "publisher=nope&ticker=BTC/USDT&interval=1m"],
    ["ticker", "dataset=huobi&interval=1m"],
    ["ticker", "dataset=huobi&interval=1m&isin=US0378331005"],
    ["interval", "dataset=huobi&ticker=BTC/USDT"],
    ["interval", "dataset=huobi&ticker=BTC/USDT&interval=7m"],
    ["interval", "dataset=huobi&ticker=BTC/USDT&interval=1M"],
    ["order", `${query}&order=asc;drop`],
    ["prepost", `${query}&prepost=perhaps`],
    ["adjust", `${query}&adjust=dividend`],
    ["start_at", `${query}&start_at=2023-11-09`],
    ["start_at", `${query}&start_at=-1`],
    ["start_at", `${query}&start_at=1699540020000`],
    ["end_at", `${query}&end_at=7258118401`],
    ["end_at", `${query}&end_at=1e9`],
    ["end_at", `${query}&end_at=`],
    ["page", `${query}&page=-1`],
    ["page", `${query}&page=10001&page_size=1000`],
    ["page_size", `${query}&page_size=1001`],
    ["page_size", `${query}&page_size=0`],
  ])("a bad %s: %s", async (name, bad) => {
    const { refusal } = await houseWith(1);

    expect(await refusal(`/latest/time_series?${bad}`)).toEqual([
      400,
      "INVALID_PARAMETER",
      `The ${name} parameter is missing or invalid.`,
    ]);
  });

  it.each([
    [`${query}&start_at=1699540021&end_at=1699540020`, 400, "INVALID_DATE_RANGE"],
    [`${query}&market=crypto_binance`, 400, "UNSUPPORTED_MARKET"],
    ["dataset=huobi&ticker=NOPE&interval=1m", 400, "INVALID_TICKER"],
    [`dataset=huobi&ticker=${"X".repeat(500)}&interval=1m`, 400, "INVALID_TICKER"],
    ["dataset=forex&ticker=EUR/USD&interval=1m", 401, "UNAUTHORIZED_ACCESS"],
  ])("%s with %i %s", async (bad, status, code) => {
    const { refusal } = await houseWith(1, { limits: { datasets: ["huobi"] } });

    expect((await refusal(`/latest/time_series?${bad}`)).slice(0, 2)).toEqual([status, code]);
  });

  it.each(["nope/time_series", "huobi/forex/time_series", "finazon/huobi/time_series"])(
    "the path %s, which does not exist",
    async (path) => {
      const { refusal } = restHouse();

      const [status, code] = await refusal(`/latest/${path}?ticker=BTC/USDT&interval=1m`);
      expect([status, code]).toEqual([404, "ENDPOINT_NOT_FOUND"]);
    },
  );
});

describe("where there are no bars", () => {
  it("a ticker that is known not to have been traded has an empty list", async () => {
    const { feed, times } = await houseWith(1);
    await feed({ known: [{ fromUs: 0, toUs: 1_000_000_000_000 }] });

    expect(await times("/v1/time_series?dataset=huobi&ticker=AI/USDT&interval=1m")).toEqual([]);
  });

  it("so has a time of which nothing is known, as long as something is known of the ticker", async () => {
    const { times } = await houseWith(1);

    expect(await times(`/v1/time_series?${query}&start_at=1&end_at=1000`)).toEqual([]);
  });

  it("nothing can be said of a ticker of which nothing was ever known", async () => {
    const { refusal } = restHouse();

    expect((await refusal(`/v1/time_series?${query}`)).slice(0, 2)).toEqual([
      503,
      "DATA_UNAVAILABLE",
    ]);
  });

  it("a ticker that is stored without being listed is served all the same", async () => {
    const { feed, text } = restHouse();
    await feed({ bars: [{ ticker: "OLD/USDT", bar: minuteBar(60) }] });

    const series = "/v1/time_series?dataset=huobi&ticker=OLD/USDT&interval=1m";
    expect(await text(series)).toContain('"t":60');
    expect(await text(`${series}&start_at=1000`)).toBe('{"data":[]}');
  });
});

describe("a history that does not answer", () => {
  it.each([
    [{ kind: "busy", asker: "this" }, 429, "API_RATE_LIMIT_EXCEEDED", "1"],
    [{ kind: "busy", asker: "all" }, 503, "DATA_UNAVAILABLE", "1"],
    [{ kind: "failure", fault: "failed", message: "" }, 503, "DATA_UNAVAILABLE", "60"],
  ] as const)("%j is told with %i %s", async (unanswered, status, code, seconds) => {
    const asked: StoredBarQuery[] = [];
    class Trouble extends MemoryDatasetStore {
      override bars(query: StoredBarQuery): Promise<never> {
        asked.push(query);
        return Promise.resolve(unanswered as Unanswered as never);
      }
    }
    const { call } = restHouse({ history: new Trouble() });

    const reply = await call(`/latest/time_series?${query}`);
    expect([reply.status, JSON.parse(reply.body).error.code]).toEqual([status, code]);
    expect(reply.headers).toEqual({ "retry-after": seconds });
    expect(asked.map(({ asker }) => asker)).toEqual(["desk"]);
  });

  it.each(["in time", "before who asked hangs up"])(
    "%s has nobody who waits for it any more",
    async (when) => {
      const queries: StoredBarQuery[] = [];
      class Slow extends MemoryDatasetStore {
        override bars(query: StoredBarQuery): Promise<never> {
          queries.push(query);
          return new Promise(() => {});
        }
      }
      const late: (() => void)[] = [];
      let isGone = false;
      const { call } = restHouse({
        history: new Slow(),
        after: (_, task) => late.push(task),
        isGone: () => isGone,
      });
      const reply = call(`/latest/time_series?${query}`);
      await expect.poll(() => queries.length).toBe(1);
      expect(queries[0]?.isAbandoned?.()).toBe(false);

      if (when === "in time") {
        for (const task of late) task();
        expect((await reply).status).toBe(408);
      } else isGone = true;

      expect(queries[0]?.isAbandoned?.()).toBe(true);
    },
  );
});
