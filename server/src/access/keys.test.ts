import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { withMethods } from "../ports/key-store.contract.ts";
import type { KeyRecord, KeyStore } from "../ports/key-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import {
  createKey,
  ensureDemoKey,
  hashKey,
  keysPerWorkspaceMax,
  listKeys,
  type NewKey,
  revokeKey,
  workspacesMax,
} from "./keys.ts";
import { labelLengthMax } from "./label.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_000_000;
let store: KeyStore;
beforeEach(() => {
  store = openKeyStore(inMemory);
});
afterEach(() => store.close());

/** Makes a key and expects it to be made. */
function made(workspace: string, label = ""): NewKey {
  const result = createKey(store, secrets, { workspace, label, nowMs });
  if (typeof result === "string") throw new Error(`no key was made: ${result}`);
  return result;
}

describe("making a key", () => {
  it("makes the workspace when it is new", () => {
    made("desk");
    made("desk");

    expect(store.workspaces()).toEqual([{ name: "desk", limits: {}, createdAtMs: nowMs }]);
    expect(store.keys("desk")).toHaveLength(2);
  });

  it("gives a key of the shape that clients know, and stores only its hash", () => {
    const { key, record } = made("desk", "first bot");

    expect(key).toMatch(/^[0-9a-f]{32}[0-9a-z]{2}$/);
    expect(record).toEqual({
      id: record.hash.slice(0, 8),
      hash: secrets.sha256Hex(key),
      workspace: "desk",
      label: "first bot",
      createdAtMs: nowMs,
      revokedAtMs: undefined,
    });
    expect(JSON.stringify(store.keys())).not.toContain(key);
  });

  it("draws another key when the id of the first one is taken", () => {
    const drawn = ["aa", "aa", "bb"];
    const repeating: Secrets = { ...secrets, randomHex: () => drawn.shift() ?? "cc" };
    const order = { workspace: "desk", label: "", nowMs };

    createKey(store, repeating, order);
    const second = createKey(store, repeating, order);

    expect(second).toMatchObject({ key: "bb" });
    expect(store.keys()).toHaveLength(2);
  });

  it("fails loudly when randomness is broken, rather than handing out a key twice", () => {
    const broken: Secrets = { ...secrets, randomHex: () => "aa" };
    const order = { workspace: "desk", label: "", nowMs };
    createKey(store, broken, order);

    expect(() => createKey(store, broken, order)).toThrow("invariant violated");
    expect(store.keys()).toHaveLength(1);
  });

  it.each(["a", "0", "desk-1", "a.b_c-d", "x".repeat(63)])(
    "takes the workspace name %j",
    (name) => {
      expect(made(name).record.workspace).toBe(name);
    },
  );

  it.each([
    "",
    "-desk",
    ".desk",
    "_desk",
    "Desk",
    "de sk",
    "desk\n",
    "désk",
    "desk/1",
    "x".repeat(64),
    "__proto__",
  ])("refuses the workspace name %j and makes nothing", (workspace) => {
    expect(createKey(store, secrets, { workspace, label: "", nowMs })).toBe("invalid-workspace");
    expect(store.workspaces()).toEqual([]);
  });

  it.each(["", "first bot", "日本 🤖", "x".repeat(labelLengthMax)])(
    "takes the label %j",
    (label) => {
      expect(made("desk", label).record.label).toBe(label);
      expect(store.keys()[0]?.label).toBe(label);
    },
  );

  it.each([
    "two\nlines",
    "tab\t",
    "\u001b[31m",
    "\u202egnp.exe",
    "\ud800",
    "x".repeat(labelLengthMax + 1),
  ])("refuses the label %j and makes nothing", (label) => {
    expect(createKey(store, secrets, { workspace: "desk", label, nowMs })).toBe("invalid-label");
    expect(store.workspaces()).toEqual([]);
  });

  it("refuses one key too many, and one workspace too many", () => {
    const { record } = made("desk");
    const full = withMethods(store, {
      keys: () => new Array<KeyRecord>(keysPerWorkspaceMax).fill(record),
      workspaces: () => new Array(workspacesMax).fill({ name: "x", limits: {}, createdAtMs: 1 }),
    });
    const order = { label: "", nowMs };

    expect(createKey(full, secrets, { ...order, workspace: "desk" })).toBe("too-many-keys");
    expect(createKey(full, secrets, { ...order, workspace: "new" })).toBe("too-many-workspaces");
  });
});

describe("listing keys", () => {
  it("shows everything but the hashes", () => {
    const { record } = made("desk", "bot");
    made("other");
    const { hash, ...shown } = record;

    expect(listKeys(store, "desk")).toStrictEqual([shown]);
    expect(listKeys(store)).toHaveLength(2);
    expect(JSON.stringify(listKeys(store))).not.toContain(hash);
  });

  it("tells an unknown workspace from an empty one", () => {
    store.ensureWorkspace("empty", nowMs);

    expect(listKeys(store, "empty")).toEqual([]);
    expect(listKeys(store, "nobody")).toBe("unknown-workspace");
  });
});

describe("revoking a key", () => {
  it("revokes it once", () => {
    const { record } = made("desk");

    expect(revokeKey(store, { id: record.id, nowMs: nowMs + 1 })).toMatchObject({
      id: record.id,
      revokedAtMs: nowMs + 1,
    });
    expect(revokeKey(store, { id: record.id, nowMs: nowMs + 2 })).toBe("already-revoked");
    expect(store.keyByHash(record.hash)?.revokedAtMs).toBe(nowMs + 1);
  });

  it.each(["", "00000000", "not an id", "%", "0".repeat(64)])("knows no key %j", (id) => {
    made("desk");

    expect(revokeKey(store, { id, nowMs })).toBe("unknown-key");
    expect(store.keys().every((key) => key.revokedAtMs === undefined)).toBe(true);
  });
});

describe("the demo key", () => {
  const ensure = (remembered: string | undefined) =>
    ensureDemoKey(store, secrets, { remembered, nowMs });

  it("is made at the first start, in a workspace of its own", () => {
    const first = ensure(undefined);

    expect(first).toMatchObject({ isNew: true });
    expect(store.keys()).toMatchObject([{ workspace: "demo", label: "demo" }]);
  });

  it("stays the same while it is remembered and good", () => {
    const first = ensure(undefined);
    if (typeof first === "string") throw new Error(first);

    expect(ensure(first.key)).toEqual({ key: first.key, isNew: false });
    expect(store.keys()).toHaveLength(1);
  });

  it("is never the same for two stores", () => {
    const other = openKeyStore(inMemory);
    const here = ensure(undefined);
    const there = ensureDemoKey(other, secrets, { remembered: undefined, nowMs });

    expect(here).not.toEqual(there);
    other.close();
  });

  it.each([
    ["is of another store", () => secrets.randomHex(17)],
    ["is empty", () => ""],
    ["is of another workspace", () => made("desk").key],
    [
      "was revoked",
      () => {
        const { key, record } = made("demo");
        revokeKey(store, { id: record.id, nowMs });
        return key;
      },
    ],
  ])("is made again when the remembered one %s", (_, remembered) => {
    const old = remembered();

    const demo = ensure(old);

    if (typeof demo === "string") throw new Error(demo);
    expect(demo.isNew).toBe(true);
    expect(demo.key).not.toBe(old);
    expect(store.keyByHash(hashKey(secrets, demo.key))?.revokedAtMs).toBeUndefined();
  });
});
