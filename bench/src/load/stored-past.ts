/** A data folder with a past of every kind: trades, years of minutes, many tickers, and an exchange that has traded. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatasetStore } from "../../../server/src/adapters/sqlite/datasets/store.ts";
import type { Command } from "../../../server/src/core/commands.ts";
import { lots, ticks } from "../../../server/src/core/num/units.ts";
import { Engine } from "../../../server/src/engine/engine.ts";
import { engineStores } from "../../../server/src/main/stores/engine-stores.ts";
import type { DatasetStore, ImportBatch } from "../../../server/src/ports/dataset-store.ts";
import { SteppedClock } from "../../../test/support/stepped-clock.ts";
import { marketCode, setupCommands, userName } from "./order-commands.ts";
import { storedMinutes, storedTrades } from "./stored-market.ts";

/** How much there is. */
export interface StoredPast {
  readonly trades: number;
  readonly minutes: number;
  /** Trades of the exchange, and how many of them in each second. */
  readonly exchanged: number;
  readonly perSecond: number;
}

const ticker = "BTC/USDT";
const batchRows = 50_000;
const silent = { debug() {}, info() {}, warn: console.error, error: console.error };
/** Hours of the dataset that is forgotten from its beginning on, an hour of minutes and trades at a time. */
const forgottenDays = 30;
const forgottenTickers = 20;

/** Fills a folder; answers the name of the server's configuration file. */
export async function storePast(folder: string, past: StoredPast): Promise<string> {
  const data = join(folder, "data");
  await storeDatasets(join(data, "datasets"), past);
  await trade(join(data, "exchange"), past);
  const config = join(folder, "openbourse.yaml");
  writeFileSync(
    config,
    `data: ${data}
exchange: { participants: { enabled: false } }
demo: { users: false }
log: { level: warn }
cryptomus: { idleTimeoutMs: 3600000 }
datasets:
  - { code: tape }
  - { code: years }
  - { code: wide }
  - { code: imported }
  - { code: old, feed: { kind: simulator }, history: { store: true, keepDays: 1 } }
  - { code: sim, feed: { kind: simulator }, history: { store: true } }
`,
  );
  return config;
}

async function storeDatasets(folder: string, { trades, minutes }: StoredPast): Promise<void> {
  const store = openDatasetStore(folder);
  for (let at = 0; at < trades; at += batchRows) {
    const some = storedTrades(at, Math.min(batchRows, trades - at), 1);
    await put(store, { dataset: "tape", trades: some.map((one) => ({ ...one, ticker })) });
  }
  for (let at = 0; at < minutes; at += batchRows) {
    const bars = storedMinutes(ticker, at, Math.min(batchRows, minutes - at));
    await put(store, { dataset: "years", bars });
  }
  const wide = Array.from({ length: 1_000 }, (_, at) => storedMinutes(`T${at}/USDT`, 0, 1)).flat();
  await put(store, { dataset: "wide", bars: wide });
  for (let at = 0; at < forgottenTickers; at += 1) {
    const bars = storedMinutes(`T${at}/USDT`, 0, forgottenDays * 1_440);
    await put(store, { dataset: "old", bars });
  }
  const old = storedTrades(0, 200_000, forgottenTickers).map((one, at) => ({
    ...one,
    ticker: `${one.ticker}/USDT`,
    eventTimeUs: one.eventTimeUs + at * 10_000_000,
  }));
  for (let at = 0; at < old.length; at += batchRows) {
    await put(store, { dataset: "old", trades: old.slice(at, at + batchRows) });
  }
  await store.close();
}

async function put(store: DatasetStore, rows: Partial<ImportBatch> & { dataset: string }) {
  const outcome = await store.import({ trades: [], bars: [], known: [], ...rows });
  if (outcome.kind === "failure") throw new Error(outcome.message);
}

/** An exchange in which one market has traded so often in each second. */
async function trade(folder: string, { exchanged, perSecond }: StoredPast): Promise<void> {
  const clock = new SteppedClock();
  clock.step(-Math.ceil(exchanged / perSecond) - 60);
  const engine = await Engine.open({
    ...{ stores: engineStores(folder, { log: silent }), clock, log: silent },
    snapshotEvery: Number.POSITIVE_INFINITY,
  });
  await engine.start("none");
  await submit(engine, setupCommands({ seed: 1, markets: 1, users: 2, resting: 0, operations: 0 }));
  for (let traded = 0; traded < exchanged; traded += perSecond) {
    const sold = order(0, "sell", perSecond);
    const bought = Array.from({ length: perSecond }, () => order(1, "buy", 1));
    await submit(engine, [sold, ...bought]);
    const reason = await engine.historyCaughtUp();
    if (reason !== undefined) throw new Error(reason);
    clock.pass(1);
  }
  await engine.stop();
}

function order(user: number, side: "buy" | "sell", quantity: number): Command {
  return {
    ...{ kind: "place-limit", user: userName(user), market: marketCode(0), side },
    ...{ price: ticks(1_000), quantity: lots(quantity), timeInForce: "gtc" },
  };
}

async function submit({ sequencer }: Engine, commands: readonly Command[]): Promise<void> {
  for (const { kind } of await Promise.all(commands.map((one) => sequencer.submitted(one)))) {
    if (kind !== "released") throw new Error(`a command was not taken: ${kind}`);
  }
}
