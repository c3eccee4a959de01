import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { withMethods } from "../ports/key-store.contract.ts";
import type { KeyStore } from "../ports/key-store.ts";
import { keyLengthMax } from "./doorkeeper.ts";
import { createDoorkeeper, type PromptDoorkeeper } from "./doors.fixture.ts";
import type { AccessRefusal, AdmissionEvents, Grant } from "./grant.ts";
import { createKey, type NewKey, revokeKey } from "./keys.ts";
import { defaultLimits } from "./limits.fixture.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_000_000;

let store: KeyStore;
beforeEach(() => {
  store = openKeyStore(inMemory);
});
afterEach(() => store.close());

function newKey(workspace: string): NewKey {
  const made = createKey(store, secrets, { workspace, label: "", nowMs });
  if (typeof made === "string") throw new Error(made);
  return made;
}

function doorkeeper(): PromptDoorkeeper {
  return createDoorkeeper({ store, secrets, defaults: defaultLimits, onLimit: "refuse" });
}

/** The grant, where one is expected. */
function granted(result: Grant | AccessRefusal): Grant {
  if (typeof result === "string") throw new Error(`refused: ${result}`);
  return result;
}

const nobody: AdmissionEvents = { revoked: () => {}, evicted: () => {} };

describe("a doorkeeper", () => {
  it("lets a good key in and says what it may do", () => {
    const { key, record } = newKey("desk");

    const grant = granted(doorkeeper().authenticate(key, nowMs));

    expect(grant).toMatchObject({ workspace: "desk", keyId: record.id, limits: defaultLimits });
    expect(grant.mayUse("huobi")).toBe(true);
    expect(JSON.stringify(grant)).not.toContain(key);
  });

  const badKeys: readonly [string, (good: string) => string | undefined, AccessRefusal][] = [
    ["no key", () => undefined, "missing-key"],
    ["an empty key", () => "", "missing-key"],
    ["another key", () => "f".repeat(34), "unknown-key"],
    ["a key with a digit too few", (good) => good.slice(1), "unknown-key"],
    ["a key with a digit too many", (good) => `${good}0`, "unknown-key"],
    ["a key with a blank", (good) => ` ${good}`, "unknown-key"],
    ["a key in upper case", (good) => `${good}x`.toUpperCase(), "unknown-key"],
    ["the hash of a key", (good) => secrets.sha256Hex(good), "unknown-key"],
    ["the id of a key", (good) => secrets.sha256Hex(good).slice(0, 8), "unknown-key"],
    ["a pattern", () => "%", "unknown-key"],
    ["a very long text", () => "0".repeat(keyLengthMax + 1), "unknown-key"],
    ["half a character", () => "\ud800", "unknown-key"],
  ];
  it.each(badKeys)("refuses %s", (_, bad, refusal) => {
    const door = doorkeeper();
    const presented = bad(newKey("desk").key);

    expect(door.authenticate(presented, nowMs)).toBe(refusal);
    expect(door.admit(presented, nobody, nowMs)).toBe(refusal);
  });

  it("does not even hash a text that is too long to be a key", () => {
    const hashed: string[] = [];
    const sha256Hex = (text: string): string => {
      hashed.push(text);
      return secrets.sha256Hex(text);
    };
    const door = createDoorkeeper({
      store,
      secrets: { ...secrets, sha256Hex },
      defaults: defaultLimits,
      onLimit: "refuse",
    });

    door.authenticate("0".repeat(keyLengthMax + 1), nowMs);
    expect(hashed).toEqual([]);
    door.authenticate("0".repeat(keyLengthMax), nowMs);
    expect(hashed).toHaveLength(1);
  });

  it("refuses a revoked key from the moment it is revoked, without waiting for a refresh", () => {
    const door = doorkeeper();
    const { key, record } = newKey("desk");
    granted(door.authenticate(key, nowMs));

    revokeKey(store, { id: record.id, nowMs });

    expect(door.authenticate(key, nowMs)).toBe("revoked-key");
    expect(door.admit(key, nobody, nowMs)).toBe("revoked-key");
  });

  it("opens the datasets of the workspace only", () => {
    const { key } = newKey("desk");
    store.setLimits("desk", { datasets: ["huobi", "forex"] });

    const grant = granted(doorkeeper().authenticate(key, nowMs));

    expect(["huobi", "forex", "sip", "", "Huobi"].filter(grant.mayUse)).toEqual(["huobi", "forex"]);
  });

  it("does not trust a store that finds the wrong record", () => {
    const { record } = newKey("desk");
    const confused = withMethods(store, { keyByHash: () => record });
    const door = createDoorkeeper({
      store: confused,
      secrets,
      defaults: defaultLimits,
      onLimit: "refuse",
    });

    expect(door.authenticate("anything", nowMs)).toBe("unknown-key");
  });
});

describe("REST calls", () => {
  it("are refused beyond the workspace's limit until the next minute, over all its keys", () => {
    const door = doorkeeper();
    const keys = [newKey("desk").key, newKey("desk").key];
    store.setLimits("desk", { restCallsPerMinuteMax: 4 });
    const startMs = Math.ceil(nowMs / 60_000) * 60_000;

    const inMinute = Array.from({ length: 6 }, (_, n) =>
      door.authenticate(keys[n % 2], startMs + n),
    );
    expect(inMinute.map((result) => typeof result)).toEqual([
      ...new Array(4).fill("object"),
      ...new Array(2).fill("string"),
    ]);
    expect(inMinute[5]).toBe("too-many-calls");
    door.refresh(startMs + 59_999);
    expect(door.authenticate(keys[0], startMs + 59_999)).toBe("too-many-calls");
    granted(door.authenticate(keys[0], startMs + 60_000));
  });

  it("with a bad key do not use up anybody's calls", () => {
    const door = doorkeeper();
    const { key } = newKey("desk");
    store.setLimits("desk", { restCallsPerMinuteMax: 1 });

    for (let n = 0; n < 5; n += 1) door.authenticate("bad", nowMs);

    granted(door.authenticate(key, nowMs));
  });
});
