import { beforeEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { KeyDoorkeeper } from "../access/doorkeeper.ts";
import { OneTimeTokens } from "../access/one-time-tokens.ts";
import { ownCounts } from "../access/own-counts.ts";
import { TokenStreamDoor } from "../access/stream-door.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { keyRecord } from "../ports/key-store.contract.ts";
import type { KeyStore } from "../ports/key-store.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import type { UserRecord, UserStore } from "../ports/user-store.ts";
import { MemoryBucket } from "../testing/memory-bucket.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Mirror } from "./mirror.ts";
import { mirroredKeys, mirroredWorkspaces } from "./mirrored-keys.ts";
import { mirroredUsers } from "./mirrored-users.ts";

const secrets = systemSecrets();
const user = userRecord("1");
const { id } = user;

let bucket: MemoryBucket;
let clock: VirtualClock;
let told: string[];
beforeEach(() => {
  bucket = new MemoryBucket();
  clock = new VirtualClock();
  told = [];
});

const log = {
  debug: () => {},
  info: (phrase: string) => told.push(phrase),
  warn: (phrase: string) => told.push(phrase),
  error: (phrase: string) => told.push(phrase),
};

/** A node with a store of users. */
function nodeOf(store: UserStore, pushes: boolean) {
  const mirror = new Mirror({ kind: mirroredUsers(store), bucket, pushes, clock, log });
  return { store, mirror };
}

async function started(pushes: boolean, store = openUserStore(inMemory)) {
  const node = nodeOf(store, pushes);
  await node.mirror.start();
  await node.mirror.look();
  return node;
}

/** Lets everybody tell and take what there is. */
async function settle(...nodes: readonly { readonly mirror: Mirror<UserRecord> }[]) {
  for (let round = 0; round < 3; round += 1) {
    for (const { mirror } of nodes) await mirror.look();
  }
}

describe("users of several nodes", () => {
  it("are the same at all of them, whoever made or changed them", async () => {
    const one = await started(true);
    const two = await started(true);
    const gateway = await started(false);
    one.store.add(user);
    two.store.add(userRecord("2", { label: "maker", refusedWays: ["md5"] }));
    await settle(one, two);
    one.store.disable(userRecord("2").id, 5_000);
    two.store.setWay(id, "hmac-sha256", false);
    await settle(one, two);

    const expected = [
      { ...user, refusedWays: ["hmac-sha256"] },
      userRecord("2", { label: "maker", refusedWays: ["md5"], disabledAtMs: 5_000 }),
    ];
    for (const { store } of [one, two, gateway]) {
      expect(store.usersBehind("", 10)).toEqual(expected);
    }
  });

  it("are pushed twice a second, and changed at a gateway as soon as they are told", async () => {
    const engine = await started(true);
    const gateway = await started(false);
    engine.store.add(user);
    clock.advanceBy(500_000);
    await until(() => expect(gateway.store.user(id)).toEqual(user));

    engine.store.disable(id, 7_000);
    clock.advanceBy(500_000);
    await until(() => expect(gateway.store.user(id)?.disabledAtMs).toBe(7_000));
  });

  it("stay disabled whoever changes something else at the same time, and are enabled by who has seen it", async () => {
    const one = await started(true);
    const two = await started(true);
    one.store.add(user);
    await settle(one, two);

    one.store.disable(id, 5_000);
    two.store.setWay(id, "md5", false);
    await settle(one, two);
    for (const { store } of [one, two]) {
      expect(store.user(id)).toMatchObject({ disabledAtMs: 5_000, refusedWays: ["md5"] });
    }

    two.store.enable(id);
    two.store.setWay(id, "md5", true);
    await settle(two, one);
    for (const { store } of [one, two]) expect(store.user(id)).toEqual(user);
  });

  it("stay disabled when one node disables and another enables them while they cannot be told", async () => {
    const one = await started(true);
    const two = await started(true);
    one.store.add({ ...user, disabledAtMs: 1_000 });
    await settle(one, two);
    bucket.isAway = true;
    one.store.enable(id);
    one.store.disable(id, 9_000);
    two.store.enable(id);
    await settle(one, two);
    bucket.back();
    await settle(two, one, two);

    for (const { store } of [one, two]) expect(store.user(id)?.disabledAtMs).toBe(9_000);
    expect(told).toEqual([
      "changes wait until the other nodes can be told",
      "changes wait until the other nodes can be told",
      "the other nodes are told of changes again",
      "the other nodes are told of changes again",
    ]);
  });

  it("are disabled everywhere once the node starts at which that was done while it was stopped", async () => {
    const gateway = await started(false);
    const before = await started(true);
    before.store.add(user);
    await settle(before);
    await before.mirror.stop();
    before.store.disable(id, 6_000);

    await started(true, before.store);
    expect(gateway.store.user(id)?.disabledAtMs).toBe(6_000);
  });

  it("are not disabled again by a node that was stopped when they were enabled", async () => {
    const one = await started(true);
    const two = await started(true);
    one.store.add({ ...user, refusedWays: ["md5"] });
    await settle(one, two);
    one.store.disable(id, 6_000);
    await settle(one, two);
    await two.mirror.stop();
    one.store.enable(id);
    one.store.setWay(id, "md5", true);
    await settle(one);

    const again = await started(true, two.store);
    await settle(one, again);
    for (const { store } of [one, again]) expect(store.user(id)).toEqual(user);
  });

  it("are taken by a gateway as they are told, whatever somebody did to its own store", async () => {
    const engine = await started(true);
    const gateway = await started(false);
    engine.store.add({ ...user, disabledAtMs: 1_000 });
    await settle(engine);
    gateway.store.enable(id);
    await gateway.mirror.stop();

    await started(false, gateway.store);
    expect(gateway.store.user(id)?.disabledAtMs).toBe(1_000);
    expect(engine.store.user(id)?.disabledAtMs).toBe(1_000);
  });

  it("are left alone where a shared record is nonsense, which is told", async () => {
    const gateway = await started(false);
    const put = (key: string, text: string) => bucket.put(key, new TextEncoder().encode(text));
    await put("a", "{");
    await put("b", "null");
    await put("c", JSON.stringify({ record: { ...user, createdAtMs: "1" } }));
    await put("d", JSON.stringify({ record: user }));

    expect(gateway.store.count()).toBe(0);
    expect(told).toEqual(
      Array(4).fill(
        "a shared record is none that this release knows: a newer one may have written it",
      ),
    );
  });

  it("are pushed in the end although two nodes change all of them at once", async () => {
    const one = await started(true);
    const two = await started(true);
    const ids = Array.from({ length: 450 }, (_, at) => userRecord(String(at)));
    for (const record of ids) one.store.add(record);
    await settle(one, two);
    for (const record of ids) {
      one.store.disable(record.id, 2_000);
      two.store.setWay(record.id, "md5", false);
    }
    await Promise.all([one.mirror.look(), two.mirror.look()]);
    await settle(one, two);

    for (const { store } of [one, two]) {
      const wrong = store
        .users()
        .filter(({ disabledAtMs, refusedWays }) => disabledAtMs !== 2_000 || !refusedWays[0]);
      expect(wrong).toEqual([]);
    }
  });
});

describe("a door at a gateway", () => {
  it("closes the connections of a user who was disabled at an engine, and lets them in no more", async () => {
    const engine = await started(true);
    const gateway = await started(false);
    engine.store.add(user);
    await settle(engine);
    const tokens = new OneTimeTokens(secrets);
    const door = new TokenStreamDoor({ store: gateway.store, tokens, counts: ownCounts });
    const { token } = tokens.issue(id, 0);
    const closed: string[] = [];
    const admission = door.admit(token, { revoked: () => closed.push("revoked") }, 0);
    if (admission instanceof Promise || typeof admission === "string") throw new Error("not in");
    admission.confirm();

    engine.store.disable(id, 1_000);
    await settle(engine);
    expect(door.admit(tokens.issue(id, 0).token, { revoked: () => {} }, 0)).toBe("disabled-user");
    door.refresh(0);
    expect(closed).toEqual(["revoked"]);
  });

  it("closes the connections of a key that was revoked at an engine, and lets it in no more", async () => {
    const engine = await startedKeys(true);
    const gateway = await startedKeys(false);
    engine.store.ensureWorkspace("desk", 1_000);
    const hash = secrets.sha256Hex("a key");
    engine.store.addKey(keyRecord(hash));
    engine.store.setLimits("desk", { connectionsMax: 1 });
    await engine.look();
    const limits = { store: gateway.store, secrets, defaults: {}, onLimit: "refuse" as const };
    const door = new KeyDoorkeeper({ ...limits, counts: ownCounts });
    const closed: string[] = [];
    const events = { revoked: () => closed.push("revoked"), evicted: () => closed.push("evicted") };
    expect(door.admit("a key", events)).toMatchObject({ grant: { workspace: "desk" } });
    expect(door.admit("a key", events)).toBe("too-many-connections");

    engine.store.revokeKey(hash.slice(0, 8), 2_000);
    await engine.look();
    expect(door.admit("a key", events)).toBe("revoked-key");
    door.refresh(0);
    expect(closed).toEqual(["revoked"]);
  });
});

/** A node with a store of keys. */
async function startedKeys(pushes: boolean, store: KeyStore = openKeyStore(inMemory)) {
  const parts = { bucket, pushes, clock, log };
  const workspaces = new Mirror({
    kind: mirroredWorkspaces(store, secrets),
    ...parts,
    bucket: places,
  });
  const keys = new Mirror({ kind: mirroredKeys(store), ...parts });
  const look = async () => {
    await workspaces.look();
    await keys.look();
  };
  await Promise.all([workspaces.start(), keys.start()]);
  await look();
  return { store, look };
}

let places: MemoryBucket;
beforeEach(() => {
  places = new MemoryBucket();
});

describe("keys and workspaces of several nodes", () => {
  it("are the same at all of them; limits are those of who changed them", async () => {
    const one = await startedKeys(true);
    const two = await startedKeys(true);
    one.store.ensureWorkspace("Übung", 1_000);
    one.store.addKey(keyRecord("a", { workspace: "Übung", ingest: ["huobi"] }));
    two.store.ensureWorkspace("desk", 1_000);
    two.store.addKey(keyRecord("b", { label: "demo" }));
    for (const { look } of [one, two, one, two]) await look();
    one.store.setLimits("desk", { tickersMax: 5, datasets: ["huobi"] });
    two.store.revokeKey(keyRecord("a").id, 3_000);
    for (const { look } of [one, two, one, two]) await look();

    const gateway = await startedKeys(false);
    for (const { store } of [one, two, gateway]) {
      expect(store.keysBehind("", 10)).toEqual([
        keyRecord("a", { workspace: "Übung", ingest: ["huobi"], revokedAtMs: 3_000 }),
        keyRecord("b", { label: "demo" }),
      ]);
      const limits = store.workspace("desk")?.limits;
      expect([limits?.tickersMax, limits?.datasets]).toEqual([5, ["huobi"]]);
    }
  });

  it("are not taken where this node has another key of the same name, which is told", async () => {
    const one = await startedKeys(true);
    one.store.ensureWorkspace("desk", 1_000);
    one.store.addKey(keyRecord("a"));
    await one.look();
    const store = openKeyStore(inMemory);
    store.ensureWorkspace("desk", 1_000);
    store.addKey({ ...keyRecord("a"), hash: `${"a".padEnd(63, "0")}1` });
    await startedKeys(false, store);

    expect(told).toEqual([
      "a record of another node cannot be taken: this node has another one of its name",
    ]);
  });
});
