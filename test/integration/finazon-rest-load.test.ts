/** Finazon REST over a store on disk: what one workspace asks for is never what another one waits for in vain. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import type { DatasetReader } from "../../server/src/ports/dataset-reader.ts";
import type { DatasetStore } from "../../server/src/ports/dataset-store.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-rest-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ticker = "BTC/USDT";
const minutes = 60_000;

async function fill(store: DatasetStore): Promise<void> {
  const bars = Array.from({ length: minutes }, (_, n) => {
    const startUs = n * 60_000_000;
    const prices = { priceScale: 2, open: n + 1, high: n + 9, low: 1, close: n + 5 };
    const volumes = { volumeScale: 3, volume: n + 1, quoteVolume: n + 1, tradeCount: 1 };
    const sides = { takerBuyVolume: undefined, takerBuyQuoteVolume: undefined };
    const times = { startUs, firstUs: startUs, lastUs: startUs, revision: 0 };
    return { ticker, bar: { ...prices, ...volumes, ...sides, ...times } };
  });
  const timeUs = minutes * 60_000_000;
  const position = { epoch: "e", sequence: 1, timeUs };
  const known = [{ fromUs: 0, toUs: timeUs }];
  expect(
    await store.put({ dataset: "huobi", position, trades: [], bars, known, gaps: [] }),
  ).toBeUndefined();
}

const deep = "&interval=45m&page_size=1000&page=1&start_at=0";

/** How many questions for bars were asked of the store, and what became of them. */
const seen = { asked: 0, told: 0, left: 0 };

function watched(store: DatasetStore): DatasetReader {
  return {
    async bars(query) {
      seen.asked += 1;
      const answer = await store.bars(query);
      if (isUnanswered(answer)) seen.left += 1;
      else seen.told += 1;
      return answer;
    },
    trades: (query) => store.trades(query),
    coverage: (query) => store.coverage(query),
    tickers: (dataset) => store.tickers(dataset),
  };
}

describe("a workspace that asks for a hundred deep pages at once", () => {
  let server: ServerHere;
  let store: DatasetStore;
  beforeAll(async () => {
    store = openDatasetStore(join(folder, "store"));
    await fill(store);
    server = await startServerHere({
      data: join(folder, "data"),
      protocols: dialects.map((protocol) => ({
        ...protocol,
        open: (context, config) => protocol.open({ ...context, history: watched(store) }, config),
      })),
    });
  });
  afterAll(async () => {
    await server.server.stop();
    await store.close();
  });

  it("gets as many as are its due, and is told to wait; another one gets all that it asks for", async () => {
    const [greedy, calm] = ["greedy", "calm"].map((name) => addKey(join(folder, "data"), name).key);
    const series = `${server.http}/latest/time_series?dataset=huobi&ticker=${ticker}`;
    const ask = (key = "", query = "") => fetch(`${series}&apikey=${key}${query}`);

    const many = Promise.all(Array.from({ length: 100 }, () => ask(greedy, deep)));
    for (let n = 0; n < 5; n += 1) {
      const reply = await ask(calm, "&interval=1m&page_size=3");
      const { data } = (await reply.json()) as { data: { t: number }[] };
      expect(data.map(({ t }) => t / 60)).toEqual([minutes - 1, minutes - 2, minutes - 3]);
    }
    for (const reply of await many) {
      const body = (await reply.json()) as { data?: unknown[]; error?: { code: string } };
      expect([200, 429]).toContain(reply.status);
      if (reply.status === 200) expect(body.data).toHaveLength(334);
      else {
        expect(body.error?.code).toBe("API_RATE_LIMIT_EXCEEDED");
        expect(reply.headers.get("retry-after")).toBe("1");
      }
    }
  });

  it("is not read for any more once it has hung up", async () => {
    const { key } = addKey(join(folder, "data"), "hasty");
    const series = `${server.http}/latest/time_series?dataset=huobi&ticker=${ticker}`;
    const before = { ...seen };
    const hasty = new AbortController();
    const asking = Array.from({ length: 16 }, () =>
      fetch(`${series}&apikey=${key}${deep}`, { signal: hasty.signal }),
    );
    await until(() => expect(seen.asked).toBe(before.asked + asking.length));
    hasty.abort();
    await Promise.allSettled(asking);

    await until(() => expect(seen.told + seen.left).toBe(seen.asked));
    expect(seen.left).toBeGreaterThan(before.left);
  });
});
