import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { createVault } from "../adapters/crypto/vault.ts";
import { inMemory } from "../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import { userRecord, withUserMethods } from "../ports/user-store.contract.ts";
import type { UserStore } from "../ports/user-store.ts";
import { labelLengthMax } from "./label.ts";
import {
  apiKeyOf,
  createUser,
  type DemoUser,
  disableUser,
  enableUser,
  ensureDemoUsers,
  listUsers,
  type NewUser,
  type UserRegistry,
  usersMax,
} from "./users.ts";

const secrets = systemSecrets();
const vault = createVault("11".repeat(32));
const nowMs = 1_700_000_000_000;
let store: UserStore;
let registry: UserRegistry;
beforeEach(() => {
  store = openUserStore(inMemory);
  registry = { store, vault, secrets };
});
afterEach(() => store.close());

/** Makes a user and expects them to be made. */
function made(label = "", from: UserRegistry = registry): NewUser {
  const result = createUser(from, { label, nowMs });
  if (typeof result === "string") throw new Error(`no user was made: ${result}`);
  return result;
}

function demoUsers(from: UserRegistry = registry): readonly DemoUser[] {
  const users = ensureDemoUsers(from, nowMs);
  if (typeof users === "string") throw new Error(`no demo users: ${users}`);
  return users;
}

describe("making a user", () => {
  it("gives an id and a key of the shape that clients know, and stores the key sealed", () => {
    const { userId, apiKey, record } = made("desk");

    expect(userId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(apiKey).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(record).toMatchObject({ label: "desk", createdAtMs: nowMs, disabledAtMs: undefined });
    expect(store.users()).toEqual([record]);
    expect(JSON.stringify(store.users())).not.toContain(apiKey);
  });

  it("gives each user a key of their own, which opens for nobody else", () => {
    const [one, two] = [made(), made()];

    expect(apiKeyOf(one.record, vault)).toBe(one.apiKey);
    expect(apiKeyOf(two.record, vault)).toBe(two.apiKey);
    expect(one.apiKey).not.toBe(two.apiKey);
    expect(apiKeyOf({ ...one.record, id: two.userId }, vault)).toBeUndefined();
    expect(apiKeyOf(one.record, createVault("22".repeat(32)))).toBeUndefined();
  });

  it("draws every character of a key equally often", () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 500; n += 1) {
      for (const character of made("", { ...registry, store: accepting() }).apiKey) {
        counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }

    // 32,000 characters, 516 of each expected with a deviation of 23. Without throwing bytes away
    // the first eight would stand out with 625.
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 516)).toBeLessThan(7 * 23 - 60);
  });

  it("throws away the bytes that would make some characters more likely", () => {
    const hexOfDraw = [..."f8f9fafbfcfdfeff".repeat(8), ..."00f73d3e".repeat(32)].join("");
    const scripted: Secrets = { ...secrets, randomHex: () => hexOfDraw };

    const { apiKey } = made("", { ...registry, secrets: scripted });

    expect(apiKey).toBe("A99A".repeat(16));
  });

  it("draws another id when the first one is taken", () => {
    const ids = [userRecord("1").id, userRecord("1").id, userRecord("2").id];
    const repeating: Secrets = { ...secrets, randomUuid: () => ids.shift() ?? userRecord("3").id };
    made("", { ...registry, secrets: repeating });

    const second = made("", { ...registry, secrets: repeating });

    expect(second.userId).toBe(userRecord("2").id);
    expect(apiKeyOf(second.record, vault)).toBe(second.apiKey);
  });

  it.each(["", "first bot", "日本 🤖", "x".repeat(labelLengthMax)])(
    "takes the label %j",
    (label) => {
      expect(made(label).record.label).toBe(label);
    },
  );

  it.each(["x".repeat(labelLengthMax + 1), "a\nb", "\u001b[31m", "\u200f", "\ud800", "\u2028"])(
    "refuses the label %j",
    (label) => {
      expect(createUser(registry, { label, nowMs })).toBe("invalid-label");
      expect(store.users()).toEqual([]);
    },
  );

  it("ends at the most users that a store may hold", () => {
    const fullBut = (free: number) => withUserMethods(store, { count: () => usersMax - free });

    expect(createUser({ ...registry, store: fullBut(0) }, { label: "", nowMs })).toBe(
      "too-many-users",
    );
    expect(made("", { ...registry, store: fullBut(1) }).userId).toBeDefined();
  });
});

/** A store that takes every user and keeps none. */
function accepting(): UserStore {
  return withUserMethods(store, { add: () => true });
}

describe("the users of a store", () => {
  it("are listed newest first, without anything of their keys", () => {
    const [first, second] = [made("first"), made("second")];

    const listed = listUsers(store);

    expect(listed.map((user) => user.id)).toEqual([second.userId, first.userId]);
    expect(Object.keys(listed[0] ?? {}).sort()).toEqual([
      ...["createdAtMs", "disabledAtMs", "id", "label", "refusedWays"],
    ]);
  });

  it("are disabled once, and stay on record", () => {
    const { userId } = made("desk");

    expect(disableUser(store, { id: userId, nowMs: 5 })).toEqual({
      id: userId,
      label: "desk",
      createdAtMs: nowMs,
      disabledAtMs: 5,
      refusedWays: [],
    });
    expect(disableUser(store, { id: userId, nowMs: 6 })).toBe("already-disabled");
    expect(disableUser(store, { id: userRecord("1").id, nowMs: 6 })).toBe("unknown-user");
    expect(listUsers(store)[0]?.disabledAtMs).toBe(5);
  });
});

describe("the demo users", () => {
  it("are made at the first start and shown with the same keys at every other", () => {
    const first = demoUsers();
    const second = demoUsers();

    expect(first.map(({ label, isNew }) => [label, isNew])).toEqual([
      ["demo-1", true],
      ["demo-2", true],
    ]);
    expect(second).toEqual(first.map((user) => ({ ...user, isNew: false })));
    expect(store.users()).toHaveLength(2);
  });

  it("are made again when missing, disabled, or sealed under another master key", () => {
    const [one, two] = demoUsers();
    disableUser(store, { id: one?.userId ?? "", nowMs });

    const afterDisabling = demoUsers();
    expect(afterDisabling[0]?.userId).not.toBe(one?.userId);
    expect(afterDisabling[0]?.isNew).toBe(true);
    expect(afterDisabling[1]).toEqual({ ...two, isNew: false });

    const otherVault = { ...registry, vault: createVault("22".repeat(32)) };
    const underOther = demoUsers(otherVault);
    expect(underOther.every((user) => user.isNew)).toBe(true);
    expect(demoUsers(otherVault)).toEqual(underOther.map((user) => ({ ...user, isNew: false })));
    expect(demoUsers()[1]).toEqual({ ...two, isNew: false });
  });

  it("are refused when the store is full", () => {
    const full = withUserMethods(store, { count: () => usersMax });

    expect(ensureDemoUsers({ ...registry, store: full }, nowMs)).toBe("too-many-users");
  });
});

describe("a disabled user", () => {
  it("is enabled again, and nobody else is", () => {
    const { userId } = made();
    expect(enableUser(store, userId)).toBe("not-disabled");
    disableUser(store, { id: userId, nowMs });
    expect(store.disabledIds()).toEqual([userId]);
    expect(enableUser(store, userId)).toMatchObject({ id: userId, disabledAtMs: undefined });
    expect(store.disabledIds()).toEqual([]);
    expect(enableUser(store, "nobody")).toBe("unknown-user");
  });
});
