import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../../test/support/rounds.ts";
import { intervalStart, secondsInterval } from "./interval.ts";
import { BarTable } from "./table.ts";

const minuteUs = 60_000_000;
const minutes = secondsInterval(60);
const rowsMax = 20;

const step = fc.record({
  passedS: fc.nat({ max: 200 }),
  lateS: fc.oneof(fc.constant(0), fc.nat({ max: 300 })),
  price: fc.integer({ min: 1, max: 9 }),
  quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  isRead: fc.boolean(),
});

/** What a table of all trades holds: the newest bars, with nothing said of when they close. */
function expected(trades: readonly { timeUs: number; price: number; quantity: number }[]) {
  const groups = Map.groupBy(trades, ({ timeUs }) => intervalStart(minutes, timeUs));
  return [...groups]
    .toSorted(([left], [right]) => left - right)
    .slice(-rowsMax)
    .map(([startUs, inside]) => {
      const prices = inside.map(({ price }) => price);
      return {
        startUs,
        open: inside.toSorted((left, right) => left.timeUs - right.timeUs)[0]?.price,
        high: Math.max(...prices),
        low: Math.min(...prices),
        volume: inside.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
        quoteVolume: inside.reduce(
          (sum, { price, quantity }) => sum + BigInt(price) * BigInt(quantity),
          0n,
        ),
        tradeCount: inside.length,
      };
    });
}

function rowsOf(table: BarTable) {
  return [...table.from(0)].map((bar) => ({
    startUs: bar.startUs,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    volume: BigInt(bar.volume),
    quoteVolume: BigInt(bar.quoteVolume),
    tradeCount: bar.tradeCount,
  }));
}

describe("a table of bars", () => {
  it("holds the newest bars of all trades, late ones included, whenever it is read", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
        const table = new BarTable({ lengthUs: minuteUs, rowsMax });
        const trades: { timeUs: number; price: number; quantity: number }[] = [];
        let nowUs = 1_700_000_000_000_000;
        for (const { passedS, lateS, price, quantity, isRead } of steps) {
          nowUs += passedS * 1e6;
          const timeUs = nowUs - lateS * 1e6;
          // What would be dropped at once is not added.
          if (table.isFull && timeUs < table.oldestUs + minuteUs) continue;
          table.add({ eventTimeUs: timeUs, price, quantity, aggressor: "unknown" });
          trades.push({ timeUs, price, quantity });
          if (isRead) expect(rowsOf(table)).toEqual(expected(trades));
        }

        expect(rowsOf(table)).toEqual(expected(trades));
      }),
      { numRuns: rounds(80, 200) },
    );
  });

  it("forgets the bars before a time, and comes to the sum of the others", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
        fc.nat({ max: 20_000 }),
        (steps, cutS) => {
          const table = new BarTable({ lengthUs: minuteUs, rowsMax: 1_000 });
          const all: { timeUs: number; price: number; quantity: number }[] = [];
          let timeUs = 1_700_000_000_000_000;
          for (const { passedS, price, quantity } of steps) {
            timeUs += passedS * 1e6;
            table.add({ eventTimeUs: timeUs, price, quantity, aggressor: "unknown" });
            all.push({ timeUs, price, quantity });
          }
          const cutUs = intervalStart(minutes, 1_700_000_000_000_000 + cutS * 1e6);
          table.dropBefore(cutUs);
          const trades = all.filter((trade) => trade.timeUs >= cutUs);

          expect(table.size).toBe(
            new Set(trades.map((t) => intervalStart(minutes, t.timeUs))).size,
          );
          if (trades.length === 0) return;
          const { open, close, volume, tradeCount } = table.whole();
          expect([open, close, tradeCount]).toEqual([
            trades[0]?.price,
            trades.at(-1)?.price,
            trades.length,
          ]);
          expect(BigInt(volume)).toBe(trades.reduce((sum, t) => sum + BigInt(t.quantity), 0n));
        },
      ),
      { numRuns: rounds(80, 200) },
    );
  });
});
