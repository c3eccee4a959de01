import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datasetStoreContract } from "../../../ports/dataset-store.contract.ts";
import { datasetTradesContract } from "../../../ports/dataset-trades.contract.ts";
import type { Posted } from "../thread/asked-thread.ts";
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
    const store = new SqliteDatasetStore({ writes, reads });
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
