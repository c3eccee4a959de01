import { describe, expect, it } from "vitest";
import { type LogNeeds, type NodeNeed, shorteningOf } from "./shortening.ts";

const needs: LogNeeds = { own: 900, snapshot: 800, nodes: [], bytes: 10, waitBytesMax: 100 };
const node = (name: string, more: Partial<NodeNeed> = {}): NodeNeed => ({
  ...{ node: name, role: "engine", state: "following", has: 900 },
  ...more,
});

describe("up to where the shared log is shortened", () => {
  it.each<[string, Partial<LogNeeds>, number, RegExp]>([
    [
      "to the newest snapshot, where all have more",
      { nodes: [node("b")] },
      800,
      /snapshot is of command 800/,
    ],
    ["not at all without a snapshot", { snapshot: undefined }, 0, /no snapshot/],
    ["to what the leader has durably", { own: 700 }, 700, /that leads has up to command 700/],
    [
      "to what an engine has that is behind",
      { nodes: [node("b", { has: 300 }), node("c", { has: 400 })] },
      300,
      /^b \(following\) has up to command 300/,
    ],
    [
      "to what an engine has that is gone",
      { nodes: [node("b", { state: "gone", has: 20 })] },
      20,
      /^b \(gone\)/,
    ],
    [
      "not at all where a node of an older release does not say",
      { nodes: [node("b", { has: undefined })] },
      0,
      /does not say/,
    ],
    [
      "not at all where such a gateway is gone",
      { nodes: [node("g", { role: "gateway", state: "gone", has: undefined })] },
      0,
      /^g/,
    ],
    [
      "to what a gateway shows that is behind",
      { nodes: [node("g", { role: "gateway", has: 50 })] },
      50,
      /^g/,
    ],
    [
      "without a gateway that is gone",
      { nodes: [node("g", { role: "gateway", state: "gone", has: 50 })] },
      800,
      /snapshot/,
    ],
    [
      "without an engine that was removed",
      { nodes: [node("b", { state: "removed", has: 1 })] },
      800,
      /snapshot/,
    ],
    [
      "without a node that has not come yet",
      { nodes: [node("b", { state: "expected", has: undefined })] },
      800,
      /snapshot/,
    ],
    [
      "without nodes that run feeds alone",
      { nodes: [node("f", { role: "feed", has: undefined })] },
      800,
      /snapshot/,
    ],
  ])("%s", (_, change, sequence, heldBy) => {
    const found = shorteningOf({ ...needs, ...change });
    expect([found.sequence, found.leftBehind]).toEqual([sequence, []]);
    expect(found.heldBy).toMatch(heldBy);
  });

  it("waits for nobody once the log is larger than that, but for the leader and a snapshot, and says for whom", () => {
    const nodes = [node("b", { state: "gone", has: 20 }), node("c"), node("d", { has: undefined })];
    expect(shorteningOf({ ...needs, nodes, bytes: 100 })).toMatchObject({ sequence: 0 });
    expect(shorteningOf({ ...needs, nodes, bytes: 101 })).toMatchObject({
      ...{ sequence: 800, leftBehind: ["b", "d"] },
    });
    expect(shorteningOf({ ...needs, nodes, bytes: 101, own: 5 })).toMatchObject({ sequence: 5 });
    expect(shorteningOf({ ...needs, nodes, bytes: 101, snapshot: undefined })).toMatchObject({
      sequence: 0,
    });
  });
});
