/** What every key store must do, whatever it keeps its records in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyRecord, KeyStore, WorkspaceLimits } from "./key-store.ts";

/** A key record whose hash, and so its id, begins with `prefix`. */
export function keyRecord(prefix: string, changes: Partial<KeyRecord> = {}): KeyRecord {
  const hash = prefix.padEnd(64, "0");
  return {
    id: hash.slice(0, 8),
    hash,
    workspace: "desk",
    label: "",
    createdAtMs: 1_000,
    revokedAtMs: undefined,
    ...changes,
  };
}

/** A store that does what another does, but for some methods; for trouble that a real one rarely has. */
export function withMethods(store: KeyStore, replaced: Partial<KeyStore>): KeyStore {
  return {
    ensureWorkspace: (name, createdAtMs) => store.ensureWorkspace(name, createdAtMs),
    workspace: (name) => store.workspace(name),
    workspaces: () => store.workspaces(),
    setLimits: (name, limits) => store.setLimits(name, limits),
    addKey: (record) => store.addKey(record),
    keyByHash: (hash) => store.keyByHash(hash),
    keys: (workspace) => store.keys(workspace),
    key: (id) => store.key(id),
    keysBehind: (id, max) => store.keysBehind(id, max),
    revokeKey: (id, revokedAtMs) => store.revokeKey(id, revokedAtMs),
    reinstateKey: (id) => store.reinstateKey(id),
    version: () => store.version(),
    lost: () => store.lost(),
    close: () => store.close(),
    ...replaced,
  };
}

/** Runs the suite against the stores that `open` makes; each must be new and empty. */
export function keyStoreContract(name: string, open: () => KeyStore): void {
  describe(`${name} as a key store`, () => {
    let store: KeyStore;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    workspaceContract(() => store);
    keyContract(() => store);
    versionContract(() => store);

    it("may be closed twice", () => {
      store.close();

      expect(() => store.close()).not.toThrow();
    });
  });
}

const everyLimit: WorkspaceLimits = {
  connectionsMax: 5,
  messagesPerMinuteMax: 10,
  messageBytesMax: 2_048,
  tickersMax: 0,
  restCallsPerMinuteMax: Number.MAX_SAFE_INTEGER,
  datasets: ["huobi", "it's", 'say "x"', "日本"],
};

function workspaceContract(current: () => KeyStore): void {
  it("starts empty", () => {
    expect(current().workspaces()).toEqual([]);
    expect(current().keys()).toEqual([]);
    expect(current().workspace("desk")).toBeUndefined();
    expect(current().keyByHash("0".repeat(64))).toBeUndefined();
  });

  it("makes a workspace once and returns the first one ever after", () => {
    const made = current().ensureWorkspace("desk", 1_000);
    const again = current().ensureWorkspace("desk", 2_000);

    expect(made).toEqual({ name: "desk", limits: {}, createdAtMs: 1_000 });
    expect(again).toEqual(made);
    expect(current().workspace("desk")).toEqual(made);
  });

  it("lists workspaces by name", () => {
    for (const name of ["b", "a", "c"]) current().ensureWorkspace(name, 1_000);

    expect(
      current()
        .workspaces()
        .map((workspace) => workspace.name),
    ).toEqual(["a", "b", "c"]);
  });

  it("gives back the limits it was given, and replaces all of them at once", () => {
    current().ensureWorkspace("desk", 1_000);
    current().ensureWorkspace("other", 1_000);

    current().setLimits("desk", everyLimit);
    expect(current().workspace("desk")?.limits).toEqual(everyLimit);
    expect(current().workspace("other")?.limits).toEqual({});

    current().setLimits("desk", { datasets: [] });
    expect(current().workspace("desk")?.limits).toEqual({ datasets: [] });
  });

  it("treats limits of a workspace that does not exist as a bug of the caller", () => {
    expect(() => current().setLimits("nobody", {})).toThrow("existing workspace");
  });

  it("refuses a negative or fractional limit as a bug of the caller", () => {
    current().ensureWorkspace("desk", 1_000);

    expect(() => current().setLimits("desk", { connectionsMax: -1 })).toThrow();
    expect(() => current().setLimits("desk", { connectionsMax: 1.5 })).toThrow();
    expect(current().workspace("desk")?.limits).toEqual({});
  });
}

