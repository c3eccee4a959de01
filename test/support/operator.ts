/** What an operator does to a server that runs on a data folder, without a process for each step. */
import { createUser } from "../../server/src/access/users.ts";
import { administer } from "../../server/src/main/admin/admin-client.ts";
import { loadConfig } from "../../server/src/main/config/load.ts";
import type { Config } from "../../server/src/main/config/schema.ts";
import { openDataFolder } from "../../server/src/main/data-folder.ts";
import { openUserRegistry } from "../../server/src/main/user-registry.ts";
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

/** Opens a market. */
export async function addMarket(
  data: string,
  market: { readonly code: string; readonly tick: string; readonly lot: string },
): Promise<void> {
  const answer = await administer(configOf(data), "add-market", market);
  if (answer.kind !== "done") throw new Error(answer.message);
}

/** Brings money to a user. */
export async function deposit(
  data: string,
  to: { readonly user: string; readonly currency: string; readonly amount: string },
): Promise<void> {
  const key = `deposit-${to.currency}`;
  const request = { ...to, direction: "deposit", key, anyUser: false } as const;
  const answer = await administer(configOf(data), "transfer", request);
  if (answer.kind !== "done") throw new Error(answer.message);
}

function configOf(data: string): Config {
  const flags = [{ path: ["data"], value: data, origin: "test" }];
  // A folder of its own has no openbourse.yaml that could be meant.
  const loaded = loadConfig({ environment: {}, flags });
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  return loaded.config;
}
