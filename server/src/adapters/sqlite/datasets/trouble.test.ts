import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { secondsInterval } from "../../../marketdata/bars/interval.ts";
import type { StoredTrade } from "../../../ports/dataset-reader.ts";
import { isUnanswered } from "../../../ports/history.ts";
import { directWork } from "./direct-work.fixture.ts";
import { openFilesMax } from "./open-files.ts";
import { openDatasetStore, SqliteDatasetStore } from "./store.ts";

let root = "";
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-datasets-trouble-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ticker = "BTC/USDT";
const all = { fromUs: 0, toUs: 1e12, order: "oldest-first" as const, limit: 10_000 };

function tradesFrom(first: number, count: number, venue = "binance"): StoredTrade[] {
  return Array.from({ length: count }, (_, index) => ({
    ticker,
    venue,
    id: first + index,
    price: 100 + index,
    priceScale: 2,
    quantity: 1,
    quantityScale: 0,
    eventTimeUs: (first + index) * 1_000,
    aggressor: "buy",
  }));
}

function batch(dataset: string, sequence: number, trades: readonly StoredTrade[]) {
  const position = { epoch: "one", sequence, timeUs: sequence };
  return { dataset, position, trades, bars: [], known: [], gaps: [] };
}

describe("a store of datasets with a file that is not as it was written", () => {
  let folder = "";
  let store: SqliteDatasetStore;
  beforeEach(async () => {
    folders += 1;
    folder = join(root, `${folders}`);
    store = new SqliteDatasetStore(directWork(folder));
    for (const dataset of ["crypto", "stocks"]) {
      expect(await store.put(batch(dataset, 1, tradesFrom(0, 9)))).toBeUndefined();
    }
  });
  afterEach(() => store.close());

  const fileOf = (dataset: string) => join(folder, `${dataset}.sqlite`);

  /** Changes a file while nobody has it open. */
  async function changed(change: (file: string) => void): Promise<void> {
    await store.close();
    change(fileOf("crypto"));
    store = new SqliteDatasetStore(directWork(folder));
  }

  it.each<[string, (file: string) => void, string]>([
    ["is no database", (file) => writeFileSync(file, "x".repeat(9_000)), "move it away"],
    ["was cut off", (file) => truncateSync(file, 5_000), "move it away"],
    [
      "is of a newer openbourse",
      (file) => edit(file, "PRAGMA user_version = 99"),
      "run the newer openbourse",
    ],
    [
      "belongs to another program",
      (file) => edit(file, "PRAGMA application_id = 7"),
      "of another program",
    ],
    [
      "has a block that says nothing",
      (file) => edit(file, "UPDATE trade_block SET body = x'0901ff'"),
      "restore it from a backup",
    ],
  ])("names one that %s with a remedy, and goes on with the others", async (_, change, remedy) => {
    await changed(change);

    const query = { dataset: "crypto", ticker, ...all };
    const read = await store.trades(query);
    expect(read).toMatchObject({ kind: "failure" });
    const message = isUnanswered(read) && read.kind === "failure" ? read.message : "";
    expect(message).toContain(fileOf("crypto"));
    expect(message).toContain(remedy);
    const outcome = await store.import({ ...batch("crypto", 2, tradesFrom(0, 20)) });
    expect(outcome).toMatchObject({ kind: "failure" });

    expect(await store.put(batch("stocks", 2, tradesFrom(9, 1)))).toBeUndefined();
    expect(await store.trades({ ...query, dataset: "stocks" })).toHaveLength(10);
  });

  it("says so when a file is taken away while it is in use, and begins anew after that", async () => {
    renameSync(fileOf("crypto"), `${fileOf("crypto")}.old`);

    expect(await store.put(batch("crypto", 2, tradesFrom(9, 1)))).toMatchObject({
      kind: "failure",
      fault: "moved",
    });
    for (const suffix of ["-wal", "-shm"]) rmSync(fileOf("crypto") + suffix, { force: true });
    expect(await store.put(batch("crypto", 2, tradesFrom(9, 1)))).toBeUndefined();
    expect(await store.position("crypto")).toMatchObject({ sequence: 2 });
  });

  it("does not say where a dataset goes on while who reads it and who writes it see different states", async () => {
    const { reads } = directWork(join(root, "elsewhere"));
    const { writes } = directWork(folder);
    const torn = new SqliteDatasetStore({ hasFile: () => Promise.resolve(true), reads, writes });
    expect(await torn.position("crypto")).toMatchObject({
      kind: "failure",
      message: expect.stringContaining("is stored up to 1 of one and not up to nothing"),
    });
    await torn.close();
  });

  it("answers with a failure where the folder cannot be written, and nothing where there is none", async () => {
    const file = join(root, "no-folder");
    writeFileSync(file, "");
    const lost = new SqliteDatasetStore(directWork(file));
    expect(await lost.put(batch("crypto", 1, []))).toMatchObject({ kind: "failure" });
    await lost.close();

    const none = new SqliteDatasetStore(directWork(join(root, "nowhere")));
    expect(await none.position("crypto")).toBeUndefined();
    expect(await none.forget("crypto", 5)).toBeUndefined();
    expect(await none.trades({ dataset: "crypto", ticker, ...all })).toEqual([]);
    await none.close();
  });

  it("keeps a bounded number of files open, whatever the names of datasets are", async () => {
    const names = [
      "../x",
      "a/b",
      "..",
      "é",
      ...Array.from({ length: openFilesMax }, (_, at) => `d${at}`),
    ];
    for (const name of names) {
      expect(await store.put(batch(name, 1, tradesFrom(0, 2)))).toBeUndefined();
    }
    for (const name of names) {
      expect(await store.trades({ dataset: name, ticker, ...all })).toHaveLength(2);
    }
  });
});

