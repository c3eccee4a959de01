import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { doubleTrade, foldOurs, foldSimple } from "../benchmarks/folding.ts";
import { playFile } from "../benchmarks/replay-player.ts";
import { Stopwatch } from "../harness/stopwatch.ts";
import { DoubleBar } from "../peers/double-bar.ts";
import { unpackAndSplit } from "../peers/plain-reading.ts";
import { writeBinanceFile } from "./binance-file.ts";
import { createRandom, createZipf } from "./random.ts";
import { createTradeFlow } from "./trade-flow.ts";

const flowOptions = {
  seed: 7,
  tickers: 50,
  trades: 20_000,
  tradesPerSecond: 1_000,
  startUs: 1_723_161_530_000_000,
};

describe("seeded random numbers", () => {
  it("are the same for the same seed, others for another, and within 0 … 1", () => {
    const take = (seed: number) => Array.from({ length: 1_000 }, createRandom(seed));

    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
    expect(take(1).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it("draw rank n about as often as 1 / (n + 1) of the first", () => {
    const nextRank = createZipf(100, createRandom(3));
    const counts = Array.from({ length: 100 }, () => 0);
    for (let at = 0; at < 200_000; at += 1) counts[nextRank()]! += 1;

    for (const rank of [1, 3, 9]) expect(counts[0]! / counts[rank]!).toBeCloseTo(rank + 1, -0.5);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

describe("a flow of trades", () => {
  const trades = createTradeFlow(flowOptions);

  it("is the same every time", () => {
    expect(createTradeFlow(flowOptions)).toEqual(trades);
  });

  it("arrives in order, while some events overtake others by milliseconds", () => {
    const isLater = (of: (typeof trades)[number]["eventTimeUs"][]) =>
      of.every((us, at) => us >= (of[at - 1] ?? 0));

    expect(isLater(trades.map(({ receiveTimeUs }) => receiveTimeUs))).toBe(true);
    expect(isLater(trades.map(({ eventTimeUs }) => eventTimeUs))).toBe(false);
    expect(trades.every((trade) => trade.eventTimeUs > trade.receiveTimeUs - 5_000)).toBe(true);
  });

  it("holds exact, positive figures with as few decimals as they need", () => {
    const isExact = (value: number | bigint, scale: number) =>
      Number.isSafeInteger(value) && value > 0 && (scale === 0 || Number(value) % 10 !== 0);
    const others = trades.filter(
      ({ price, priceScale, quantity, quantityScale }) =>
        !isExact(price, priceScale) || !isExact(quantity, quantityScale),
    );
    expect(others).toEqual([]);
  });

  it("is published as often by simple bars as by ours, so that the two do the same work", () => {
    const stopwatch = new Stopwatch();
    // Events at their arrival: without late trades there are no revisions, which simple bars lack.
    const onTime = trades.map((trade) => ({ ...trade, eventTimeUs: trade.receiveTimeUs }));

    const ours = foldOurs(onTime, stopwatch);
    const simple = foldSimple(onTime.map(doubleTrade), (first) => new DoubleBar(first));

    expect(ours).toBeGreaterThan(1_000);
    expect(simple).toBe(ours);
  });
});

describe("a made recording", () => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-bench-test-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("of several gzip members is one file, whose every row is a good trade", async () => {
    const path = join(folder, "three.csv.gz");
    await writeBinanceFile({ path, seed: 1, members: 3, rowsPerMember: 500 });

    expect(
      await playFile({ path, format: { kind: "binance-trades" }, trades: 1_500 }),
    ).toBeGreaterThan(10);
    expect(await unpackAndSplit(path)).toBe(1_501);
  });

  it("with a row less than it should have is not taken for a whole one", async () => {
    const path = join(folder, "short.csv.gz");
    await writeBinanceFile({ path, seed: 1, members: 1, rowsPerMember: 499 });

    const played = playFile({ path, format: { kind: "binance-trades" }, trades: 500 });

    await expect(played).rejects.toThrow("499 of 500");
  });
});
