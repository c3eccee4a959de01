/** A data folder that was begun as a demo, and what is left of it when parts of it are switched off and on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { beginDataFolder } from "../../server/src/cli/commands/init.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { addFundedUsers, addUsers } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { untilTrue } from "../support/until.ts";

let folder: string;
let data: string;
let running: ServerHere | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-demo-switch-"));
  data = join(folder, "data");
});
afterEach(async () => {
  await running?.server.stop();
  rmSync(folder, { recursive: true });
});

/** Restarts with these settings; the simulated dataset has nothing to do with what is tested. */
async function restart(settings: Readonly<Record<string, unknown>> = {}): Promise<ServerHere> {
  await running?.server.stop();
  running = await startServerHere({ data, settings: { datasets: [], ...settings } });
  return running;
}

const off = { "demo.users": false, "demo.key": false, "exchange.participants.enabled": false };

const order = { market: "BTC_USDT", direction: "buy", price: "20000", quantity: "0.01" };

/** How many price levels a market's book has. */
async function levels({ http }: ServerHere): Promise<number> {
  const answer = await fetch(`${http}/v1/exchange/market/order-book/BTC_USDT`);
  const { data: book } = (await answer.json()) as { data: { bids: unknown[]; asks: unknown[] } };
  return book.bids.length + book.asks.length;
}

const barsStatus = async ({ http }: ServerHere, key: string | undefined) =>
  (await fetch(`${http}/latest/datasets`, { headers: { authorization: `apikey ${key}` } })).status;

describe("a demo that is switched off", () => {
  it("refuses its users and its key, empties the book, says so, and comes back with the same keys", async () => {
    const demo = await restart();
    const [first] = demo.server.demoUsers;
    if (first === undefined) throw new Error("a demo has users");
    const { demoKey } = demo.server;
    const placed = await new CryptomusClient(demo, first).limitOrder(order);
    expect(placed.status).toBe(200);
    await untilTrue(async () => (await levels(demo)) > 10);

    const venue = await restart(off);
    expect(venue.server.demoUsers).toEqual([]);
    expect(venue.server.demoKey).toBeUndefined();
    expect(await levels(venue)).toBe(0);
    expect((await new CryptomusClient(venue, first).limitOrder(order)).status).toBe(404);
    expect(await barsStatus(venue, demoKey)).toBe(401);
    expect(venue.server.demoNotes).toEqual([
      expect.stringMatching(
        /^open orders of the simulated participants that are cancelled.*: \d+$/,
      ),
      expect.stringContaining("the demo users are disabled"),
      expect.stringMatching(/^open orders of the demo users that are cancelled.*: 1$/),
      expect.stringContaining("the demo key is revoked"),
    ]);

    const again = await restart();
    expect(again.server.demoUsers.map(({ userId }) => userId)).toContain(first.userId);
    expect(again.server.demoKey).toBe(demoKey);
    expect(await barsStatus(again, demoKey)).toBe(200);
    // The order was cancelled, and what it held is available.
    const balances = await new CryptomusClient(again, first).balances();
    expect(balances.get("USDT")).toMatchObject({ available: "100000.00000000" });
  });

  it("leaves a user alone whom an operator has disabled, and everybody who is no part of it", async () => {
    const demo = await restart();
    await addFundedUsers(data, 1, { USDT: "1000" });
    const [first] = demo.server.demoUsers;
    if (first === undefined) throw new Error("a demo has users");
    const { openUserStore } = await import("../../server/src/adapters/sqlite/stores/user-store.ts");
    const users = openUserStore(join(data, "users.db"));
    users.disable(first.userId, Date.now());
    await restart(off);
    expect(users.users({ label: "user 0" })[0]?.disabledAtMs).toBeUndefined();
    const again = await restart();
    expect(users.user(first.userId)?.disabledAtMs).toBeDefined();
    expect(again.server.demoUsers).toHaveLength(2);
    users.close();
  });
});

describe("a data folder that was begun without a demo", () => {
  it("stays without one, also where a server has begun it", async () => {
    await restart(off);
    const again = await restart();
    expect(again.server.demoUsers).toEqual([]);
    expect(again.server.demoKey).toBeUndefined();
  });

  it("gets none from a start that says nothing of it, and says so when it gets one", async () => {
    const loaded = loadConfig({
      environment: {},
      flags: [{ path: ["data"], value: data, origin: "test" }],
    });
    if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
    await beginDataFolder(loaded.config, {});
    const [alice] = addUsers(data, 1);
    const venue = await restart();
    expect(venue.server.demoUsers).toEqual([]);
    expect(venue.server.demoKey).toBeUndefined();
    expect(await levels(venue).catch(() => 0)).toBe(0);

    const demo = await restart({ "demo.users": true });
    expect(demo.server.demoUsers).toHaveLength(2);
    expect(demo.server.demoUsers.map(({ userId }) => userId)).not.toContain(alice?.userId);
    expect(demo.server.demoKey).toBeUndefined();
    expect(demo.log).toContainEqual(
      expect.objectContaining({ level: "warn", fields: { settings: "demo.users" } }),
    );
    expect((await restart()).server.demoUsers).toHaveLength(2);
  });
});
