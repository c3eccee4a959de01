/** Feeds that would never rest, in turns. */
import { expect, it } from "vitest";
import { type Feed, type FeedContext, stopSource } from "../ports/feed.ts";
import { TurnLine } from "./turn-line.ts";

it("a line gives each batch of its feeds a turn of the event loop of its own", async () => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  let closed = 0;
  const feed: Feed = {
    ...{ time: "feed", tickers: [] },
    async *run() {
      try {
        for (let batch = 0; batch < 20; batch += 1) yield [{ kind: "time", atUs: batch }];
        return { kind: "finished" };
      } finally {
        closed += 1;
      }
    },
  };
  const line = new TurnLine();
  const turns: number[] = [];
  const play = async () => {
    const batches = line.of(feed).run({} as FeedContext, stopSource().signal);
    await batches.next();
    for (;;) {
      const next = await batches.next();
      if (next.done === true) return next.value;
      turns.push(turn);
    }
  };
  expect(await Promise.all([play(), play(), play()])).toEqual(Array(3).fill({ kind: "finished" }));
  isOver = true;
  expect(turns).toHaveLength(57);
  expect(new Set(turns).size).toBe(57);

  const left = line.of(feed).run({} as FeedContext, stopSource().signal);
  await left.next();
  await left.return({ kind: "stopped" });
  expect(closed).toBe(4);
});
