import { describe, expect, it } from "vitest";
import type { BarTopic } from "../../marketdata/topic.ts";
import { currentBars, firstGenerationBars } from "./encode.ts";
import { Subscriptions, subscriptionsMax } from "./subscriptions.ts";

function topics(count: number): BarTopic[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "bars",
    dataset: "huobi",
    ticker: `T${index}`,
    periodS: 1,
  }));
}

describe("subscriptions", () => {
  it("give back a topic in the encoding in which it was added", () => {
    const [topic] = topics(1) as [BarTopic];
    const subscriptions = new Subscriptions(undefined);
    subscriptions.add({ topic, encoding: firstGenerationBars });

    expect(subscriptions.remove({ ...topic })?.encoding).toBe(firstGenerationBars);
    expect(subscriptions.remove(topic)).toBeUndefined();
    expect(subscriptions.has(topic)).toBe(false);
  });

  it("are bounded for everybody, with or without a limit of tickers", () => {
    const subscriptions = new Subscriptions(undefined);
    const [extra, ...fitting] = topics(subscriptionsMax + 1) as [BarTopic, ...BarTopic[]];
    const answers = fitting.map((topic) => subscriptions.add({ topic, encoding: currentBars }));
    expect(new Set(answers)).toEqual(new Set(["added"]));

    expect(subscriptions.add({ topic: extra, encoding: currentBars })).toBe(
      "too-many-subscriptions",
    );
    expect(subscriptions.clear()).toHaveLength(subscriptionsMax);
    expect(subscriptions.add({ topic: extra, encoding: currentBars })).toBe("added");
  });
});
