import { describe, expect, it } from "vitest";
import { historyContract } from "../ports/history.contract.ts";
import { Story } from "../ports/history-story.fixture.ts";
import { MemoryHistory } from "./memory-history.ts";

historyContract("memory", () => Promise.resolve(new MemoryHistory()));

describe("a history in memory", () => {
  it("stores nothing more after a failure and says why", async () => {
    const history = new MemoryHistory();
    const { released } = new Story().open();
    history.record(released.slice(0, 2));
    const failure = { kind: "failure", fault: "disk-full", message: "full" } as const;
    history.fail(failure);

    history.record(released.slice(2));

    expect([history.lastSequence, history.failure]).toEqual([2, failure]);
    expect(await history.flushed()).toBe(failure);
    expect(await history.digest()).toBe(failure);
  });
});
