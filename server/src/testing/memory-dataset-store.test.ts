import { expect, it } from "vitest";
import { datasetStoreContract } from "../ports/dataset-store.contract.ts";
import { datasetTradesContract } from "../ports/dataset-trades.contract.ts";
import { MemoryDatasetStore } from "./memory-dataset-store.ts";

datasetStoreContract("memory", () => Promise.resolve(new MemoryDatasetStore()));
datasetTradesContract("memory", () => Promise.resolve(new MemoryDatasetStore()));

it("a store of bars in memory answers with its failure from then on", async () => {
  const store = new MemoryDatasetStore();
  const failure = { kind: "failure", fault: "disk-full", message: "full" } as const;
  const position = { epoch: "one", sequence: 1, timeUs: 0 };
  const batch = { dataset: "crypto", position, trades: [], bars: [], known: [], gaps: [] };
  store.fail(failure);

  expect(await store.put(batch)).toBe(failure);
  expect(await store.position("crypto")).toBe(failure);
  expect(await store.forget("crypto", 0)).toBe(failure);
});
