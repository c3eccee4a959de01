/** A process of its own that imports: `node importing.fixture.ts FOLDER DATASET BATCHES`. */
import { argv } from "node:process";
import { openDatasetStore } from "./store.ts";

const [, , folder = "", dataset = "", batches = "0"] = argv;
const store = openDatasetStore(folder);
let stored = 0;
for (let batch = 0; batch < Number(batches); batch += 1) {
  const trades = Array.from({ length: 500 }, (_, index) => ({
    ticker: "BTC/USDT",
    venue: "imported",
    id: batch * 500 + index,
    price: 100,
    priceScale: 0,
    quantity: 1,
    quantityScale: 0,
    eventTimeUs: (batch * 500 + index) * 1_000,
    aggressor: "sell" as const,
  }));
  const outcome = await store.import({ dataset, trades, bars: [], known: [] });
  if (outcome.kind === "failure") throw new Error(outcome.message);
  stored += outcome.tradesStored;
}
await store.close();
process.stdout.write(`${stored}`);
