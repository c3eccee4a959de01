import { describe, expect, it } from "vitest";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import { pastAnswerMsMax } from "../../ports/dataset-reader.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { barsTag, isNamed } from "./etag.ts";
import { minuteBar, nowMs, restHouse, wholeText } from "./rest-house.fixture.ts";

const ticker = "BTC/USDT";
const startS = 1_699_999_200;
const query = "dataset=huobi&ticker=BTC/USDT&interval=1m";
const series = `/latest/time_series?${query}`;

/** A house in which the ten minutes from {@link startS} were traded and are known; it is 13 min 20 s later. */
async function closedHouse() {
  const house = restHouse();
  const bars = Array.from({ length: 10 }, (_, n) => ({ ticker, bar: minuteBar(startS + n * 60) }));
  const trades = bars.map(({ bar }, id) => ({
    ...{ ticker, venue: "huobi", id, eventTimeUs: bar.startUs, price: 1, priceScale: 0 },
    ...{ quantity: 1, quantityScale: 0, aggressor: "sell" as const },
  }));
  const known = [{ fromUs: startS * 1_000_000, toUs: (startS + 600) * 1_000_000 }];
  await house.feed({ bars, known, trades });
  const headers = async (target: string) => (await house.call(target)).headers ?? {};
  return { ...house, headers };
}

const closed = `${series}&start_at=${startS}&end_at=${startS + 599}`;