function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe("a store of datasets beside other processes", () => {
  it("stores what it is put while another process imports into the same dataset", async () => {
    const folder = join(root, "shared");
    mkdirSync(folder);
    const store = openDatasetStore(folder);
    const program = fileURLToPath(new URL("./importing.fixture.ts", import.meta.url));
    const importing = promisify(execFile)(process.execPath, [program, folder, "crypto", "12"]);
    let isImporting = true;
    const ended = importing.finally(() => {
      isImporting = false;
    });

    let puts = 0;
    while (isImporting) {
      const trades = tradesFrom(puts * 10, 10);
      expect(await store.put(batch("crypto", puts + 1, trades))).toBeUndefined();
      puts += 1;
    }

    expect((await ended).stdout).toBe("6000");
    expect(await store.position("crypto")).toMatchObject({ sequence: puts });
    expect(await store.tickers("crypto")).toMatchObject([{ trades: 6_000 + puts * 10 }]);
    const query = { dataset: "crypto", ticker, interval: secondsInterval(1), ...all };
    const answer = await store.bars(query);
    const bars = isUnanswered(answer) ? [] : answer.bars;
    expect(bars.reduce((sum, bar) => sum + (bar.tradeCount ?? 0), 0)).toBe(6_000 + puts * 10);
    await store.close();
  });

  it("answers with a clear failure while another process keeps a file for itself", async () => {
    const folder = join(root, "locked");
    const store = new SqliteDatasetStore(directWork(folder, { busyTimeoutMs: 1 }));
    await store.put(batch("crypto", 1, tradesFrom(0, 1)));
    const other = new DatabaseSync(join(folder, "crypto.sqlite"));
    other.exec("BEGIN IMMEDIATE");

    expect(await store.put(batch("crypto", 2, tradesFrom(1, 1)))).toMatchObject({
      kind: "failure",
      message: expect.stringContaining("locked by another process"),
    });
    other.exec("ROLLBACK");
    other.close();
    expect(await store.put(batch("crypto", 2, tradesFrom(1, 1)))).toBeUndefined();
    await store.close();
  });
});
