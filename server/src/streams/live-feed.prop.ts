import fc from "fast-check";
import { expect, it } from "vitest";
import { intervalStart, minuteInterval } from "../marketdata/bars/interval.ts";
import { isUnanswered } from "../ports/history.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { LiveHouse, MadeUpVenue } from "./live-house.fixture.ts";
import { storedTrades } from "./recorded-feed.fixture.ts";

const startUs = Date.UTC(2024, 7, 8, 12) * 1_000;
const tickers = ["A/B", "C/D"] as const;

const ticker = fc.constantFrom(...tickers);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("trades" as const),
      ticker,
      count: fc.integer({ min: 1, max: 9 }),
      atOnce: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), ticker }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("behave" as const),
      ticker,
      behaviour: fc.constantFrom("sound" as const, "refused" as const, "half-open" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("again" as const),
      ticker,
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("quiet" as const),
      seconds: fc.integer({ min: 1, max: 90 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) },
);
const story = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 40 }),
  pastMax: fc.constantFrom(undefined, 0, 5, 1_000),
  repeats: fc.constantFrom(0, 3, 50),
  confirms: fc.boolean(),
  seed: fc.nat(),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

it("whatever a venue does, what is said to be known is stored wholly, once, and the rest is a gap", async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ steps, pastMax, repeats, confirms, seed }) => {
      const clock = new VirtualClock(startUs);
      const store = new MemoryDatasetStore();
      const venue = new MadeUpVenue(clock, tickers);
      venue.pastMax = pastMax;
      venue.repeats = repeats;
      venue.confirms = confirms;
      let house = await LiveHouse.begin(venue, { clock, store, seed });
      for (const next of steps) {
        if (next.kind === "restart" || next.kind === "kill") {
          await (next.kind === "restart" ? house.stop() : house.kill());
          clock.advanceBy(3_000_000);
          house = await LiveHouse.begin(venue, { clock, store, seed });
        } else await follow(next, venue, house);
      }
      await house.stop();
      for (const name of tickers) {
        await expectTruth(store, venue, name);
        await expectBars(store, name);
      }
    }),
    { numRuns: 100 },
  );
});

async function follow(next: Step, venue: MadeUpVenue, house: LiveHouse): Promise<void> {
  switch (next.kind) {
    case "trades":
      return house.pass(next.count, () => {
        for (let n = 0; n < next.atOnce; n += 1) venue.trade(next.ticker);
      });
    case "drop":
      return venue.drop(next.ticker);
    case "behave":
      venue.behaviour.set(next.ticker, next.behaviour);
      return;
    case "again":
      venue.again(next.ticker, next.count);
      return;
    case "quiet":
      return house.pass(next.seconds, () => {
        for (const name of tickers) venue.heartbeat(name);
      });
  }
}

/** Each bar opens and closes with the first and last of its trades, by time and then by the venue's numbers. */
async function expectBars(store: MemoryDatasetStore, name: string) {
  const query = { dataset: "d", ticker: name, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const page = { order: "oldest-first", limit: 1_000 } as const;
  const found = await store.bars({ ...query, ...page, interval: minuteInterval });
  if (isUnanswered(found)) throw new Error("the store cannot be read");
  const trades = (await storedTrades(store, name)).toSorted(
    (left, right) => left.eventTimeUs - right.eventTimeUs || Number(left.id) - Number(right.id),
  );
  const minutes = Map.groupBy(trades, (trade) => intervalStart(minuteInterval, trade.eventTimeUs));
  expect(found.bars.map(({ startUs, open, close }) => [startUs, open, close])).toEqual(
    [...minutes].map(([startUs, inside]) => [startUs, inside[0]?.price, inside.at(-1)?.price]),
  );
}

async function expectTruth(store: MemoryDatasetStore, venue: MadeUpVenue, name: string) {
  const query = { dataset: "d", ticker: name, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const coverage = await store.coverage(query);
  if (isUnanswered(coverage)) throw new Error("the store cannot be read");
  const stored = (await storedTrades(store, name)).map(({ id }) => id);
  expect(new Set(stored).size, "nothing is stored twice").toBe(stored.length);
  const has = new Set(stored);
  for (const { fromUs, toUs } of coverage.known) {
    const traded = (venue.traded.get(name) ?? []).filter(
      ({ eventTimeUs: us }) => us >= fromUs && us < toUs,
    );
    expect(
      traded.filter(({ id }) => !has.has(id)),
      "what is known is stored",
    ).toEqual([]);
  }
  for (const gap of coverage.gaps) {
    const isKnown = coverage.known.some(
      ({ fromUs, toUs }) => fromUs < gap.toUs && gap.fromUs < toUs,
    );
    expect(isKnown, "nothing is both known and missing").toBe(false);
  }
  // From the first that is known to the last, all is either.
  const spans = [...coverage.known, ...coverage.gaps].toSorted((l, r) => l.fromUs - r.fromUs);
  let untilUs = coverage.known[0]?.fromUs ?? Number.POSITIVE_INFINITY;
  for (const { fromUs, toUs } of spans) {
    expect(fromUs, "nothing is unsaid").toBeLessThanOrEqual(untilUs);
    untilUs = Math.max(untilUs, toUs);
  }
}
