import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import { referenceBars } from "../../marketdata/indicators/reference-series.fixture.ts";
import type { StoredBarQuery, StoredBars } from "../../ports/dataset-reader.ts";
import type { RestReply } from "../../ports/rest.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { minuteBar, restHouse, wholeText } from "./rest-house.fixture.ts";

const ticker = "BTC/USDT";
const indicators = ["atr", "bbands", "ichimoku", "ma", "macd", "obv", "rsi", "sar", "stoch"];
type Item = Readonly<Record<string, string>> & { readonly t: number };

/** A house whose reader counts what it is asked for. */
class CountingStore extends MemoryDatasetStore {
  readonly asked: StoredBarQuery[] = [];
  told = 0;

  override async bars(query: StoredBarQuery): Promise<StoredBars | StorageFailure> {
    this.asked.push(query);
    const found = await super.bars(query);
    if ("bars" in found) this.told += found.bars.length;
    return found;
  }
}

/** Prices with three decimals, at times of our choice. */
function storedBar(startS: number, day: (typeof referenceBars)[number]): Bar {
  const thousandths = (price: number) => Math.round(price * 1_000);
  return minuteBar(startS, {
    ...{ priceScale: 3, open: thousandths(day.open), high: thousandths(day.high) },
    ...{ low: thousandths(day.low), close: thousandths(day.close) },
    ...{ volume: day.volume, volumeScale: 0 },
  });
}

async function houseWith(bars: readonly Bar[], history = new CountingStore()) {
  const house = restHouse({ history });
  const position = { epoch: "e", sequence: 1, timeUs: 2 ** 52 };
  const rows = bars.map((bar) => ({ ticker, bar }));
  await history.put({ dataset: "huobi", position, trades: [], bars: rows, known: [], gaps: [] });
  const items = async (target: string): Promise<Item[]> =>
    JSON.parse(await house.text(target)).data;
  return { ...house, items, history };
}

const dayS = 86_400;
/** 2024-01-01 00:00:00 UTC, a Monday. */
const newYearS = 1_704_067_200;
const days = referenceBars.map((day, index) => storedBar(newYearS + index * dayS, day));
const query = `dataset=huobi&ticker=${ticker}`;

/** Minutes of a walk, some of them missing, the same each time. */
function walk(count: number): Bar[] {
  let state = 42;
  let price = 20_000;
  const bars: Bar[] = [];
  for (let minute = 0; minute < count; minute += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    price += (state % 201) - 100;
    if (state % 10 === 0) continue;
    const close = price + ((state >>> 8) % 41) - 20;
    bars.push(
      minuteBar(newYearS + minute * 60, {
        ...{ open: price, high: Math.max(price, close) + 5, low: Math.min(price, close) - 5 },
        ...{ close, volume: state % 10_000 },
      }),
    );
  }
  return bars;
}

describe("an indicator", () => {
  it.each(indicators)("%s is served in all styles of address", async (name) => {
    const { text, refusal } = await houseWith(days);

    const asked = `ticker=${ticker}&interval=1d`;
    const body = await text(`/v1.2/time_series/${name}?dataset=huobi&${asked}`);
    expect(JSON.parse(body).data).not.toEqual([]);
    for (const path of ["latest/huobi", "v2/huobi/huobi"]) {
      expect(await text(`/${path}/time_series/${name}?${asked}`)).toBe(body);
    }
    expect(await text(`/v1.0/time_series/${name}?publisher=huobi&${asked}`)).toBe(body);
    expect((await refusal(`/v1/time_series/${name}?dataset=huobi&ticker=${ticker}`))[2]).toBe(
      "The interval parameter is missing or invalid.",
    );
  });

  it.each(indicators)("%s is in the golden transcript", (name) => {
    const transcript = readFileSync(
      new URL("./golden/rest/indicators.jsonl", import.meta.url),
      "utf8",
    );

    expect(transcript).toContain(`{"get":"/v1.2/time_series/${name}?`);
  });

  it("takes its words in either case", async () => {
    const { text } = await houseWith(days);

    const series = `/v1/time_series/ma?${query}&interval=1d`;
    expect(await text(`${series}&ma_type=t3ma&series_type=HIGH`)).toBe(
      await text(`${series}&ma_type=T3MA&series_type=high`),
    );
    expect(await text(`${series}&ma_type=&series_type=`)).toBe(await text(series));
  });

  it("has an empty list where there are fewer bars than it needs", async () => {
    const { text } = await houseWith(days.slice(0, 14));

    expect(await text(`/v1/time_series/rsi?${query}&interval=1d`)).toBe('{"data":[]}');
    expect(await text(`/v1/time_series/rsi?${query}&interval=1d&order=asc&page=3`)).toBe(
      '{"data":[]}',
    );
    expect(await text(`/v1/time_series/ichimoku?${query}&interval=1d`)).toBe('{"data":[]}');
  });

  it("is as dead as time_series is where nothing is known of a ticker", async () => {
    const { refusal } = await houseWith(days);

    const target = "/v1/time_series/ma?dataset=huobi&interval=1m&ticker=";
    expect((await refusal(`${target}NOPE`))[1]).toBe("INVALID_TICKER");
    expect((await refusal(`${target}AI/USDT`))[1]).toBe("DATA_UNAVAILABLE");
  });
});

