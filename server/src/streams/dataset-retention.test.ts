import { beforeEach, describe, expect, it } from "vitest";
import type { StoredTrade } from "../ports/dataset-reader.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { firstRoundMs, roundMs, startRetention } from "./dataset-retention.ts";
import { settled, storedTrades } from "./recorded-feed.fixture.ts";

const dayUs = 86_400_000_000;
const startUs = Date.UTC(2024, 7, 8) * 1_000;

class WatchedStore extends MemoryDatasetStore {
  readonly forgotten: number[] = [];
  failure: StorageFailure | undefined;

  override forget(dataset: string, beforeUs: number): Promise<StorageFailure | undefined> {
    if (this.failure !== undefined) return Promise.resolve(this.failure);
    this.forgotten.push((beforeUs - startUs) / dayUs);
    return super.forget(dataset, beforeUs);
  }
}

let store: WatchedStore;
let clock: VirtualClock;
let warnings: string[];
beforeEach(async () => {
  store = new WatchedStore();
  clock = new VirtualClock(startUs + 10 * dayUs);
  warnings = [];
  const trades = Array.from({ length: 10 }, (_, day): StoredTrade => {
    const figures = { price: 5, priceScale: 0, quantity: 1, quantityScale: 0 };
    const eventTimeUs = startUs + day * dayUs;
    return { ticker: "A/B", venue: "v", id: day, ...figures, eventTimeUs, aggressor: "buy" };
  });
  await store.import({ dataset: "d", trades, bars: [], known: [] });
});

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => void warnings.push(message),
  error: () => undefined,
};

const start = (keepDays: number) => startRetention({ dataset: "d", store, keepDays, clock, log });

/** Lets time pass, with all that is begun meanwhile. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advanceBy(1_000_000);
    await settled();
  }
}

describe("what a dataset has had for too long", () => {
  it("is forgotten, a day at a time, and then as it becomes too old", async () => {
    start(4);
    await pass(firstRoundMs + 20_000);
    expect(store.forgotten).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await storedTrades(store)).map(({ id }) => id)).toEqual([6, 7, 8, 9]);

    await pass(roundMs);
    expect(await storedTrades(store)).toHaveLength(3);
  });

  it("stays while it is not too old", async () => {
    start(11);
    await pass(firstRoundMs + 10_000);
    expect(store.forgotten).toEqual([]);
  });

  it("is tried again later where it cannot be forgotten, and not at all after the end", async () => {
    store.failure = { kind: "failure", fault: "disk-full", message: "no room" };
    const end = start(4);
    await pass(firstRoundMs + 10_000);
    expect(warnings).toHaveLength(1);
    store.failure = undefined;
    end();
    await pass(roundMs);
    expect(store.forgotten).toEqual([]);
  });
});
