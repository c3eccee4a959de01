import { expect, it } from "vitest";
import { barStoreContract } from "../ports/bar-store.contract.ts";
import { MemoryBarStore } from "./memory-bar-store.ts";

barStoreContract("memory", () => Promise.resolve(new MemoryBarStore()));

it("a store of bars in memory answers with its failure from then on", async () => {
  const store = new MemoryBarStore();
  const failure = { kind: "failure", fault: "disk-full", message: "full" } as const;
  const batch = { dataset: "crypto", bars: [], known: [], gaps: [] };
  store.fail(failure);

  expect(await store.put(batch)).toBe(failure);
  expect(await store.position("crypto")).toBe(failure);
  expect(await store.forget("crypto", 0)).toBe(failure);
});
