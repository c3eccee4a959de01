import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { minuteInterval } from "../../../marketdata/bars/interval.ts";
import type { StoredBars } from "../../../ports/dataset-reader.ts";
import { datasetStoreContract } from "../../../ports/dataset-store.contract.ts";
import { datasetTradesContract } from "../../../ports/dataset-trades.contract.ts";
import { failureOf, type Posted } from "../thread/asked-thread.ts";
import { directWork } from "./direct-work.fixture.ts";
import type { ReadRequest } from "./messages.ts";
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

describe("a question that nobody waits for any more", () => {
  it("is not gone on with", async () => {
    const { writes } = directWork(join(folder, "left"));
    const asked: ReadRequest[] = [];
    const reads = {
      async ask(_: string, prepare: () => Posted<ReadRequest> | Promise<Posted<ReadRequest>>) {
        const { question } = await prepare();
        asked.push(question);
        return question.kind === "leave"
          ? ({ kind: "busy", asker: "this" } as const)
          : ({ kind: "unfinished", id: 7 } as const);
      },
      close: () => Promise.resolve(),
    };
    const store = new SqliteDatasetStore({ hasFile: () => Promise.resolve(true), writes, reads });
    const range = { fromUs: 0, toUs: 1e9, order: "newest-first", limit: 10 } as const;

    const answer = await store.trades({
      ...{ dataset: "crypto", ticker: "BTC/USDT", ...range },
      isAbandoned: () => asked.length === 3,
    });

    expect(answer).toEqual({ kind: "busy", asker: "this" });
    expect(asked.slice(1)).toEqual([
      { kind: "go-on", id: 7 },
      { kind: "go-on", id: 7 },
      { kind: "leave", id: 7 },
    ]);
    await store.close();
  });
});

describe("a dataset without a file", () => {
  const asked: string[] = [];
  const nobody = {
    ask(asker: string) {
      asked.push(asker);
      return Promise.resolve(failureOf("nobody has to be asked"));
    },
    close: () => Promise.resolve(),
  };
  const hasFile = () => Promise.resolve(false);
  const store = new SqliteDatasetStore({ hasFile, writes: nobody, reads: nobody });
  const range = { dataset: "new", fromUs: 0, toUs: 120_000_000 };
  const rows = { ...range, ticker: "BTC/USDT", order: "newest-first", limit: 10 } as const;

  it("has nothing stored, which no thread has to be started for", async () => {
    expect(await store.position("new")).toBeUndefined();
    expect(await store.reached("new")).toBeUndefined();
    expect(await store.revised("new")).toEqual([]);
    expect(await store.forget("new", 5)).toBeUndefined();
    expect(await store.tickers("new")).toEqual([]);
    expect(await store.tickersAfter("new", 3)).toEqual({ names: [], upTo: 3 });
    expect(await store.coverage(range)).toEqual({ known: [], gaps: [] });
    expect(await store.trades(rows)).toEqual([]);
    const { bars } = (await store.bars({ ...rows, interval: minuteInterval })) as StoredBars;
    expect(bars).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("is asked for once something was put", async () => {
    const position = { epoch: "one", sequence: 1, timeUs: 0 };
    void store.put({ dataset: "new", position, trades: [], bars: [], known: [], gaps: [] });
    expect(await store.position("new")).toMatchObject({ kind: "failure" });
    expect(asked).toEqual(["new", "new"]);
  });
});

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

  it("tells who only reads where it is, while another one writes without a pause", async () => {
    const where = join(folder, "two");
    const [writer, reader] = [openDatasetStore(where), openDatasetStore(where)];
    const rows = { dataset: "busy", trades: [], bars: [], known: [], gaps: [] };
    const batches = Array.from({ length: 200 }, (_, n) => {
      return { ...rows, position: { epoch: "one", sequence: n + 1, timeUs: n } };
    });
    const told: unknown[] = [];
    const reading = { isOver: false };
    const asking = (async () => {
      while (!reading.isOver) told.push(await reader.reached("busy"));
    })();
    for (const batch of batches) expect(await writer.put(batch)).toBeUndefined();
    reading.isOver = true;
    await asking;

    const sequences = told.map((one) => (one as { sequence?: number } | undefined)?.sequence ?? 0);
    expect(
      told.filter((one) => one !== undefined && !Object.hasOwn(one as object, "epoch")),
    ).toEqual([]);
    expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
    expect(await reader.reached("busy")).toMatchObject({ sequence: 200 });
    await writer.close();
    await reader.close();
  });
});