describe("a range that is over and known", () => {
  it("has a tag, and is not told again to who shows it", async () => {
    const { call } = await closedHouse();

    const first = await call(closed);
    const tag = first.headers?.["etag"] ?? "";
    expect(tag).toMatch(/^"1-10-[0-9a-f]{16}"$/);
    expect(first.headers?.["cache-control"]).toBe("private, no-cache");
    for (const shown of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const again = await call(closed, { "if-none-match": shown });
      expect(again).toEqual({ status: 304, body: "", headers: first.headers });
    }
    expect((await call(closed, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("has another tag after a revision", async () => {
    const { call, feed, headers } = await closedHouse();
    const { etag = "" } = await headers(closed);
    await feed({ bars: [{ ticker, bar: minuteBar(startS, { close: 22_000, revision: 1 }) }] });

    const revised = await call(closed, { "if-none-match": etag });
    expect(revised.status).toBe(200);
    expect(revised.headers?.["etag"]).not.toBe(etag);
  });

  it("is any page whose time is known, from either end", async () => {
    const { headers } = await closedHouse();

    const end = `&end_at=${startS + 599}&page_size=3`;
    expect(await headers(`${series}${end}`)).toHaveProperty("etag");
    expect(await headers(`${series}&start_at=${startS}&order=asc&page_size=3`)).toHaveProperty(
      "etag",
    );
    expect(await headers(`${series}${end}&page=3`)).not.toHaveProperty("etag");
  });

  it("is one of trades as well", async () => {
    const { call, headers } = await closedHouse();
    const trades = `/latest/trades?dataset=huobi&ticker=BTC/USDT&start_at=${startS}`;

    const { etag = "" } = await headers(`${trades}&end_at=${startS + 599}`);
    expect((await call(`${trades}&end_at=${startS + 599}`, { "if-none-match": etag })).status).toBe(
      304,
    );
    expect(await headers(trades)).not.toHaveProperty("etag");
  });

  it("does not end in an interval that runs, or while late trades may come", async () => {
    const { feed, headers } = await closedHouse();
    const nowUs = nowMs * 1_000;
    await feed({ known: [{ fromUs: startS * 1_000_000, toUs: nowUs }] });

    // Lateness is ten seconds.
    const until = (endS: number) => `${series}&start_at=${startS}&end_at=${endS}`;
    expect(await headers(until(nowMs / 1_000 - 80 - 1))).toHaveProperty("etag");
    expect(await headers(until(nowMs / 1_000 - 1))).not.toHaveProperty("etag");
    const day = `${until(startS + 599)}&interval=1d`.replace("interval=1m&", "");
    expect(await headers(day)).not.toHaveProperty("etag");
  });
});

describe("what is not known of a page's time", () => {
  it("is named, but for the minute that runs", async () => {
    const { feed, headers } = await closedHouse();
    const gap = { fromUs: (startS + 600) * 1_000_000, toUs: (startS + 660) * 1_000_000 };
    await feed({
      known: [{ fromUs: (startS + 660) * 1_000_000, toUs: nowMs * 1_000 }],
      gaps: [{ ...gap, reason: "disconnected" }],
    });

    const span = `${startS + 600}-${startS + 660}`;
    expect(await headers(`${series}&page_size=5`)).toEqual({
      "cache-control": "no-store",
      "openbourse-unknown": span,
    });
    expect(await headers(`${series}&start_at=${startS - 60}`)).toMatchObject({
      "openbourse-unknown": `${startS - 60}-${startS}, ${span}`,
    });
  });

  it("is named in twenty spans at most, the last of which reaches over all that follow", async () => {
    const { feed, headers } = await closedHouse();
    const known = Array.from({ length: 100 }, (_, n) => ({
      fromUs: n * 120_000_000,
      toUs: (n * 120 + 60) * 1_000_000,
    }));
    await feed({ known });

    const { "openbourse-unknown": told = "" } = await headers(`${series}&start_at=0&end_at=12000`);
    expect(told.split(", ")).toHaveLength(20);
    expect(told).toMatch(/^60-120, 180-240, .*, 2340-12060$/);
  });
});

describe("the tag of bars", () => {
  const bar = minuteBar(60);
  const changed: readonly Partial<StoredBar>[] = [
    ...[{ startUs: 61_000_000 }, { open: 22_007 }, { high: -1 }, { low: 21_992 + 2 ** 32 }],
    ...[{ close: 2n ** 80n }, { close: 2n ** 80n + 1n }, { volume: 4_572_001 }],
    ...[{ volumeScale: 4 }, { priceScale: 3 }, { tradeCount: 13 }, { quoteVolume: undefined }],
    ...[{ takerBuyVolume: undefined }, { takerBuyQuoteVolume: 33_009_001 }],
  ];

  it("tells apart all that makes a difference to what is written", () => {
    const tags = [{}, ...changed].map((change) => barsTag([{ ...bar, ...change }]));

    expect(new Set(tags).size).toBe(tags.length);
    expect(barsTag([bar, minuteBar(120)])).not.toBe(barsTag([minuteBar(120), bar]));
    expect(barsTag([])).not.toBe(barsTag([bar]));
  });

  it("is the same for the same figures", () => {
    expect(barsTag([{ ...bar, open: BigInt(bar.open) }])).toBe(barsTag([minuteBar(60)]));
  });

  it("is not named by what merely holds it", () => {
    expect(isNamed('"1"', '"11", "12"')).toBe(false);
    expect(isNamed('"1"', undefined)).toBe(false);
  });
});

describe("a page of many rows", () => {
  it("is written in pieces of fifty", async () => {
    const { call, feed } = restHouse();
    const bars = Array.from({ length: 1_000 }, (_, n) => ({ ticker, bar: minuteBar(n * 60) }));
    await feed({ bars });

    const reply = await call(`${series}&page_size=1000&order=asc`);
    expect(reply.body).toBe('{"data":[');
    const pieces = [...(reply.rest ?? [])];
    expect(pieces).toHaveLength(21);
    const { data } = JSON.parse(wholeText({ ...reply, rest: pieces }));
    expect(data.map(({ t }: { t: number }) => t / 60)).toEqual(bars.map((_, n) => n));
  });
});

describe("an answer that does not come", () => {
  it("is not waited for beyond its time", async () => {
    const later: [number, () => void][] = [];
    class Silent extends MemoryDatasetStore {
      override bars(): Promise<never> {
        return new Promise(() => {});
      }
    }
    const { refusal } = restHouse({
      history: new Silent(),
      after: (delayMs, task) => later.push([delayMs, task]),
    });

    const refused = refusal(series);
    await expect.poll(() => later.length).toBe(1);
    expect(later[0]?.[0]).toBe(pastAnswerMsMax);
    later[0]?.[1]();
    expect((await refused).slice(0, 2)).toEqual([408, "REQUEST_TIMEOUT"]);
  });
});
