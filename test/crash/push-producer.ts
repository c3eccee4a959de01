/** A producer that pushes to a server which is killed, and what is stored of a dataset then. */
import { join } from "node:path";
import { expect } from "vitest";
import { createKey } from "../../server/src/access/keys.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { openKeyStore } from "../../server/src/adapters/sqlite/stores/key-store.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import type { StoredTrade } from "../../server/src/ports/dataset-reader.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import type { Random } from "../../server/src/simulation/random.ts";
import { openStream } from "../support/stream-client.ts";

/** What batches are sent over, as long as the server lives. */
interface PushConnection {
  /** Whether the batch was acknowledged; the next one may be sent before. */
  send(batch: readonly object[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A way to push. */
export type PushWay = (http: string, key: string) => PushConnection;

const path = "/openbourse/v1/ingest/desk";

/** A request for each batch. */
export const overHttp: PushWay = (http, key) => ({
  async send(batch) {
    try {
      const headers = { authorization: `apikey ${key}` };
      const body = linesOf(batch);
      const reply = await fetch(http + path, { method: "POST", headers, body });
      if (reply.status !== 200) return false;
      await reply.json();
      return true;
    } catch {
      return false;
    }
  },
  async close() {},
});

/** All batches on one connection, each answered with its number. */
export const overWebSocket: PushWay = (http, key) => {
  const opening = openStream(`${http.replace("http", "ws")}${path}?apikey=${key}`);
  opening.catch(() => {});
  let batches = 0;
  return {
    async send(batch) {
      try {
        const stream = await opening;
        stream.send(linesOf(batch));
        batches += 1;
        const number = batches;
        const { json } = await stream.until((told) => told.json["batch"] === number);
        return json["status"] === 200;
      } catch {
        return false;
      }
    },
    async close() {
      await (await opening.catch(() => undefined))?.close();
    },
  };
};

function linesOf(batch: readonly object[]): string {
  return batch.map((row) => JSON.stringify(row)).join("\n");
}

/** What it pushes, and how. */
export interface ProducerOptions {
  readonly way: PushWay;
  /** A fifth of its trades are up to so old, in milliseconds: of an earlier minute, which may be over. */
  readonly agoMsMax: number;
  /** Waited for before each batch. */
  pace?(): Promise<unknown>;
}

/** Sends what was not acknowledged first, then goes on. */
export class Producer {
  readonly acknowledged: number[] = [];
  readonly #random: Random;
  readonly #options: ProducerOptions;
  #nextId = 1;
  #unacknowledged: object[][] = [];

  constructor(random: Random, options: ProducerOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** Pushes, two batches at a time, until the server is gone or it is not wanted any more. */
  async push(http: string, key: string, isWanted = () => true): Promise<void> {
    const connection = this.#options.way(http, key);
    const pushOn = () => this.#pushOn(connection, isWanted);
    await Promise.all([pushOn(), pushOn()]);
    await connection.close();
  }

  async pushRest(http: string, key: string): Promise<void> {
    const connection = this.#options.way(http, key);
    for (const batch of this.#unacknowledged.splice(0)) {
      expect(await this.#send(connection, batch)).toBe(true);
    }
    await connection.close();
  }

  async #pushOn(connection: PushConnection, isWanted: () => boolean): Promise<void> {
    while (isWanted()) {
      await this.#options.pace?.();
      const batch = this.#unacknowledged.shift() ?? this.#make();
      if (await this.#send(connection, batch)) continue;
      this.#unacknowledged.push(batch);
      return;
    }
  }

  async #send(connection: PushConnection, batch: readonly object[]): Promise<boolean> {
    if (!(await connection.send(batch))) return false;
    this.acknowledged.push(...batch.map((row) => (row as { id: number }).id));
    return true;
  }

  #make(): object[] {
    return Array.from({ length: 1 + this.#random.below(50) }, () => {
      this.#nextId += 1;
      const agoMs = this.#random.chance(0.2) ? this.#random.below(this.#options.agoMsMax) : 0;
      const time = (Date.now() - agoMs) * 1_000;
      return { ticker: "A/B", id: this.#nextId, price: "1.5", quantity: "2", time };
    });
  }
}

/** Makes a key that may push to the dataset `desk`. */
export function makeKey(data: string): string {
  const store = openKeyStore(join(data, "keys.db"));
  const order = { workspace: "desk", label: "", ingest: ["desk"], nowMs: Date.now() };
  const made = createKey(store, systemSecrets(), order);
  store.close();
  if (typeof made === "string") throw new Error(made);
  return made.key;
}

/** All trades that are stored of a ticker, oldest first. */
export async function storedTrades(
  data: string,
  dataset: string,
  ticker: string,
): Promise<readonly StoredTrade[]> {
  const store = openDatasetStore(dataFolder(data).datasetsFolder);
  const query = { dataset, ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const trades: StoredTrade[] = [];
  for (;;) {
    const page = await store.trades({
      ...query,
      order: "oldest-first",
      limit: 10_000,
      offset: trades.length,
    });
    if (isUnanswered(page)) throw new Error("the store cannot be read");
    trades.push(...page);
    if (page.length < 10_000) break;
  }
  await store.close();
  return trades;
}
