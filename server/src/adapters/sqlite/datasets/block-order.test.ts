/** Trades of one moment stay in the order in which they came, also where they fill several blocks. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import { isUnanswered } from "../../../ports/history.ts";
import { directWork } from "./direct-work.fixture.ts";
import { SqliteDatasetStore } from "./store.ts";

const ticker = "BTC/USDT";

function tradeAt(eventTimeUs: number, id: number): StoredTrade {
  const figures = { price: 5, priceScale: 0, quantity: 1, quantityScale: 0 };
  return { ticker, venue: "v", id, ...figures, eventTimeUs, aggressor: "buy" };
}

it("keeps a block of one moment behind what is split off from the block before it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-blocks-"));
  const store = new SqliteDatasetStore(directWork(folder));
  const batch = { dataset: "d", bars: [], known: [], gaps: [] };
  const at = (sequence: number) => ({ epoch: "one", sequence, timeUs: 0 });
  // A block that ends with many trades of a moment, and one that has only such.
  const moment = Array.from({ length: 4_095 }, (_, id) => tradeAt(2_000_000, id));
  await store.put({ ...batch, position: at(1), trades: [tradeAt(1_000_000, 9_000), ...moment] });
  // Late trades go into the first, which becomes two; the second of these begins with the moment as well.
  const late = Array.from({ length: 1_100 }, (_, id) => tradeAt(1_500_000, 10_000 + id));
  await store.put({ ...batch, position: at(2), trades: late });

  const range = {
    fromUs: 2_000_000,
    toUs: 2_000_001,
    order: "oldest-first",
    limit: 10_000,
  } as const;
  const found = await store.trades({ dataset: "d", ticker, ...range });
  const ids = isUnanswered(found) ? [] : found.map(({ id }) => id);
  expect(ids).toEqual(moment.map(({ id }) => id));
  await store.close();
  rmSync(folder, { recursive: true });
});
