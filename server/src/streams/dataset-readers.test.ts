import { describe, expect, it } from "vitest";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { DatasetReaders } from "./dataset-readers.ts";

const minute = secondsInterval(60);
const page = { ticker: "BTC/USDT", order: "oldest-first", limit: 10 } as const;

describe("the reader of all datasets", () => {
  it("asks whoever stores a dataset", async () => {
    const readers = new DatasetReaders();
    const store = new MemoryDatasetStore();
    readers.add("own", store);
    await store.put({
      dataset: "own",
      position: { epoch: "e", sequence: 1, timeUs: 5 },
      trades: [],
      bars: [],
      known: [{ fromUs: 0, toUs: 5 }],
      gaps: [],
    });
    const query = { dataset: "own", fromUs: 0, toUs: 10 };
    expect(await readers.coverage(query)).toEqual(await store.coverage(query));
    expect(await readers.coverage(query)).toMatchObject({ known: [{ fromUs: 0, toUs: 5 }] });
  });

  it("knows nothing of a dataset that nobody stores", async () => {
    const readers = new DatasetReaders();
    const range = { dataset: "none", fromUs: 30_000_000, toUs: 190_000_000 };
    expect(await readers.bars({ ...range, ...page, interval: minute })).toEqual({
      bars: [],
      unknown: [{ fromUs: 60_000_000, toUs: 240_000_000, reason: undefined }],
    });
    expect(await readers.trades({ ...range, ...page })).toEqual([]);
    expect(await readers.coverage(range)).toEqual({ known: [], gaps: [] });
    expect(await readers.tickers("none")).toEqual([]);
  });
});
