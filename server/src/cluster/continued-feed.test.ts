import { describe, expect, it } from "vitest";
import type { Instrument } from "../marketdata/instrument.ts";
import type { Feed, FeedContext, FeedEvent } from "../ports/feed.ts";
import { MemoryDatasetBroker, MemoryDatasetStream } from "../testing/memory-dataset-stream.ts";
import { continuedLive, continuedRecording } from "./continued-feed.ts";
import type { Told } from "./dataset-lead.ts";
import { encodeTelling, toldTrade } from "./dataset-messages.ts";

const instrument: Instrument = {
  dataset: { code: "spot", name: "spot", publisher: "spot" },
  ticker: "A/B",
  index: 0,
};
const trade = (id: number) => ({
  ...{ instrument, venue: "v", id, price: 1, priceScale: 0, quantity: 1, quantityScale: 0 },
  ...{ eventTimeUs: id, receiveTimeUs: id, aggressor: "buy" as const },
});
const signal = new AbortController().signal;

async function all(feed: Feed, context: Partial<FeedContext>): Promise<readonly FeedEvent[]> {
  const events: FeedEvent[] = [];
  for await (const batch of feed.run(context as FeedContext, signal)) events.push(...batch);
  return events;
}

describe("a source of what happens now that goes on at another node", () => {
  it("is preceded by what was told of the minutes that may still change, in its own time", async () => {
    const stream = new MemoryDatasetStream(new MemoryDatasetBroker());
    const head = {
      ...{ term: 1, node: "n", writer: "w", previous: 0, begun: 1, trades: 0, live: [], about: 1 },
      ...{ state: "running", timeUs: 5 },
    };
    const texts = [
      ["x", toldTrade(trade(6))],
      ["g", null, 1, 2, "told before"],
      ["t", 7],
    ];
    await stream.append(
      "spot",
      encodeTelling(
        head,
        undefined,
        texts.map((text) => JSON.stringify(text)),
      ),
      0,
    );
    await stream.append("spot", encodeTelling(head, undefined, []), 1);
    let goesOn = false;
    const told = { primedFrom: 1, tookOverAt: 2, goOn: () => (goesOn = true) } as unknown as Told;
    const source: Feed = {
      ...{ time: "wall", tickers: [] },
      async *run() {
        expect(goesOn).toBe(true);
        expect(feed.time).toBe("wall");
        yield [{ kind: "trades", trades: [trade(8)] }];
        return { kind: "stopped" };
      },
    };
    const feed = continuedLive(source, { dataset: "spot", stream, told });
    expect(feed.time).toBe("feed");
    const context = { instrument: () => instrument };
    expect(await all(feed, context)).toEqual([
      { kind: "time", atUs: 5 },
      { kind: "trades", trades: [trade(6)] },
      { kind: "time", atUs: 7 },
      { kind: "trades", trades: [trade(8)] },
    ]);
    // Run again after a failure, it has been told that.
    expect(await all(feed, context)).toEqual([{ kind: "trades", trades: [trade(8)] }]);
  });
});

describe("a recording that goes on at another node", () => {
  it("waits for nothing while it is behind, and then by the time at which it was begun", async () => {
    let isBehind = true;
    const told = {
      begunUs: 1_000_000,
      get isBehind() {
        return isBehind;
      },
    } as unknown as Told;
    let nowUs = 50_000_000;
    const slept: number[] = [];
    const times: number[] = [];
    const source: Feed = {
      ...{ time: "feed", tickers: [] },
      async *run(context) {
        times.push(context.nowUs());
        await context.sleep(60_000, signal);
        times.push(context.nowUs());
        isBehind = false;
        times.push(context.nowUs());
        nowUs += 2_000_000;
        await context.sleep(10, signal);
        times.push(context.nowUs());
        yield [];
        return { kind: "finished" };
      },
    };
    await all(continuedRecording(source, { told }), {
      nowUs: () => nowUs,
      sleep: async (ms) => void slept.push(ms),
    });
    expect(times).toEqual([1_000_000, 61_000_000, 61_000_000, 63_000_000]);
    expect(slept).toEqual([10]);
  });
});
