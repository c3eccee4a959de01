import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lots, ticks } from "../core/num/units.ts";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import { barResolutions } from "../ports/history.ts";
import { Story } from "../ports/history-story.fixture.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { historyAsOf, type TradedHistory } from "./history-as-of.ts";

const market = "BTC_USDT";
const steps = { tickSize: { coefficient: 1, scale: 0 }, lotSize: { coefficient: 1, scale: 0 } };
const orders = ["oldest-first", "newest-first"] as const;

/** All that a board, running bars and the local dataset ask. */
async function asked(history: TradedHistory) {
  const answers: unknown[] = [];
  for (const order of orders) {
    const query = { market, order };
    answers.push(
      await history.trades({ ...query, limit: 3 }),
      await history.trades({ ...query, limit: 100, before: { sequence: 12, ordinal: 0 } }),
      await history.tradeBars({ ...query, steps, interval: secondsInterval(1), limit: 50 }),
    );
    for (const resolutionS of barResolutions) {
      for (const limit of [1, 2, 100]) {
        answers.push(await history.bars({ ...query, steps, resolutionS, limit }));
      }
      const fromS = 1_700_000_000 + 3_600;
      answers.push(
        await history.bars({ ...query, steps, resolutionS, fromS, limit: 100 }),
        await history.bars({ ...query, steps, resolutionS, beforeS: fromS, limit: 100 }),
      );
    }
  }
  return answers;
}

describe("a history as of a command", () => {
  it("is what the history was then, however long it has gone on since", async () => {
    const trade = fc.record({
      waitS: fc.constantFrom(0, 0, 1, 20, 61, 3_000, 40_000),
      price: fc.integer({ min: 9, max: 12 }),
      quantity: fc.integer({ min: 1, max: 3 }),
    });
    const property = fc.asyncProperty(
      fc.array(trade, { minLength: 1, maxLength: 12 }),
      fc.nat(),
      async (trades, cut) => {
        const story = new Story().open();
        for (const { waitS, price, quantity } of trades) {
          story.wait(waitS);
          const terms = { price: ticks(price), quantity: lots(quantity) };
          story.place("ann", "buy", terms);
          story.place("bob", "sell", terms);
        }
        const sequence = 1 + (cut % story.released.length);
        const [then, now] = [new MemoryHistory(), new MemoryHistory()];
        then.record(story.released.slice(0, sequence));
        now.record(story.released);

        const timeUs = story.timeOf(sequence);
        expect(await asked(historyAsOf(now, { sequence, timeUs }))).toEqual(await asked(then));
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});
