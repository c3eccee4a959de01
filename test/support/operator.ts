/** What an operator does to a server that runs on a data folder, without a process for each step. */
import { createKey } from "../../server/src/access/keys.ts";
import { createUser } from "../../server/src/access/users.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { openKeyStore } from "../../server/src/adapters/sqlite/stores/key-store.ts";
import type { MarketRequest } from "../../server/src/admin/market-rules.ts";
import { administer } from "../../server/src/cli/admin-client.ts";
import { openDataFolder } from "../../server/src/config/data-folder.ts";
import type { Config } from "../../server/src/config/schema.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { openUserRegistry } from "../../server/src/main/stores/user-registry.ts";
import type { CryptomusUser } from "./cryptomus-client.ts";

/** Adds users; several of them in a moment. */
export function addUsers(data: string, count: number): readonly CryptomusUser[] {
  const registry = openUserRegistry(openDataFolder(data), {});
  try {
    return Array.from({ length: count }, (_, index) => {
      const made = createUser(registry, { label: `user ${index}`, nowMs: Date.now() });
      if (typeof made === "string") throw new Error(made);
      return { userId: made.userId, apiKey: made.apiKey };
    });
  } finally {
    registry.store.close();
  }
}

/** Makes a key of a workspace; one that pushes to datasets opens nothing else. */
export function addKey(
  data: string,
  workspace: string,
  ingest?: readonly string[],
): { readonly key: string; readonly id: string } {
  const store = openKeyStore(openDataFolder(data).keysFile);
  try {
    const made = createKey(store, systemSecrets(), {
      workspace,
      label: "",
      ingest,
      nowMs: Date.now(),
    });
    if (typeof made === "string") throw new Error(made);
    return { key: made.key, id: made.record.id };
  } finally {
    store.close();
  }
}

/** Opens a market. */
export async function addMarket(data: string, market: MarketRequest): Promise<void> {
  const answer = await administer(configOf(data), "add-market", market);
  if (answer.kind !== "done") throw new Error(answer.message);
}

/** Halts a market, or resumes it. */
export async function setMarketState(
  data: string,
  market: string,
  action: "halt" | "resume",
): Promise<void> {
  const answer = await administer(configOf(data), "set-market-state", { action, market });
  if (answer.kind !== "done") throw new Error(answer.message);
}

/** A deposit; the key of a user's first one in a currency has a default. */
export interface DepositOrder {
  readonly user: string;
  readonly currency: string;
  readonly amount: string;
  readonly key?: string;
}

/** Brings money to a user. */
export async function deposit(data: string, order: DepositOrder): Promise<void> {
  const { key = `deposit-${order.currency}`, ...to } = order;
  const request = { ...to, direction: "deposit", key, anyUser: false } as const;
  const answer = await administer(configOf(data), "transfer", request);
  if (answer.kind !== "done") throw new Error(answer.message);
}

/** Adds users who have some of each currency; the currencies have to be those of markets. */
export async function addFundedUsers(
  data: string,
  count: number,
  amounts: Readonly<Record<string, string>>,
): Promise<readonly CryptomusUser[]> {
  const users = addUsers(data, count);
  const deposits = users.flatMap(({ userId }) =>
    Object.entries(amounts).map(([currency, amount]) => ({ user: userId, currency, amount })),
  );
  await Promise.all(deposits.map((order) => deposit(data, order)));
  return users;
}

function configOf(data: string): Config {
  const flags = [{ path: ["data"], value: data, origin: "test" }];
  // A folder of its own has no openbourse.yaml that could be meant.
  const loaded = loadConfig({ environment: {}, flags });
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  return loaded.config;
}
