import { describe, expect, it } from "vitest";
import {
  type Load,
  loadCommand,
  markedMessage,
  parseLoad,
  publishLoad,
  topicsOf,
} from "./fanout-program.ts";

const grid: Load = { kind: "grid", flushes: 2, intervalMs: 1, messages: 3, bytes: 100 };

describe("a load", () => {
  it.each<[string, Load]>([
    ["on a grid", grid],
    ["that was recorded, in a folder with spaces", { kind: "replay", file: "/a b/c", times: 4 }],
  ])("%s is told to a program and read back", (_, load) => {
    expect(parseLoad(loadCommand(load))).toEqual(load);
  });

  it("that is not understood is an error", () => {
    expect(() => parseLoad("hello 1")).toThrow(/hello/);
  });

  it("is published flush by flush, one message for each topic", async () => {
    const flushes: (readonly number[])[] = [];
    await publishLoad(grid, (messages) => {
      flushes.push(messages.map(({ topic, text }) => topic * 1_000 + text.length));
    });
    expect(flushes).toEqual([
      [100, 1_100, 2_100],
      [100, 1_100, 2_100],
    ]);
  });
});

describe("a marked message", () => {
  it("is JSON of the length that was asked for, with one mark", () => {
    const message = markedMessage(12, "0000001234567890", 143);
    expect(message).toHaveLength(143);
    expect(JSON.parse(message)).toMatchObject({ topic: 12, sent: "~0000001234567890" });
    expect(message.split("~")).toHaveLength(2);
  });
});

describe("a client's topics", () => {
  it.each([
    [undefined, [0, 1, 2]],
    [null, [0, 1, 2]],
    ["", [0, 1, 2]],
    ["2", [2]],
    ["2,0", [2, 0]],
  ])("for %j of three are %j", (asked, topics) => {
    expect(topicsOf(asked, 3)).toEqual(topics);
  });
});
