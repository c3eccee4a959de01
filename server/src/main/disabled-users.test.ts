import { beforeEach, describe, expect, it } from "vitest";
import { inMemory } from "../adapters/sqlite/stores/key-store.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { type ExchangeTarget, exchangeTarget } from "../admin/exchange-target.fixture.ts";
import { adminOperations } from "../admin/operations.ts";
import { parseAtoms } from "../core/num/money.ts";
import { lots, ticks } from "../core/num/units.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import type { UserStore } from "../ports/user-store.ts";
import { DisabledUsers } from "./disabled-users.ts";

const ann = "11111111-1111-4111-8111-111111111111";
const bob = "22222222-2222-4222-8222-222222222222";
const logged: string[] = [];
const note = (phrase: string, fields?: object) => {
  logged.push(`${phrase} ${JSON.stringify(fields)}`);
};
const log = { debug: note, info: note, warn: note, error: note };

let store: UserStore;
let target: ExchangeTarget;
beforeEach(async () => {
  logged.length = 0;
  store = openUserStore(inMemory);
  target = exchangeTarget([ann, bob]);
  const market = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
  await adminOperations["add-market"].run(market, target);
  const amount = parseAtoms("1000");
  if (amount === undefined) throw new Error("an amount");
  for (const user of [ann, bob]) {
    store.add(userRecord("1", { id: user }));
    await target.submit({ kind: "deposit", user, currency: "USDT", amount, key: "first" });
    await place(user);
  }
});

const place = (user: string) =>
  target.submit({
    ...{ kind: "place-limit", user, market: "BTC_USDT", side: "buy", timeInForce: "gtc" },
    ...{ price: ticks(100), quantity: lots(1_000) },
  });

const openOrders = (user: string) => target.exchange.openOrders(user).length;

describe("orders of disabled users", () => {
  it("are cancelled when a start finds them, and nobody else's", async () => {
    store.disable(ann, 2);
    await new DisabledUsers({ store, target, log }).refresh();
    expect([openOrders(ann), openOrders(bob)]).toEqual([0, 1]);
    expect(logged).toEqual([
      `orders of a disabled user were cancelled {"user":"${ann}","orders":1}`,
    ]);
  });

  it("are cancelled also when they come with a request that was let in just before", async () => {
    const users = new DisabledUsers({ store, target, log });
    await users.refresh();
    store.disable(ann, 2);
    await users.refresh();
    await place(ann);
    await users.refresh();
    expect([openOrders(ann), openOrders(bob)]).toEqual([0, 1]);
  });

  it("are left alone once the user is enabled again", async () => {
    const users = new DisabledUsers({ store, target, log });
    store.disable(ann, 2);
    await users.refresh();
    store.enable(ann);
    await place(ann);
    await users.refresh();
    expect(openOrders(ann)).toBe(1);
  });

  it("stay while the exchange does not work, and that is logged", async () => {
    const broken = exchangeTarget([ann], "disk full");
    store.disable(ann, 2);
    await new DisabledUsers({ store, target: broken, log }).refresh();
    expect(logged.join()).toContain("disk full");
  });
});
