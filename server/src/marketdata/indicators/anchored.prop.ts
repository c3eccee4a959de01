import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { secondsInterval } from "../bars/interval.ts";
import {
  anchoredFigures,
  barsBeforeMax,
  foldedAtOnce,
  type IsAnchor,
  periodicAnchors,
  reachesBack,
  scatteredAnchors,
} from "./anchored.ts";
import { atr } from "./atr.ts";
import { bbands } from "./bbands.ts";
import type { Indicator, PriceBar } from "./indicator.ts";
import { ma } from "./ma.ts";
import { macd } from "./macd.ts";
import { movingAverageTypes } from "./moving-average.ts";
import { obv } from "./obv.ts";
import { walkedBars } from "./price-path.fixture.ts";
import { rsi } from "./rsi.ts";
import { sar } from "./sar.ts";
import { stoch } from "./stoch.ts";

/** A market that trends, rests and is noisy, the same for the same seed; some of its minutes are missing. */
function market(seed: number, count: number): PriceBar[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let price = 100;
  let drift = 0;
  const closes = Array.from({ length: count }, () => {
    if (random() < 0.02) drift = (random() - 0.5) * 0.1;
    price = Math.max(1, price + drift + (random() - 0.5) * 0.4);
    return Math.round(price * 100) / 100;
  });
  const fromUs = Date.UTC(2024, 1, 1) * 1_000;
  return walkedBars(closes, fromUs).filter(() => random() < 0.9);
}

const recursive: readonly (readonly [string, Indicator])[] = [
  ...[5, 20].flatMap((timePeriod) =>
    movingAverageTypes.map(
      (maType) =>
        [`${maType} ${timePeriod}`, ma({ seriesType: "close", timePeriod, maType })] as const,
    ),
  ),
  ["ATR", atr(14)],
  ["RSI", rsi({ seriesType: "close", timePeriod: 14 })],
  ["MACD", macd({ seriesType: "close", fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 })],
  ["BBANDS", bbands({ seriesType: "close", timePeriod: 20, sd: 2, maType: "T3MA" })],
  [
    "STOCH",
    stoch({
      fastKPeriod: 14,
      slowKPeriod: 3,
      slowKmaType: "KAMA",
      slowDPeriod: 3,
      slowDmaType: "EMA",
    }),
  ],
  ["SAR", sar({ acceleration: 0.02, maximum: 0.2 })],
];

/** As many bars before a page as a server reads, in pieces. */
function readBack(
  bars: readonly PriceBar[],
  page: number,
  indicator: Indicator,
  isAnchor: IsAnchor,
) {
  let from = page;
  while (from > 0 && page - from < barsBeforeMax(indicator)) {
    if (reachesBack(bars.slice(from, page + 1), page - from, indicator, isAnchor)) break;
    from = Math.max(0, from - 313);
  }
  return from;
}

/** The figures, and how many bars were folded from one chance of others to the next. */
function foldedOf(...[indicator, ...rest]: Parameters<typeof anchoredFigures>) {
  let folded = 0;
  const counted: Indicator = {
    ...indicator,
    begin() {
      const fold = indicator.begin();
      return {
        add(bar) {
          folded += 1;
          return fold.add(bar);
        },
      };
    },
  };
  const work = anchoredFigures(counted, ...rest);
  const pieces: number[] = [];
  for (;;) {
    const { done, value } = work.next();
    pieces.push(folded);
    folded = 0;
    if (done === true) return { figures: value, pieces };
  }
}

const figuresOf = (...parts: Parameters<typeof anchoredFigures>) => foldedOf(...parts).figures;

describe("figures of a bar", () => {
  it("are the same whichever page it is on and how far back was read for it", () => {
    const bars = market(7, 6_000);
    const all = recursive.map(([, indicator]) => figuresOf(indicator, bars, 0, scatteredAnchors));
    const cut = fc.tuple(fc.nat({ max: bars.length - 1 }), fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(cut, fc.nat({ max: recursive.length - 1 }), ([page, size], which) => {
        const [, indicator] = recursive[which]!;
        const from = readBack(bars, page, indicator, scatteredAnchors);
        const read = bars.slice(from, page + size);

        const figures = figuresOf(indicator, read, page - from, scatteredAnchors);

        expect(figures).toEqual(all[which]!.slice(page, page + size));
      }),
      { numRuns: rounds(60, 150) },
    );
  });

  it("are folded in pieces, however many bars it takes", () => {
    const bars = market(3, 26_000);
    const heavy = ma({ seriesType: "close", timePeriod: 500, maType: "T3MA" });

    const { figures, pieces } = foldedOf(heavy, bars, 22_000, scatteredAnchors);

    expect(figures).toHaveLength(bars.length - 22_000);
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces)).toBe(foldedAtOnce);
  });

  it("of OBV count from the beginning of the week, of minutes", () => {
    const bars = market(11, 16_000);
    const anchors = periodicAnchors(secondsInterval(60));
    const all = figuresOf(obv("close"), bars, 0, anchors);
    fc.assert(
      fc.property(fc.nat({ max: bars.length - 1 }), (page) => {
        const from = readBack(bars, page, obv("close"), anchors);

        const figures = figuresOf(obv("close"), bars.slice(from, page + 50), page - from, anchors);

        expect(figures).toEqual(all.slice(page, page + 50));
      }),
      { numRuns: rounds(6, 15) },
    );
    const monday = bars.findIndex(({ startUs }) => startUs >= Date.UTC(2024, 1, 5) * 1_000);
    expect(all[monday]).toEqual([bars[monday]!.volume]);
  });
});

describe("a warm-up", () => {
  it.each(recursive)("of %s is long enough: where its fold began does not show", (_, indicator) => {
    for (const seed of [1, 2]) {
      const bars = market(seed, 6_500);
      const fold = indicator.begin();
      const late = indicator.begin();
      let worst = 0;
      bars.forEach((bar, at) => {
        const figures = fold.add(bar)!;
        if (at < 1_000) return;
        const after = late.add(bar);
        if (at < 1_000 + indicator.warmUp) return;
        figures.forEach((figure, line) => {
          worst = Math.max(worst, Math.abs(figure - after![line]!));
        });
      });
      // Prices move by about ten, oscillators by a hundred.
      expect(worst).toBeLessThan(1e-4);
    }
  });
});