describe("a page of figures", () => {
  let house: Awaited<ReturnType<typeof houseWith>>;
  const whole = new Map<string, Item[]>();
  beforeAll(async () => {
    house = await houseWith(walk(2_500));
  });

  /** All figures there are, by pages of the largest size. */
  async function all(target: string): Promise<Item[]> {
    const known = whole.get(target);
    if (known !== undefined) return known;
    const items: Item[] = [];
    for (let page = 0; items.length === page * 1_000; page += 1) {
      items.push(...(await house.items(`${target}&page_size=1000&page=${page}`)));
    }
    whole.set(target, items);
    return items;
  }

  const asked = fc.constantFrom(
    ...["atr?", "bbands?ma_type=T3MA&", "ma?ma_type=MAMA&", "ma?ma_type=KAMA&", "macd?", "obv?"],
    ...["rsi?", "sar?", "stoch?slow_kma_type=EMA&slow_k_period=5&", "ma?ma_type=TEMA&"],
    ...["ichimoku?include_ahead_span_period=false&"],
  );
  const interval = fc.constantFrom("1m", "5m");

  it("holds the same figure for the same bar, whatever else is on it, in either order", async () => {
    await fc.assert(
      fc.asyncProperty(
        asked,
        interval,
        fc.constantFrom("asc", "desc"),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(),
        async (name, length, order, size, which) => {
          const target = `/v1/time_series/${name}${query}&interval=${length}`;
          const items = await all(target);
          const page = which % (Math.floor(items.length / size) + 1);
          const ordered = order === "desc" ? items : items.toReversed();

          const told = await house.items(`${target}&order=${order}&page=${page}&page_size=${size}`);

          expect(told).toEqual(ordered.slice(page * size, (page + 1) * size));
        },
      ),
      { numRuns: rounds(16, 40) },
    );
  });

  it("holds the same figures when a time is asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        asked,
        fc.constantFrom("asc", "desc"),
        fc.nat({ max: 2_500 }),
        fc.nat({ max: 300 }),
        async (name, order, from, length) => {
          const target = `/v1/time_series/${name}${query}&interval=1m`;
          const [startS, endS] = [newYearS + from * 60, newYearS + (from + length) * 60];
          const inTime = (await all(target)).filter(({ t }) => t >= startS && t <= endS);
          const expected = order === "desc" ? inTime : inTime.toReversed();

          const time = `start_at=${startS}&end_at=${endS}&order=${order}&page_size=1000`;
          expect(await house.items(`${target}&${time}`)).toEqual(expected);
        },
      ),
      { numRuns: rounds(24, 60) },
    );
  });

  it("has the times of the same page of time_series", async () => {
    const bars = await house.items(`/v1/time_series?${query}&interval=1m&page=7`);
    for (const name of indicators) {
      const items = await house.items(`/v1/time_series/${name}?${query}&interval=1m&page=7`);
      expect(items.map(({ t }) => t)).toEqual(bars.map(({ t }) => t));
    }
  });

  it("is short at the end only: oldest first it begins with the first bar that has a figure", async () => {
    const target = `/v1/time_series/rsi?${query}&interval=1m&order=asc`;
    const items = await house.items(target);
    const bars = await house.items(`/v1/time_series?${query}&interval=1m&order=asc`);

    expect(items).toHaveLength(30);
    expect(items[0]?.t).toBe(bars[14]?.t);
    const later = await house.items(`${target}&start_at=${bars[5]?.t}`);
    expect(later).toEqual(items);
  });

  it("reads few bars more than it needs, and not more than a bound", async () => {
    const cost = async (name: string) => {
      house.history.asked.length = 0;
      house.history.told = 0;
      await house.items(`/v1/time_series/${name}${query}&interval=1m`);
      for (const { limit } of house.history.asked) expect(limit).toBeLessThanOrEqual(1_000);
      return house.history.told;
    };
    expect(await cost("rsi?")).toBeLessThanOrEqual(1_030);
    expect(await cost("ma?time_period=100&ma_type=EMA&")).toBeLessThanOrEqual(2_030);
    // 7,000 bars of warm-up are asked for, and these are all there are.
    expect(await cost("rsi?time_period=500&")).toBeLessThanOrEqual(2_500);
  });
});

