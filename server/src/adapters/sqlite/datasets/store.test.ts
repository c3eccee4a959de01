import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datasetStoreContract } from "../../../ports/dataset-store.contract.ts";
import { datasetTradesContract } from "../../../ports/dataset-trades.contract.ts";
import { directWork } from "./direct-work.fixture.ts";
import { openDatasetStore, SqliteDatasetStore } from "./store.ts";

let folder = "";
let stores = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-datasets-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open() {
  stores += 1;
  return Promise.resolve(new SqliteDatasetStore(directWork(join(folder, `${stores}`))));
}

datasetStoreContract("SQLite", open);
datasetTradesContract("SQLite", open);

describe("a store with threads of its own", () => {
  it("stores what was put before it is closed, and has it when it is opened again", async () => {
    const where = join(folder, "threads");
    const store = openDatasetStore(where);
    const trades = Array.from({ length: 5_000 }, (_, index) => ({
      ticker: index % 2 === 0 ? "BTC/USDT" : "ETH/USDT",
      venue: "binance",
      id: index,
      price: 100 + index,
      priceScale: 2,
      quantity: 1,
      quantityScale: 0,
      eventTimeUs: 1_000 * index,
      aggressor: "buy" as const,
    }));
    const position = { epoch: "one", sequence: 1, timeUs: 0 };
    const put = store.put({ dataset: "crypto", position, trades, bars: [], known: [], gaps: [] });
    await store.close();
    expect(await put).toBeUndefined();

    const again = openDatasetStore(where);
    const range = { fromUs: 0, toUs: 1e9, order: "newest-first" as const, limit: 10_000 };
    const found = await again.trades({ dataset: "crypto", ticker: "BTC/USDT", ...range });
    expect(found).toEqual(trades.filter(({ ticker }) => ticker === "BTC/USDT").toReversed());
    expect(await again.position("crypto")).toEqual(position);
    await again.close();
  });
});
