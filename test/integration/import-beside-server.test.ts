/** `openbourse import` beside a server that serves and records the same datasets, and stopped in its midst. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { runHere } from "../support/command-here.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { commandFile } from "../support/server-process.ts";
import { untilTrue } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-beside-"));
const config = join(folder, "openbourse.yaml");
const data = join(folder, "data");
const startMs = Date.UTC(2024, 7, 8);
let house: ServerHere;

/** Trades of two minutes. */
const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => `${at},${startMs + at * 1_000},${100 + at},1\n`);
const tradesFile = (name: string, count = 120) => {
  const path = join(folder, name);
  writeFileSync(path, `id,time,price,quantity\n${rows(count).join("")}`);
  return path;
};

beforeAll(async () => {
  writeFileSync(
    config,
    `data: ${data}
exchange: {enabled: false}
server: {port: 0}
datasets:
  - {code: past}
  - {code: half}
  - {code: live, feed: {kind: simulator}, history: {store: true, keepDays: 0}}
`,
  );
  house = await startServerHere({ data, file: config });
});
afterAll(async () => {
  await house.server.stop();
  rmSync(folder, { recursive: true });
});

async function get(path: string): Promise<readonly Record<string, unknown>[]> {
  const reply = await fetch(`${house.http}/latest/${path}&apikey=${house.server.demoKey}`);
  if (reply.status !== 200) return [];
  return ((await reply.json()) as { data: readonly Record<string, unknown>[] }).data;
}

const importInto = (dataset: string, file: string, ticker: string) =>
  runHere(["import", file, "--dataset", dataset, "--ticker", ticker, "--config", config]);

describe("an import beside a running server", () => {
  it("shows its bars and its new ticker without a restart", async () => {
    const range = `start_at=${startMs / 1_000}&end_at=${startMs / 1_000 + 120}`;
    const bars = () =>
      get(`time_series?dataset=past&ticker=NEW/USDT&interval=1m&order=asc&${range}`);
    expect(await bars()).toEqual([]);

    const imported = await importInto("past", tradesFile("new.csv"), "NEW/USDT");
    expect(imported).toMatchObject({ code: 0, stdout: "past: 120 trades stored\n" });

    await untilTrue(async () => (await bars()).length > 0);
    expect(await bars()).toMatchObject([
      { t: startMs / 1_000, o: 100, c: 159, v: 60 },
      { t: startMs / 1_000 + 60, o: 160, c: 219 },
    ]);
    const listed = () => get("tickers/crypto?dataset=past");
    await untilTrue(async () => JSON.stringify(await listed()).includes("NEW/USDT"));
  });

  it("does not disturb what is recorded of the same dataset meanwhile, nor is disturbed", async () => {
    const imported = await importInto("live", tradesFile("old.csv"), "BTC/USDT");
    expect(imported).toMatchObject({ code: 0, stdout: "live: 120 trades stored\n" });
    const again = await importInto("live", tradesFile("old.csv"), "BTC/USDT");
    expect(again).toMatchObject({ stdout: "live: 120 trades known already\n" });

    const query = "trades?dataset=live&ticker=BTC/USDT&page_size=1000";
    const end = `end_at=${startMs / 1_000 + 200}`;
    const old = await get(`${query}&order=asc&start_at=${startMs / 1_000}&${end}`);
    expect(old).toHaveLength(120);
    const nowS = Math.floor(Date.now() / 1_000);
    const fresh = () => get(`${query}&order=desc&start_at=${nowS - 60}&end_at=${nowS + 3_600}`);
    await untilTrue(async () => (await fresh()).length > 3);
    expect(house.log.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("an import that is interrupted", () => {
  it("stores whole batches, says how to go on, and then goes on", async () => {
    const args = ["import", "-", "--dataset", "half", "--ticker", "A/B", "--config", config];
    const child = spawn(process.execPath, [await commandFile(), ...args]);
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    let told = "";
    child.stdout.on("data", (chunk) => {
      told += String(chunk);
    });
    const ended = once(child, "close");
    // A stream that does not end: what is read of it is stored when the import is interrupted.
    child.stdin.on("error", () => undefined);
    child.stdin.write(`id,time,price,quantity\n${rows(30_000).join("")}`);
    await untilTrue(() => said.includes("reading standard input"));
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(1);

    expect(told).toContain("; interrupted: run it again to go on");
    const again = await importInto("half", tradesFile("half.csv", 30_000), "A/B");
    expect(again).toMatchObject({ code: 0 });
    const store = openDatasetStore(join(data, "datasets"));
    expect(await store.tickers("half")).toMatchObject([{ trades: 30_000, minutes: 500 }]);
    await store.close();
  });
});
