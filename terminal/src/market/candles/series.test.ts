import { describe, expect, it } from "vitest";
import type { ChartCandle } from "./candle.ts";
import { intervalBeside, intervalsOf } from "./candle.ts";
import { emptyRunMax, pointsAfter, pointsOf } from "./points.ts";
import { CandleSeries } from "./series.ts";

const minute = 60_000;
const candle = (at: number, close = "1"): ChartCandle => ({
  ...{ startMs: at * minute, open: "1", high: "9", low: "1", close, volume: "3" },
});
const starts = (series: CandleSeries) => series.candles.map(({ startMs }) => startMs / minute);

describe("a series of candles", () => {
  it("joins pages and live candles without a hole or a repeat, whatever comes first", () => {
    const series = new CandleSeries();
    series.live(candle(10, "live"));
    series.past([candle(8), candle(9), candle(10, "older")], [], "live");
    series.past([candle(5), candle(6), candle(7)], [], "live");
    series.live(candle(11));
    expect(starts(series)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(series.at(10 * minute)?.close).toBe("live");
  });

  it("takes the page of the same connection for newer, and after a loss every page", () => {
    const series = new CandleSeries();
    series.live(candle(10, "live"));
    series.past([candle(10, "page")], [], "page");
    expect(series.at(10 * minute)?.close).toBe("page");
    series.live(candle(10, "live"));
    series.forgetLive();
    series.past([candle(10, "later")], [], "live");
    expect(series.at(10 * minute)?.close).toBe("later");
  });

  it("tells single candles, revisions among them, and everything where the axis changes", () => {
    const series = new CandleSeries();
    series.past([candle(1), candle(2), candle(4)], [], "page");
    expect(series.takeChanges().is).toBe("all");
    expect(series.takeChanges()).toEqual({ is: "some", candles: [] });
    series.live(candle(5));
    series.live(candle(2, "revised"));
    series.live(candle(5));
    expect(series.takeChanges()).toEqual({
      is: "some",
      candles: [candle(2, "revised"), candle(5)],
    });
    series.live(candle(5));
    expect(series.takeChanges()).toEqual({ is: "some", candles: [] });
    series.live(candle(3));
    expect(series.takeChanges().is).toBe("all");
  });

  it("keeps a bounded number, and does not take back what it let go", () => {
    const series = new CandleSeries(100);
    for (let at = 0; at < 101; at += 1) series.live(candle(at));
    expect(starts(series)[0]).toBe(11);
    expect(series.hasRoom).toBe(false);
    series.past([candle(3), candle(4)], [], "page");
    expect(starts(series)[0]).toBe(11);
  });

  it("joins the times that are not known", () => {
    const series = new CandleSeries();
    series.past([candle(1)], [{ fromMs: 50, toMs: 70 }], "live");
    series.past(
      [],
      [
        { fromMs: 10, toMs: 20 },
        { fromMs: 60, toMs: 90 },
      ],
      "live",
    );
    expect(series.unknown).toEqual([
      { fromMs: 10, toMs: 20 },
      { fromMs: 50, toMs: 90 },
    ]);
  });

  it("is drawn anew where more is not known, and not where the same is told again", () => {
    const series = new CandleSeries();
    const unknown = [{ fromMs: 50, toMs: 70 }];
    series.past([], unknown, "live");
    expect(series.takeChanges().is).toBe("all");
    series.past([], unknown, "live");
    expect(series.takeChanges().is).toBe("some");
  });
});

describe("places on the axis", () => {
  const at = (points: ReturnType<typeof pointsOf>) =>
    points
      .map(({ startMs, candle: own }) => (own === undefined ? "-" : startMs / minute))
      .join(" ");

  it("are kept for intervals without trades", () => {
    expect(at(pointsOf([candle(1), candle(2), candle(5)], minute))).toBe("1 2 - - 5");
    expect(at(pointsAfter(candle(2), candle(4), minute))).toBe("- 4");
  });

  it("are not kept where they would be too many, or have no fixed length", () => {
    expect(at(pointsOf([candle(1), candle(emptyRunMax + 3)], minute))).toBe(`1 ${emptyRunMax + 3}`);
    expect(at(pointsOf([candle(1), candle(9)], undefined))).toBe("1 9");
    const rare = Array.from({ length: 500 }, (_, index) => candle(index * 100));
    expect(pointsOf(rare, minute).length).toBeLessThan(500 * 5 + 2 * emptyRunMax);
  });
});

describe("intervals", () => {
  it("are stepped through up to the last one", () => {
    const markets = intervalsOf("market");
    expect(intervalBeside(markets, "5m", 1)?.name).toBe("10m");
    expect(intervalBeside(markets, "1s", -1)?.name).toBe("1s");
    expect(intervalBeside(markets, "30d", 1)?.name).toBe("30d");
  });

  it("of datasets are those that their REST knows", () => {
    expect(intervalsOf("ticker")).toHaveLength(10 + 6 + 1 + 1 + 4);
  });
});
