import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { BarPublisher } from "./bar-publisher.ts";
import type { BarUpdate, PublishPeriodS } from "./bar-update.ts";
import { barIntervalUs, publishPeriodsS } from "./bar-update.ts";
import type { Instrument } from "./instrument.ts";
import type { Trade } from "./trade.ts";

const epoch = Date.UTC(2024, 7, 8, 23, 54) * 1000;
const latenessUs = 10_000_000;
const dataset = { code: "d", name: "D", publisher: "p" };
const instruments: Instrument[] = [0, 1, 2].map((index) => ({
  dataset,
  ticker: `T${index}`,
  index,
}));

/** A trade and how long it takes to arrive, within what the publisher tolerates. */
const arrival = fc
  .record({
    of: fc.nat({ max: 2 }),
    at: fc.nat({ max: 200_000 }),
    delay: fc.nat({ max: latenessUs / 1000 }),
    price: fc.integer({ min: 1, max: 50 }),
    priceScale: fc.nat({ max: 3 }),
    quantity: fc.integer({ min: 1, max: 9 }),
    repeated: fc.boolean(),
  })
  .map((drawn) => ({ ...drawn, at: drawn.at * 1000 }));

type DrawnArrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

/** The same bar, computed from all trades of one minute at once with unbounded integers. */
function batch(trades: readonly Trade[]) {
  const sorted = [...trades].sort((a, b) => a.eventTimeUs - b.eventTimeUs);
  const prices = sorted.map((trade) => Number(trade.price) * 10 ** (3 - trade.priceScale));
  const volume = sorted.reduce((sum, trade) => sum + BigInt(trade.quantity), 0n);
  return [
    prices[0],
    Math.max(...prices),
    Math.min(...prices),
    prices.at(-1),
    volume,
    sorted.length,
  ];
}

function figures(bar: BarUpdate) {
  const unit = 10 ** (3 - bar.priceScale);
  const prices = [bar.open, bar.high, bar.low, bar.close].map((price) => Number(price) * unit);
  return [...prices, BigInt(bar.volume), bar.tradeCount];
}

interface Published {
  readonly bar: BarUpdate;
  readonly periodS: PublishPeriodS;
  readonly boundary: number;
}

/** What a subscriber of one period holds in the end, by ticker and minute. */
function lastStates(
  published: readonly Published[],
  periodS: PublishPeriodS,
): Map<string, BarUpdate> {
  const ofPeriod = published.filter((message) => message.periodS === periodS);
  return new Map(ofPeriod.map(({ bar }) => [`${bar.ticker}|${bar.startUs}`, bar]));
}

function play(arrivals: readonly DrawnArrival[], unchangedBars: boolean) {
  const trades = arrivals.map((drawn, index): Trade => {
    const instrument = instruments[drawn.of];
    if (instrument === undefined) throw new Error("an instrument was expected");
    return {
      instrument,
      venue: "v",
      id: index,
      price: drawn.price,
      priceScale: drawn.priceScale,
      quantity: drawn.quantity,
      quantityScale: 0,
      eventTimeUs: epoch + drawn.at,
      receiveTimeUs: epoch + drawn.at + drawn.delay * 1000,
      aggressor: "unknown",
    };
  });
  const arriving = [...trades].sort((a, b) => a.receiveTimeUs - b.receiveTimeUs);
  const published: Published[] = [];
  const publisher = new BarPublisher({
    latenessUs,
    unchangedBars,
    publish: (bar, periodS) => published.push({ bar, periodS, boundary: publisher.nowUs ?? 0 }),
  });
  publisher.advance(epoch);
  const answers = new Set<string>();
  for (const trade of arriving) {
    publisher.advance(trade.receiveTimeUs);
    answers.add(`first ${publisher.apply(trade)}`);
    if (arrivals[trade.id as number]?.repeated) answers.add(`again ${publisher.apply(trade)}`);
  }
  for (const answer of answers) expect(["first taken", "again duplicate"]).toContain(answer);
  publisher.advance(epoch + 600_000_000);
  return { arriving, published };
}

describe("bars", () => {
  it("end equal to a batch computation for any arrival order within the lateness window", () => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), fc.boolean(), (arrivals, unchangedBars) => {
        const { arriving, published } = play(arrivals, unchangedBars);
        const minutes = Map.groupBy(
          arriving,
          (trade) =>
            `${trade.instrument.ticker}|${Math.floor(trade.eventTimeUs / barIntervalUs) * barIntervalUs}`,
        );
        for (const periodS of publishPeriodsS) {
          const final = lastStates(published, periodS);
          expect(final.size).toBe(minutes.size);
          for (const [key, bar] of final)
            expect(figures(bar)).toEqual(batch(minutes.get(key) ?? []));
        }
      }),
      { numRuns: rounds(120, 300) },
    );
  });

  it("are sent at most once per period and bar, at a boundary, never empty, never before their minute", () => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), fc.boolean(), (arrivals, unchangedBars) => {
        const { published } = play(arrivals, unchangedBars);
        const sent = new Set<string>();
        const wrong: string[] = [];
        for (const { bar, periodS, boundary } of published) {
          const message = `${bar.ticker}|${bar.startUs}|${periodS}|${boundary}`;
          const isDue = boundary % (periodS * 1_000_000) === 0 && bar.startUs < boundary;
          if (!isDue || bar.tradeCount <= 0 || sent.has(message)) wrong.push(message);
          sent.add(message);
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: rounds(120, 300) },
    );
  });
});