function keyContract(current: () => KeyStore): void {
  it("goes through all keys by their ids, some at a time, and finds one by its id", () => {
    current().ensureWorkspace("desk", 1_000);
    for (const prefix of ["d", "a", "c", "b"]) current().addKey(keyRecord(prefix));
    const ids = (after: string, max: number) =>
      current()
        .keysBehind(after, max)
        .map(({ id }) => id[0]);

    expect(ids("", 3)).toEqual(["a", "b", "c"]);
    expect(ids(keyRecord("c").id, 3)).toEqual(["d"]);
    expect(ids(keyRecord("d").id, 3)).toEqual([]);
    expect(current().key(keyRecord("c").id)).toEqual(keyRecord("c"));
    expect(current().key("00000000")).toBeUndefined();
  });

  it("finds a key by its whole hash only", () => {
    current().ensureWorkspace("desk", 1_000);
    const record = keyRecord("aaaaaaaa", { label: "bot 'one' \"two\" 日本" });

    expect(current().addKey(record)).toBe(true);

    expect(current().keyByHash(record.hash)).toEqual(record);
    expect(current().keyByHash(record.hash.slice(0, 63))).toBeUndefined();
    expect(current().keyByHash(record.id)).toBeUndefined();
    expect(current().keyByHash("%")).toBeUndefined();
    expect(current().keyByHash("")).toBeUndefined();
  });

  it("does not store a key whose id is taken, and keeps the one that has it", () => {
    current().ensureWorkspace("desk", 1_000);
    const first = keyRecord("aaaaaaaa");
    current().addKey(first);

    expect(current().addKey(first)).toBe(false);
    expect(current().addKey(keyRecord("aaaaaaaa1", { label: "second" }))).toBe(false);

    expect(current().keys()).toEqual([first]);
  });

  it("treats a key of a workspace that does not exist as a bug of the caller", () => {
    expect(() => current().addKey(keyRecord("aaaaaaaa", { workspace: "nobody" }))).toThrow();
    expect(current().keys()).toEqual([]);
  });

  it("lists keys newest first, of one workspace when named", () => {
    current().ensureWorkspace("desk", 1_000);
    current().ensureWorkspace("other", 1_000);
    current().addKey(keyRecord("aaaaaaaa", { createdAtMs: 2_000 }));
    current().addKey(keyRecord("bbbbbbbb", { createdAtMs: 1_000 }));
    current().addKey(keyRecord("cccccccc", { createdAtMs: 2_000, workspace: "other" }));

    expect(idsOf(current().keys())).toEqual(["cccccccc", "aaaaaaaa", "bbbbbbbb"]);
    expect(idsOf(current().keys("desk"))).toEqual(["aaaaaaaa", "bbbbbbbb"]);
    expect(idsOf(current().keys("nobody"))).toEqual([]);
  });

  it("revokes a key once and keeps it on record", () => {
    current().ensureWorkspace("desk", 1_000);
    const record = keyRecord("aaaaaaaa");
    current().addKey(record);
    current().addKey(keyRecord("bbbbbbbb"));

    expect(current().revokeKey("aaaaaaaa", 5_000)).toBe(true);
    expect(current().revokeKey("aaaaaaaa", 6_000)).toBe(false);
    expect(current().revokeKey("cccccccc", 6_000)).toBe(false);

    expect(current().keyByHash(record.hash)).toEqual({ ...record, revokedAtMs: 5_000 });
    expect(
      current()
        .keys()
        .filter((key) => key.revokedAtMs === undefined),
    ).toHaveLength(1);
  });
}

function versionContract(current: () => KeyStore): void {
  const changes: readonly [string, (store: KeyStore) => void][] = [
    ["a new workspace", (store) => store.ensureWorkspace("new", 1_000)],
    ["new limits", (store) => store.setLimits("desk", { connectionsMax: 1 })],
    ["a new key", (store) => store.addKey(keyRecord("bbbbbbbb"))],
    ["a revoked key", (store) => store.revokeKey("aaaaaaaa", 2_000)],
  ];

  it.each(changes)("has another version after %s", (_, change) => {
    current().ensureWorkspace("desk", 1_000);
    current().addKey(keyRecord("aaaaaaaa"));
    const before = current().version();

    change(current());

    expect(current().version()).not.toBe(before);
  });

  it("keeps its version while nothing changes", () => {
    current().ensureWorkspace("desk", 1_000);
    const before = current().version();

    current().ensureWorkspace("desk", 2_000);
    current().revokeKey("cccccccc", 2_000);
    current().keys();

    expect(current().version()).toBe(before);
  });
}

function idsOf(records: readonly KeyRecord[]): readonly string[] {
  return records.map((record) => record.id);
}
