/**
 * A server to which a producer pushes is killed at any moment, again and again. What was acknowledged is
 * stored, and what the producer sends again because it was not is stored once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createKey } from "../../server/src/access/keys.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { openDatasetStore } from "../../server/src/adapters/sqlite/datasets/store.ts";
import { openKeyStore } from "../../server/src/adapters/sqlite/stores/key-store.ts";
import { dataFolder } from "../../server/src/config/data-folder.ts";
import { isUnanswered } from "../../server/src/ports/history.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { startServerProcess } from "../support/server-process.ts";
import { untilTrue } from "../support/until.ts";

const kills = process.env["OPENBOURSE_TEST_LONG"] === "1" ? 50 : 3;
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
/** Trades that are acknowledged before a kill, at most; the kill comes in the middle of what follows. */
const acknowledgedMax = 2_000;
const yaml = "exchange: { enabled: false }\ndatasets: [{ code: desk, feed: { kind: push } }]\n";

it(`loses nothing that was acknowledged, over ${kills} kills (seed ${seed})`, async () => {
  const data = mkdtempSync(join(tmpdir(), "openbourse-push-kill-"));
  const random = new Random(seed, "kills");
  const producer = new Producer(random);
  let key: string | undefined;
  for (let kill = 0; kill < kills; kill += 1) {
    const server = await startServerProcess({ yaml, data });
    key ??= makeKey(data);
    const dying = producer.push(server.http, key);
    const enough = producer.acknowledged.length + 1 + random.below(acknowledgedMax);
    await untilTrue(() => producer.acknowledged.length >= enough);
    await server.stop("SIGKILL");
    await dying;
  }
  const acknowledged = new Set(producer.acknowledged);
  const last = await startServerProcess({ yaml, data });
  await producer.pushRest(last.http, key ?? "");
  await last.stop();
  const stored = await storedIds(data);
  const has = new Set(stored);
  expect([...acknowledged].filter((id) => !has.has(id))).toEqual([]);
  expect(has.size).toBe(stored.length);
  expect(has).toEqual(new Set(producer.acknowledged));
  expect(acknowledged.size).toBeGreaterThan(0);
  rmSync(data, { recursive: true, force: true });
});

/** Sends what was not acknowledged first, then goes on. */
class Producer {
  readonly acknowledged: number[] = [];
  readonly #random: Random;
  #nextId = 1;
  #unacknowledged: object[][] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Pushes, two batches at a time, until the server is gone. */
  async push(http: string, key: string): Promise<void> {
    await Promise.all([this.#pushOn(http, key), this.#pushOn(http, key)]);
  }

  async pushRest(http: string, key: string): Promise<void> {
    for (const batch of this.#unacknowledged.splice(0)) {
      expect(await this.#send(http, key, batch)).toBe(true);
    }
  }

  async #pushOn(http: string, key: string): Promise<void> {
    for (;;) {
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
      // Some of an earlier minute, which may be over.
      const agoMs = this.#random.chance(0.2) ? this.#random.below(300_000) : 0;
      const time = (Date.now() - agoMs) * 1_000;
      return { ticker: "A/B", id: this.#nextId, price: "1.5", quantity: "2", time };
    });
  }
}

function makeKey(data: string): string {
  const store = openKeyStore(join(data, "keys.db"));
  const order = { workspace: "desk", label: "", ingest: ["desk"], nowMs: Date.now() };
  const made = createKey(store, systemSecrets(), order);
  store.close();
  if (typeof made === "string") throw new Error(made);
  return made.key;
}

async function storedIds(data: string): Promise<readonly number[]> {
  const store = openDatasetStore(dataFolder(data).datasetsFolder);
  const query = { dataset: "desk", ticker: "A/B", fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  const ids: number[] = [];
  for (;;) {
    const page = await store.trades({
      ...query,
      order: "oldest-first",
      limit: 10_000,
      offset: ids.length,
    });
    if (isUnanswered(page)) throw new Error("the store cannot be read");
    ids.push(...page.map(({ id }) => Number(id)));
    if (page.length < 10_000) break;
  }
  await store.close();
  return ids;
}