describe("Ichimoku", () => {
  const target = `/v1/time_series/ichimoku?${query}`;

  it("has spans ahead of the newest bar beside the page with that bar", async () => {
    const { items } = await houseWith(days);

    const page = await items(`${target}&interval=1d&page_size=2`);
    const lastS = newYearS + 251 * dayS;
    expect(page.map(({ t }) => (t - lastS) / dayS)).toEqual([
      ...Array.from({ length: 26 }, (_, index) => 26 - index),
      ...[0, -1],
    ]);
    expect(Object.keys(page[0]!)).toEqual(["t", "senkou_span_a", "senkou_span_b"]);
    expect(Object.keys(page[26]!)).not.toContain("chikou_span");
    expect((await items(`${target}&interval=1d&page_size=2&page=1`)).map(({ t }) => t)).toEqual([
      lastS - 2 * dayS,
      lastS - 3 * dayS,
    ]);
  });

  it("draws each line as many bars away as its parameter says", async () => {
    const { items } = await houseWith(days);

    const rows = (
      await items(`${target}&interval=1d&page_size=1000&lagging_span_period=10&base_line_period=20`)
    ).toReversed();
    const closes = days.map(({ close }) => Number(close) / 1_000);
    const row = rows.findIndex(({ t }) => t === newYearS + 100 * dayS);
    expect(rows[0]?.t).toBe(newYearS + (51 + 20) * dayS);
    expect(rows[row]?.["chikou_span"]).toBe(String(closes[110]));
    const middle = (from: number, to: number) => {
      const window = referenceBars.slice(from, to);
      const highest = Math.max(...window.map(({ high }) => high));
      return (highest + Math.min(...window.map(({ low }) => low))) / 2;
    };
    expect(Number(rows[row]?.["tenkan_sen"])).toBeCloseTo(middle(92, 101), 8);
    expect(Number(rows[row]?.["kijun_sen"])).toBeCloseTo(middle(81, 101), 8);
    expect(Number(rows[row]?.["senkou_span_b"])).toBeCloseTo(middle(29, 81), 8);
    expect(rows.at(-1)?.["senkou_span_b"]).toBe(String(middle(200, 252)));
  });

  it.each([
    ["1w", ["2024-09-09", "2024-09-16"]],
    ["1mo", ["2024-10-01", "2024-11-01"]],
    ["2mo", ["2024-11-01", "2025-01-01"]],
  ])("knows the calendar ahead of bars of %s", async (interval, dates) => {
    const { items } = await houseWith(days);

    const short = "conversion_line_period=1&base_line_period=2&leading_span_b_period=1";
    const page = await items(`${target}&interval=${interval}&${short}&order=asc&page_size=99`);
    const starts = page.slice(-2).map(({ t }) => new Date(t * 1_000).toISOString().slice(0, 10));
    expect(starts).toEqual(dates);
  });

  it("has nothing ahead either where there are too few bars for its lines", async () => {
    const { items } = await houseWith(days.slice(0, 77));

    expect(await items(`${target}&interval=1d`)).toEqual([]);
    expect(await items(`${target}&interval=1d&order=asc`)).toEqual([]);
  });

  it("has nothing ahead of what is asked for, and nothing when it is not wanted", async () => {
    const { items } = await houseWith(days);

    const lastS = newYearS + 251 * dayS;
    const newest = async (more: string) =>
      ((await items(`${target}&interval=1d&${more}`))[0]!.t - lastS) / dayS;
    expect(await newest("include_ahead_span_period=false")).toBe(0);
    expect(await newest("include_ahead_span_period=False")).toBe(0);
    expect(await newest(`end_at=${lastS}`)).toBe(0);
    expect(await newest(`end_at=${lastS + 3 * dayS}`)).toBe(3);
    expect(await newest(`end_at=${lastS - dayS}`)).toBe(-1);
    expect(await newest("page=1")).toBe(-30);
  });
});

/** Whole seconds, and decimals without an exponent or zeros at their end. */
function expectPlainFigures(body: string) {
  for (const { t, ...figures } of JSON.parse(body).data) {
    expect(Number.isSafeInteger(t)).toBe(true);
    for (const figure of Object.values(figures)) expect(figure).toMatch(/^-?\d+(\.\d*[1-9])?$/);
  }
}

