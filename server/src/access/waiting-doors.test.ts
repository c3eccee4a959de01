import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { inMemory } from "../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import type { KeyStore } from "../ports/key-store.ts";
import type { StreamTokens } from "../ports/stream-tokens.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import type { UserStore } from "../ports/user-store.ts";
import { KeyDoorkeeper, type LimitPolicy } from "./doorkeeper.ts";
import { made as issued } from "./doors.fixture.ts";
import { createKey, revokeKey } from "./keys.ts";
import { OneTimeTokens } from "./one-time-tokens.ts";
import { ownCounts } from "./own-counts.ts";
import { TokenStreamDoor } from "./stream-door.ts";
import { disableUser, identityOf } from "./users.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_000_000;
const nobody = { revoked() {}, evicted() {} };

/** The counts of one process, answering as those of several would: later. */
const laterCounts: AdmissionCounts = {
  connections(name, allMax) {
    const counts = ownCounts.connections(name, allMax);
    return { take: async (owner, max) => counts.take(owner, max) };
  },
  quota(name) {
    const quota = ownCounts.quota(name);
    return {
      take: async (caller, max, at) => quota.take(caller, max, at),
      count: async (caller, at) => quota.count(caller, at),
      refresh: (at) => quota.refresh(at),
    };
  },
};

/** Tokens that others hold. */
function laterTokens(): StreamTokens {
  const tokens = new OneTimeTokens(secrets);
  return {
    issue: async (userId, at) => tokens.issue(userId, at),
    claim: async (token, at) => tokens.claim(token, at),
    sweep: (at) => tokens.sweep(at),
  };
}

describe("a stream door that has to ask others", () => {
  let store: UserStore;
  const user = identityOf(userRecord("1"));
  beforeEach(() => {
    store = openUserStore(inMemory);
    store.add(userRecord("1"));
  });
  afterEach(() => store.close());

  function door(options: { connectionsPerUserMax?: number } = {}) {
    return new TokenStreamDoor({
      ...{ store, tokens: laterTokens(), counts: laterCounts, ...options },
    });
  }

  it("lets one of two in that show a token at the same time", async () => {
    const made = door();
    const { token } = issued(await made.issueToken(user, nowMs));
    const both = await Promise.all([
      made.admit(token, nobody, nowMs),
      made.admit(token, nobody, nowMs),
    ]);
    expect(both.filter((result) => result === "unknown-token")).toHaveLength(1);
    expect(both.filter((result) => typeof result === "object")).toHaveLength(1);
  });

  it("refuses a user who is disabled while it waits, and gives back what it took", async () => {
    const made = door({ connectionsPerUserMax: 1 });
    const { token } = issued(await made.issueToken(user, nowMs));
    const asked = made.admit(token, nobody, nowMs);
    disableUser(store, { id: user.userId, nowMs });
    expect(await asked).toBe("disabled-user");
    store.enable(user.userId);
    expect(await made.admit(token, nobody, nowMs)).toMatchObject({ identity: user });
  });

  it("refuses a user who is disabled while its place is asked for, and has the place again", async () => {
    const disabling: AdmissionCounts = {
      ...laterCounts,
      quota: () => ({
        async take() {
          disableUser(store, { id: user.userId, nowMs });
          return true;
        },
        count: () => 0,
        refresh() {},
      }),
    };
    const made = new TokenStreamDoor({
      ...{ store, tokens: laterTokens(), counts: disabling, connectionsPerUserMax: 1 },
    });
    const { token } = issued(await made.issueToken(user, nowMs));
    expect(await made.admit(token, nobody, nowMs)).toBe("disabled-user");
    store.enable(user.userId);
    expect(await made.admit(token, nobody, nowMs)).toBe("disabled-user");
  });

  it("uses no token up where there is no place, and has the place again that was given back", async () => {
    const made = door({ connectionsPerUserMax: 1 });
    const [first, second] = [
      issued(await made.issueToken(user, nowMs)),
      issued(await made.issueToken(user, nowMs)),
    ];
    const admission = await made.admit(first.token, nobody, nowMs);
    expect(await made.admit(second.token, nobody, nowMs)).toBe("too-many-connections");
    if (typeof admission === "string") throw new Error(admission);
    admission.release();
    expect(await made.admit(second.token, nobody, nowMs)).toMatchObject({ identity: user });
  });
});

describe("a doorkeeper that has to ask others", () => {
  let store: KeyStore;
  beforeEach(() => {
    store = openKeyStore(inMemory);
  });
  afterEach(() => store.close());

  function house(onLimit: LimitPolicy) {
    const made = createKey(store, secrets, { workspace: "desk", label: "", nowMs });
    if (typeof made === "string") throw new Error(made);
    const defaults = { connectionsMax: 1, restCallsPerMinuteMax: 1 };
    const door = new KeyDoorkeeper({ store, secrets, defaults, onLimit, counts: laterCounts });
    return { door, ...made };
  }

  it("lets as many in at the same time as there are places", async () => {
    const { door, key } = house("refuse");
    const both = await Promise.all([door.admit(key, nobody), door.admit(key, nobody)]);
    expect(both.filter((result) => result === "too-many-connections")).toHaveLength(1);
    const calls = [door.authenticate(key, nowMs), door.authenticate(key, nowMs)];
    expect((await Promise.all(calls)).filter((result) => result === "too-many-calls")).toHaveLength(
      1,
    );
  });

  it("lets the oldest go for a newer one, and tells it once", async () => {
    const { door, key } = house("evict-oldest");
    const told: string[] = [];
    await door.admit(key, { ...nobody, evicted: () => told.push("evicted") });
    expect(typeof (await door.admit(key, nobody))).toBe("object");
    expect(told).toEqual(["evicted"]);
  });

  it("refuses a key that is revoked while it waits, and gives its place back", async () => {
    const { door, key, record } = house("refuse");
    const asked = door.admit(key, nobody);
    revokeKey(store, { id: record.id, nowMs });
    expect(await asked).toBe("revoked-key");
    store.reinstateKey(record.id);
    expect(typeof (await door.admit(key, nobody))).toBe("object");
  });
});
