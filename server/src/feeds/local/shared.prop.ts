/** Nodes that apply one log publish the same bars at the same positions, however fast each of them folds. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { rulesOf } from "../../core/scenario.fixture.ts";
import { BarPublisher } from "../../marketdata/bar-publisher.ts";
import type { Topic } from "../../marketdata/topic.ts";
import { type FeedEvent, type StopSignal, stopSource } from "../../ports/feed.ts";
import { nextTurn } from "../../ports/timers.ts";
import { Numbering } from "../../streams/numbering.ts";
import { LocalFeed } from "./feed.ts";

const startUs = 1_700_000_040_000_000;
const rules = rulesOf("BTC", "USDT");

type Entry = { readonly price: number } | { readonly tenths: number };

const log: fc.Arbitrary<readonly Entry[]> = fc.array(
  fc.oneof(
    fc.record({ price: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ tenths: fc.constantFrom(1, 1, 1, 3, 8, 25, 700) }),
  ),
  { minLength: 10, maxLength: 150, size: "max" },
);

/** What a node publishes that has its turn after every so many entries of the log. */
async function publishedAt(entries: readonly Entry[], pace: number): Promise<readonly string[]> {
  const feed = new LocalFeed("openbourse", [rules], true);
  feed.restore([], startUs);
  const numbering = new Numbering({ epoch: "e", sequence: feed.sequence ?? 0, isReplica: true });
  const published: string[] = [];
  const bars = new BarPublisher({
    latenessUs: 2_000_000,
    unchangedBars: true,
    publish: (bar, periodS) => {
      const topic: Topic = { kind: "bars", dataset: "local", ticker: "BTC/USDT", periodS };
      const { position } = numbering.number(topic, { sequence: feed.sequence ?? 0, tick: 0 }, bar);
      published.push(
        JSON.stringify([periodS, position, bar], (_, value: unknown) =>
          typeof value === "bigint" ? `${value}` : value,
        ),
      );
    },
  });
  const stop = stopSource();
  const ended = foldAll(feed, bars, stop.signal);
  let timeUs = startUs;
  for (const [at, entry] of entries.entries()) {
    if ("tenths" in entry) {
      timeUs += entry.tenths * 100_000;
      feed.tick({ sequence: at, tick: Math.floor(timeUs / 100_000), timeUs });
    } else {
      feed.take([tradedAt(entry.price, { at, timeUs })]);
    }
    if (at % pace === 0) for (let turns = 0; turns < 4; turns += 1) await nextTurn();
  }
  for (let turns = 0; turns < 2 * entries.length + 4; turns += 1) await nextTurn();
  stop.abort();
  await ended;
  return published;
}

async function foldAll(feed: LocalFeed, bars: BarPublisher, signal: StopSignal): Promise<void> {
  for await (const batch of feed.run(new VirtualFeedContext(), signal)) {
    for (const event of batch) fold(bars, event);
  }
}

function fold(bars: BarPublisher, event: FeedEvent): void {
  if (event.kind === "time") bars.advance(event.atUs);
  if (event.kind === "trades") for (const trade of event.trades) bars.apply(trade);
}

function tradedAt(price: number, { at, timeUs }: { readonly at: number; readonly timeUs: number }) {
  const none = 0n as never;
  return {
    ...{ sequence: at + 1, timeUs, command: { kind: "cancel-all", user: "ann" } as const },
    events: [
      {
        ...{ kind: "traded" as const, market: rules.code, ordinal: 0, aggressor: "buy" as const },
        ...{ price, quantity: 1, value: none, taker: 2, takerUser: "b", takerFee: none },
        ...{ maker: 1, makerUser: "a", makerFee: none, makerCreatedUs: 0 },
      },
    ],
  };
}

it("publish the same bars at the same positions, however fast they fold", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(log, fc.integer({ min: 2, max: 40 }), async (entries, pace) => {
      const quick = await publishedAt(entries, 1);
      const slow = await publishedAt(entries, pace);

      expect(slow).toEqual(quick);
      count += quick.length;
    }),
    { numRuns: 30, endOnFailure: true },
  );
  expect(count).toBeGreaterThan(100);
});
