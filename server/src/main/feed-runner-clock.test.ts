import { expect, it } from "vitest";
import { VirtualClock } from "../adapters/clock/virtual-clock.ts";
import { Catalog } from "../marketdata/catalog.ts";
import type { Feed, FeedContext, FeedEvent, FeedOutcome } from "../ports/feed.ts";
import { FeedRunner } from "./feed-runner.ts";

const dataset = { code: "x", name: "X", publisher: "x" };
const second = 1_000_000;

/** What a feed reads of its clock before and after 5 s in which the wall clock is set back by a minute. */
async function readsOf(time: Feed["time"]): Promise<number> {
  const clock = new VirtualClock();
  const catalog = new Catalog();
  catalog.addDataset(dataset);
  const begun = Promise.withResolvers<FeedContext>();
  const over = Promise.withResolvers<void>();
  const feed: Feed = {
    time,
    tickers: [],
    // biome-ignore lint/correctness/useYield: it only looks at its clock.
    async *run(context): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
      begun.resolve(context);
      await over.promise;
      return { kind: "finished" };
    },
  };
  const runner = new FeedRunner({
    dataset,
    opened: {
      feed,
      waitsForConsumers: false,
      waitsForAudience: false,
      isRecording: false,
      simulated: false,
    },
    latenessUs: 0,
    unchangedBars: true,
    catalog,
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    publish() {},
    caughtUp: () => undefined,
  });
  runner.start();
  const context = await begun.promise;
  const before = context.nowUs();
  clock.stepWallBy(-60 * second);
  clock.advanceBy(5 * second);
  const after = context.nowUs();
  over.resolve();
  await runner.finished();
  return (after - before) / second;
}

it("paces a feed that tells its own time by the monotonic clock", async () => {
  expect(await readsOf("feed")).toBe(5);
});

it("gives a feed whose bars close by market time the clock of the house", async () => {
  expect(await readsOf("wall")).toBe(-55);
});
