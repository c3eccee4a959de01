import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UserRegistry } from "../../access/users.ts";
import { exchangeTarget } from "../../admin/exchange-target.fixture.ts";
import { adminOperations } from "../../admin/operations.ts";
import { openDataFolder } from "../../config/data-folder.ts";
import { formatAtoms } from "../../core/num/money.ts";
import type { Log } from "../../ports/log.ts";
import { openUserRegistry } from "../stores/user-registry.ts";
import { openDemoUsers } from "./demo-users.ts";

let folder: string;
let registry: UserRegistry;
const logged: string[] = [];
const note = (phrase: string, fields?: object) => {
  logged.push(`${phrase} ${JSON.stringify(fields)}`);
};
const log: Log = { debug: note, info: note, warn: note, error: note };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-demo-"));
  registry = openUserRegistry(openDataFolder(folder), {});
});
afterEach(() => {
  registry.store.close();
  rmSync(folder, { recursive: true });
  logged.length = 0;
});

const options = { nowMs: 1_700_000_000_000, log };

async function exchangeWith(...codes: readonly string[]) {
  const target = exchangeTarget();
  for (const code of codes) {
    await adminOperations["add-market"].run({ code, tick: "0.01", lot: "0.001" }, target);
  }
  const balances = (user: string) =>
    target.exchange
      .balances(user)
      .map(({ currency, available }) => `${formatAtoms(available)} ${currency}`)
      .toSorted();
  return { target, balances };
}

describe("demo users", () => {
  it("are two, each with money of every currency", async () => {
    const { target, balances } = await exchangeWith("BTC_USDT", "NEW_USDT");
    const users = await openDemoUsers(registry, target, options);
    expect(users.map(({ label }) => label)).toEqual(["demo-1", "demo-2"]);
    for (const { userId } of users) {
      expect(balances(userId)).toEqual(["10 BTC", "10000 NEW", "100000 USDT"]);
    }
  });

  it("are the same after a restart, and are not funded again; a new currency is", async () => {
    const { target, balances } = await exchangeWith("BTC_USDT");
    const first = await openDemoUsers(registry, target, options);
    const sol = { code: "SOL_USDT", tick: "0.01", lot: "0.001" };
    await adminOperations["add-market"].run(sol, target);
    const second = await openDemoUsers(registry, target, options);
    expect(second.map(({ userId }) => userId)).toEqual(first.map(({ userId }) => userId));
    expect(balances(first[0]?.userId ?? "")).toEqual(["10 BTC", "1000 SOL", "100000 USDT"]);
    expect(logged).toEqual([]);
  });

  it("are there without money while the exchange does not work, and that is logged without their keys", async () => {
    const { target } = await exchangeWith("BTC_USDT");
    const stopped = exchangeTarget([], "disk full");
    const users = await openDemoUsers(registry, { ...stopped, markets: target.markets }, options);
    expect(users).toHaveLength(2);
    expect(logged).toHaveLength(4);
    expect(logged[0]).toContain("disk full");
    for (const { apiKey } of users) expect(logged.join()).not.toContain(apiKey);
    expect(await openDemoUsers(registry, stopped, options)).toHaveLength(2);
  });
});
