import { describe, expect, it } from "vitest";
import { StoreThread } from "./store-thread.ts";

const module = new URL("./echo.fixture", import.meta.url);

/** A thread for a store, and all that it said until it ended. */
function opened(store: string) {
  const thread = new StoreThread({ module, name: "echo", store });
  const said: string[] = [];
  thread.on("message", (message) => said.push(String(message)));
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  return {
    thread,
    async said(...messages: readonly string[]): Promise<readonly string[]> {
      for (const message of messages) thread.postMessage(message);
      await ended;
      return said;
    },
  };
}

const numberOf = (line: string | undefined) => line?.split(" ")[0];

describe("a thread that serves a store", () => {
  it("is used again once its store was closed, and says nothing of the one before", async () => {
    const before = await opened("first").said("one", "close", "late");
    const after = await opened("second").said("two", "close");

    const number = numberOf(before[0]);
    expect(before).toEqual([`${number} first: one`, `${number} first: close`]);
    expect(after).toEqual([`${number} second: two`, `${number} second: close`]);
  });

  it("is used again after a store that could not be opened", async () => {
    const [closed] = await opened("first").said("close");
    expect(await opened("refused").said()).toEqual(["refused"]);
    const [later] = await opened("second").said("close");

    expect(numberOf(later)).toBe(numberOf(closed));
  });

  it("serves one store at a time", async () => {
    const stores = ["a", "b", "c"].map(opened);

    const lines = await Promise.all(stores.map(({ said }) => said("close")));

    expect(new Set(lines.map(([line]) => numberOf(line))).size).toBe(3);
  });

  it("that fails tells why, ends, and is not used again", async () => {
    const first = opened("first");
    const faults: unknown[] = [];
    first.thread.on("error", (fault) => faults.push(fault));
    const told = await first.said("still there", "fail");
    const [line] = await opened("second").said("close");

    expect(told).toHaveLength(1);
    expect(faults).toEqual([expect.objectContaining({ message: "a fault of its own" })]);
    expect(numberOf(line)).not.toBe(numberOf(told[0]));
  });

  it("that is ended hears nothing more", async () => {
    const { thread, said } = opened("first");
    const lines = said();
    await thread.terminate();
    thread.postMessage("nobody hears this");

    expect(await lines).toEqual([]);
  });
});