/** A refusal that blames a parameter blames one that was sent. */
function expectNamed({ status, body }: RestReply, sent: URLSearchParams) {
  expect(status).toBe(400);
  const { code, message } = JSON.parse(body).error;
  if (code !== "INVALID_PARAMETER") return;
  const [, named = ""] = /^The (\w+) parameter is missing or invalid\.$/.exec(message) ?? [];
  expect(sent.has(named), `${body} for ${sent}`).toBe(true);
}

describe("indicators refuse", () => {
  it.each([
    ["ma", "time_period", "0"],
    ["ma", "time_period", "501"],
    ["ma", "time_period", "9.5"],
    ["ma", "time_period", "nine"],
    ["ma", "ma_type", "HULL"],
    ["ma", "series_type", "hl2"],
    ["atr", "time_period", "-1"],
    ["rsi", "time_period", "1"],
    ["bbands", "time_period", "1"],
    ["bbands", "sd", "0"],
    ["bbands", "sd", "101"],
    ["bbands", "sd", "1e1"],
    ["bbands", "ma_type", "T3"],
    ["macd", "fast_period", "1"],
    ["macd", "slow_period", "1000000"],
    ["macd", "signal_period", "0"],
    ["obv", "series_type", "volume"],
    ["sar", "acceleration", "0"],
    ["sar", "acceleration", "-0.02"],
    ["sar", "maximum", "1.01"],
    ["sar", "maximum", "NaN"],
    ["stoch", "fast_k_period", "0"],
    ["stoch", "slow_k_period", " "],
    ["stoch", "slow_d_period", "0x10"],
    ["stoch", "slow_kma_type", "sma "],
    ["stoch", "slow_dma_type", "__proto__"],
    ["ichimoku", "conversion_line_period", "0"],
    ["ichimoku", "base_line_period", "501"],
    ["ichimoku", "leading_span_b_period", "52.0"],
    ["ichimoku", "lagging_span_period", "-26"],
    ["ichimoku", "include_ahead_span_period", "yes"],
    ["ma", "page_size", "1001"],
    ["ma", "order", "up"],
  ])("%s with %s=%s, and name the parameter", async (name, parameter, value) => {
    const { refusal, history } = await houseWith(days);

    const more = `${parameter}=${encodeURIComponent(value)}`;
    expect(await refusal(`/v1/time_series/${name}?${query}&interval=1d&${more}`)).toEqual([
      400,
      "INVALID_PARAMETER",
      `The ${parameter} parameter is missing or invalid.`,
    ]);
    expect(history.asked).toEqual([]);
  });

  it("nothing but what is out of range, whatever is sent", async () => {
    const { call, routes } = await houseWith(days.slice(0, 90));
    const text = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.integer({ min: -3, max: 600 }).map(String),
      fc.double({ min: -1, max: 3 }).map(String),
      fc.constantFrom("SMA", "mama", "close", "true", "1e3", ""),
    );
    const drawn = fc.constantFrom(...routes.filter(({ path }) => path.includes("/time_series/")));
    await fc.assert(
      fc.asyncProperty(drawn, fc.dictionary(fc.nat().map(String), text), async (route, texts) => {
        const { properties } = route.querySchema as { properties: Record<string, object> };
        const known = Object.keys(properties).filter(
          (name) => !["dataset", "ticker"].includes(name),
        );
        const parameters = new URLSearchParams({ dataset: "huobi", ticker, interval: "1d" });
        for (const [index, value] of Object.entries(texts)) {
          parameters.set(known[Number(index) % known.length]!, value);
        }
        const path = route.path.replace(":version", "v1").replaceAll(/:\w+/g, "huobi");

        const reply = await call(`${path}?${parameters}`);

        if (reply.status === 200) expectPlainFigures(wholeText(reply));
        else expectNamed(reply, parameters);
      }),
      { numRuns: rounds(120, 300) },
    );
  });

  it("to go on when the history does not", async () => {
    class Tired extends CountingStore {
      override bars(query: StoredBarQuery): Promise<StoredBars | StorageFailure> {
        const failure = { kind: "failure", fault: "failed", message: "" } as const;
        return this.asked.length > 0 ? Promise.resolve(failure) : super.bars(query);
      }
    }
    const { refusal } = await houseWith(days, new Tired());

    const [status, code] = await refusal(`/v1/time_series/ma?${query}&interval=1d`);
    expect([status, code]).toEqual([503, "DATA_UNAVAILABLE"]);
  });
});
