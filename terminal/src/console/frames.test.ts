import { describe, expect, it } from "vitest";
import { bytesMax, FrameLog, filterOf, framesMax } from "./frames.ts";

const all = () => true;

describe("the frames of a connection", () => {
  it("are given newest first, with their size in bytes", () => {
    const log = new FrameLog();
    log.add("out", "één", 1);
    log.add("in", "two", 2);
    expect(log.newest(10, all)).toEqual([
      { number: 2, kind: "in", text: "two", bytes: 3, atMs: 2 },
      { number: 1, kind: "out", text: "één", bytes: 5, atMs: 1 },
    ]);
  });

  it("are kept up to a number, and what had to go is counted", () => {
    const log = new FrameLog();
    const over = framesMax + 7;
    for (let index = 0; index < framesMax + over; index += 1) log.add("in", `${index}`, index);
    expect(log.dropped).toBe(over);
    expect(log.count).toBe(framesMax + over);
    const kept = log.newest(10_000, all);
    expect(kept).toHaveLength(framesMax);
    expect(kept.at(-1)?.text).toBe(`${over}`);
  });

  it("are kept up to a size, but for the newest one, which is always there", () => {
    const log = new FrameLog();
    const half = "x".repeat(bytesMax / 2);
    for (let index = 0; index < 3; index += 1) log.add("in", half, index);
    expect([log.newest(9, all).length, log.dropped]).toEqual([2, 1]);
    log.add("in", "y".repeat(bytesMax + 1), 4);
    expect([log.newest(9, all).length, log.dropped]).toEqual([1, 3]);
  });

  it("are forgotten when they are cleared, while counting goes on", () => {
    const log = new FrameLog();
    for (let index = 0; index <= framesMax; index += 1) log.add("in", "x", index);
    log.clear();
    log.add("in", "after", 1);
    expect([log.dropped, log.newest(9, all).map(({ number }) => number)]).toEqual([
      0,
      [framesMax + 2],
    ]);
  });
});

describe("a filter", () => {
  const frame = {
    number: 1,
    kind: "in",
    text: '{"s":"BTC/USDT","c":1}',
    bytes: 1,
    atMs: 1,
  } as const;

  it.each([
    ["", true],
    ["btc", true],
    ['usdt "c"', true],
    ["btc eth", false],
    [".*", false],
  ])("%j finds all of its words", (words, isFound) => {
    expect(filterOf(words, new Set(["in"]))(frame)).toBe(isFound);
  });

  it("leaves out directions that are not wanted", () => {
    expect(filterOf("btc", new Set(["out", "note"]))(frame)).toBe(false);
  });
});
