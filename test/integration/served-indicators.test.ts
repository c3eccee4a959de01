/** Indicators over real sockets and a store on disk: what a chart is told, page by page, is one fold over all bars. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import type { Bar } from "../../server/src/marketdata/bars/bar.ts";
import { atr } from "../../server/src/marketdata/indicators/atr.ts";
import type { Indicator } from "../../server/src/marketdata/indicators/indicator.ts";
import { ma } from "../../server/src/marketdata/indicators/ma.ts";
import { macd } from "../../server/src/marketdata/indicators/macd.ts";
import { toPriceBar } from "../../server/src/marketdata/indicators/price-bar.ts";
import { rsi } from "../../server/src/marketdata/indicators/rsi.ts";
import { stoch } from "../../server/src/marketdata/indicators/stoch.ts";
import type { DatasetStore } from "../../server/src/ports/dataset-store.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-indicators-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ticker = "BTC/USDT";
/** 2024-01-01 00:00:00 UTC. */
const startUs = Date.UTC(2024, 0, 1) * 1_000;
const seriesType = "close";

/** Minutes of a walk with a hole of a night in each day, the same each time. */
function walk(count: number): Bar[] {
  let state = 5;
  let price = 4_000_000;
  const bars: Bar[] = [];
  for (let minute = 0; minute < count; minute += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const open = price;
    price += (state % 2_001) - 1_000;
    if (minute % 1_440 >= 1_200) continue;
    const timeUs = startUs + minute * 60_000_000;
    bars.push({
      ...{ startUs: timeUs, firstUs: timeUs, lastUs: timeUs, revision: 0, tradeCount: 1 },
      ...{ priceScale: 2, open, high: Math.max(open, price) + 50, low: Math.min(open, price) - 50 },
      ...{ close: price, volumeScale: 3, volume: (state % 9_000) + 1, quoteVolume: 1n },
      ...{ takerBuyVolume: undefined, takerBuyQuoteVolume: undefined },
    });
  }
  return bars;
}

const bars = walk(4_000);
let store: DatasetStore;
let house: ServerHere;
let key = "";

beforeAll(async () => {
  store = openDatasetStore(join(folder, "datasets"));
  await store.put({
    ...{ dataset: "huobi", trades: [], gaps: [], bars: bars.map((bar) => ({ ticker, bar })) },
    position: { epoch: "e", sequence: 1, timeUs: startUs + 4_000 * 60_000_000 },
    known: [{ fromUs: startUs, toUs: startUs + 4_000 * 60_000_000 }],
  });
  const data = join(folder, "data");
  house = await startServerHere({
    data,
    protocols: dialects.map((protocol) => ({
      ...protocol,
      open: (context, config) => protocol.open({ ...context, history: store }, config),
    })),
    settings: { "limits.restCallsPerMinuteMax": 1_000 },
  });
  key = addKey(data, "desk").key;
});
afterAll(async () => {
  await house.server.stop();
  await store.close();
});

type Item = Readonly<Record<string, string>> & { readonly t: number };

async function ask(path: string, query: Readonly<Record<string, string>>, headers = {}) {
  const asked = new URLSearchParams({ dataset: "huobi", ticker, interval: "1m", ...query });
  return fetch(`${house.http}/latest/${path}?${asked}`, {
    headers: { authorization: `apikey ${key}`, ...headers },
  });
}

/** All items, as a chart loads them: back in time, until a page is short. */
async function load(path: string, query: Readonly<Record<string, string>>): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 0; ; page += 1) {
    const reply = await ask(path, { ...query, page: String(page), page_size: "700" });
    expect(reply.status).toBe(200);
    const { data } = (await reply.json()) as { data: Item[] };
    items.push(...data);
    if (data.length < 700) return items.reverse();
  }
}

const loaded: readonly (readonly [string, Readonly<Record<string, string>>, Indicator])[] = [
  ["atr", {}, atr(14)],
  ["ma", { ma_type: "T3MA" }, ma({ seriesType, timePeriod: 9, maType: "T3MA" })],
  ["ma", { ma_type: "mama" }, ma({ seriesType, timePeriod: 9, maType: "MAMA" })],
  ["macd", {}, macd({ seriesType, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 })],
  ["rsi", { time_period: "21" }, rsi({ seriesType, timePeriod: 21 })],
  [
    "stoch",
    {},
    stoch({
      ...{ fastKPeriod: 14, slowKPeriod: 1, slowDPeriod: 3 },
      ...{ slowKmaType: "SMA", slowDmaType: "SMA" },
    }),
  ],
];

describe("a chart that is loaded by pages", () => {
  it.each(loaded)("has %s %j as one fold over all bars has it", async (name, query, indicator) => {
    const items = await load(`time_series/${name}`, query);

    const fold = indicator.begin();
    const expected = bars.flatMap((bar) => {
      const figures = fold.add(toPriceBar(bar));
      return figures === undefined ? [] : [{ t: bar.startUs / 1_000_000, figures }];
    });
    expect(items.map(({ t }) => t)).toEqual(expected.map(({ t }) => t));
    for (const [index, { t: _, ...texts }] of items.entries()) {
      for (const [line, text] of Object.values(texts).entries()) {
        const difference = Math.abs(Number(text) - expected[index]!.figures[line]!);
        expect(difference, `${name} at ${index}`).toBeLessThan(1e-4);
      }
    }
  });

  it("has Ichimoku's cloud ahead of its newest bar", async () => {
    const items = await load("time_series/ichimoku", {});

    const newestS = bars.at(-1)!.startUs / 1_000_000;
    expect(items.slice(-27).map(({ t }) => (t - newestS) / 60)).toEqual(
      Array.from({ length: 27 }, (_, index) => index),
    );
  });

  it("counts OBV from the beginning of the week", async () => {
    const items = await load("time_series/obv", {});

    expect(items[0]).toEqual({
      t: startUs / 1_000_000,
      obv: String(Number(bars[0]!.volume) / 1_000),
    });
    expect(items).toHaveLength(bars.length);
  });

  it("is not sent again what it has, until a bar is revised that a figure remembers", async () => {
    const page = {
      start_at: String(startUs / 1_000_000 + 3_600),
      end_at: String(startUs / 1_000_000 + 7_199),
    };
    const first = await ask("time_series/rsi", page);
    const etag = first.headers.get("etag") ?? "none";
    expect(((await first.json()) as { data: Item[] }).data).toHaveLength(30);
    const again = await ask("time_series/rsi", page, { "if-none-match": etag });
    expect(again.status).toBe(304);

    const bar = { ...bars[50]!, close: Number(bars[50]!.close) - 40, revision: 1 };
    const position = { epoch: "e", sequence: 2, timeUs: startUs + 4_000 * 60_000_000 };
    await store.put({
      ...{ dataset: "huobi", position, trades: [], known: [], gaps: [] },
      bars: [{ ticker, bar }],
    });
    const revised = await ask("time_series/rsi", page, { "if-none-match": etag });
    expect(revised.status).toBe(200);
    expect(revised.headers.get("etag")).not.toBe(etag);
  });
});
