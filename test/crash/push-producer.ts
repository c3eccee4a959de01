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

/** What it pushes. */
export interface ProducerOptions {
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
    const pushOn = () => this.#pushOn(http, key, isWanted);
    await Promise.all([pushOn(), pushOn()]);
  }

  async pushRest(http: string, key: string): Promise<void> {
    for (const batch of this.#unacknowledged.splice(0)) {
      expect(await this.#send(http, key, batch)).toBe(true);
    }
  }

  async #pushOn(http: string, key: string, isWanted: () => boolean): Promise<void> {
    while (isWanted()) {
      await this.#options.pace?.();
      const batch = this.#unacknowledged.shift() ?? this.#make();
      if (await this.#send(http, key, batch)) continue;
      this.#unacknowledged.push(batch);
      return;
    }
  }

  async #send(http: string, key: string, batch: readonly object[]): Promise<boolean> {
    try {
      const reply = await fetch(`${http}/openbourse/v1/ingest/desk`, {
        method: "POST",
        headers: { authorization: `apikey ${key}` },
        body: batch.map((row) => JSON.stringify(row)).join("\n"),
      });
      if (reply.status !== 200) return false;
      await reply.json();
      this.acknowledged.push(...batch.map((row) => (row as { id: number }).id));
      return true;
    } catch {
      return false;
    }
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
