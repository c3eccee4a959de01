import { describe, expect, it } from "vitest";
import { BufferedFeed, type FeedSetup } from "./feed.ts";

interface State {
  readonly key: string;
  readonly value: number;
}

function feedOf(setup: Partial<FeedSetup<State>> = {}): BufferedFeed<State> {
  return new BufferedFeed<State>({ ended: () => {}, ...setup });
}

const state = (key: string, value: number): State => ({ key, value });
const byKey = { keyOf: ({ key }: State) => key };

async function take(feed: BufferedFeed<State>, count: number): Promise<readonly number[]> {
  const values: number[] = [];
  const iterator = feed[Symbol.asyncIterator]();
  while (values.length < count) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    values.push(value.value);
  }
  return values;
}

describe("a feed", () => {
  it("of a history keeps everything for its loop, in order", async () => {
    const feed = feedOf();
    for (let value = 0; value < 100; value += 1) feed.push(state("a", value));
    expect(await take(feed, 100)).toEqual([...Array(100).keys()]);
    expect(feed.counts).toEqual({ delivered: 100, conflated: 0, dropped: 0 });
  });

  it("of states keeps the newest of each key, and counts what it replaced", async () => {
    const feed = feedOf(byKey);
    for (let value = 0; value < 10; value += 1)
      feed.push(state(value % 2 === 0 ? "a" : "b", value));
    expect(feed.waiting).toBe(2);
    expect(await take(feed, 2)).toEqual([8, 9]);
    expect(feed.counts).toEqual({ delivered: 2, conflated: 8, dropped: 0 });
  });

  it("fails loudly when nobody reads it, with what waits still there", async () => {
    const feed = feedOf({ max: 3 });
    for (let value = 0; value < 5; value += 1) feed.push(state("a", value));
    expect(feed.waiting).toBe(3);
    const iterator = feed[Symbol.asyncIterator]();
    for (const expected of [0, 1, 2]) {
      expect(await iterator.next()).toEqual({ value: state("a", expected), done: false });
    }
    await expect(iterator.next()).rejects.toMatchObject({ fault: { kind: "overflow", max: 3 } });
  });

  it("drops its oldest where that was asked for, and counts each", async () => {
    const feed = feedOf({ max: 3, overflow: "drop-oldest" });
    for (let value = 0; value < 10; value += 1) feed.push(state("a", value));
    expect(await take(feed, 3)).toEqual([7, 8, 9]);
    expect(feed.counts.dropped).toBe(7);
  });

  it("hands a listener what waited and what comes, and buffers nothing from then on", () => {
    const feed = feedOf({ max: 1 });
    feed.push(state("a", 1));
    const heard: number[] = [];
    const stop = feed.listen(({ value }) => heard.push(value));
    feed.push(state("a", 2));
    feed.push(state("a", 3));
    expect([heard, feed.waiting]).toEqual([[1, 2, 3], 0]);
    stop();
    feed.push(state("a", 4));
    expect([heard, feed.waiting]).toEqual([[1, 2, 3], 1]);
  });

  it("ends the loop that waits for it, in order or with why not", async () => {
    const ends: number[] = [];
    const over = feedOf({ ended: () => ends.push(1) });
    const waiting = over[Symbol.asyncIterator]().next();
    over.close();
    over.close();
    expect(await waiting).toEqual({ value: undefined, done: true });
    const failed = feedOf();
    const other = failed[Symbol.asyncIterator]().next();
    failed.end({ kind: "unavailable", message: "gone" });
    await expect(other).rejects.toThrow("gone");
    expect(ends).toEqual([1]);
  });

  it("is closed by leaving its loop", async () => {
    let ends = 0;
    const feed = feedOf({ ended: () => (ends += 1) });
    feed.push(state("a", 1));
    for await (const _ of feed) break;
    expect([ends, feed.isOver]).toEqual([1, true]);
  });
});
