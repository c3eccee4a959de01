/** What datasets said is there after a restart, also of one that has no feed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { untilTrue } from "../support/until.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "openbourse-stored-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const start = (datasets: readonly object[]) =>
  startServerHere({ data, settings: { "exchange.enabled": false, datasets } });

async function get(house: ServerHere, path: string): Promise<{ readonly data: readonly object[] }> {
  const answer = await fetch(`${house.http}/latest/${path}&apikey=${house.server.demoKey}`);
  // Where nothing is known it cannot be said that there was nothing.
  if (answer.status === 503) return { data: [] };
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json()) as { readonly data: readonly object[] };
}

const simulated = { code: "sim", feed: { kind: "simulator" }, history: { store: true } };
const trades = "trades?dataset=sim&ticker=BTC/USDT&order=asc&page_size=1000";

describe("the past of a server's datasets", () => {
  it("is there after a stop, and goes on", async () => {
    const first = await start([simulated]);
    await untilTrue(async () => (await get(first, trades)).data.length > 3);
    const told = await get(first, trades);
    await first.server.stop();

    const second = await start([simulated]);
    expect(await second.health("past of sim")).toBe("running");
    const after = await get(second, trades);
    expect(after.data.slice(0, told.data.length)).toEqual(told.data);
    // Some of them were told between the question and the stop.
    await untilTrue(async () => (await get(second, trades)).data.length > after.data.length);
    // A simulated market counts its trades from 1 again, which is no fault of theirs.
    expect(second.server.feeds[0]?.figures.verdicts.reused).toBe(0);
    await second.server.stop();

    const store = openDatasetStore(join(data, "datasets"));
    const coverage = await store.coverage({ dataset: "sim", fromUs: 0, toUs: 2 ** 52 });
    expect(coverage).toMatchObject({ gaps: [{ reason: "the server was not running" }] });
    await store.close();
  });

  it("is served of a dataset without a feed, with the tickers that are stored", async () => {
    const store = openDatasetStore(join(data, "datasets"));
    const figures = { price: 5, priceScale: 0, quantity: 1, quantityScale: 0 };
    const trade = { ticker: "OLD/COIN", venue: "v", id: 1, ...figures, aggressor: "buy" } as const;
    const eventTimeUs = Date.UTC(2024, 1, 2, 3, 4, 5) * 1_000;
    await store.import({
      ...{ dataset: "past", bars: [], known: [] },
      trades: [{ ...trade, eventTimeUs }],
    });
    await store.close();

    const house = await start([{ code: "past" }]);
    const at = Math.floor(eventTimeUs / 60_000_000) * 60;
    const range = `start_at=${at - 60}&end_at=${at + 120}`;
    const bars = await get(house, `time_series?dataset=past&ticker=OLD/COIN&interval=1m&${range}`);
    expect(bars.data).toMatchObject([{ t: at, o: 5, c: 5 }]);
    await house.server.stop();
  });

  it("is not written where that is not wanted", async () => {
    const house = await start([{ ...simulated, history: { store: false } }]);
    expect(await get(house, trades)).toEqual({ data: [] });
    expect(await house.health("past of sim")).toBeUndefined();
    await house.server.stop();
  });
});
