import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import { withMethods } from "../ports/key-store.contract.ts";
import type { KeyStore } from "../ports/key-store.ts";
import { admissionsMax, type LimitPolicy } from "./doorkeeper.ts";
import { createDoorkeeper, type PromptDoorkeeper } from "./doors.fixture.ts";
import type { AccessRefusal, Admission, AdmissionEvents, Grant } from "./grant.ts";
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

function doorkeeper(onLimit: LimitPolicy = "refuse"): PromptDoorkeeper {
  return createDoorkeeper({ store, secrets, defaults: defaultLimits, onLimit });
}

/** A connection that remembers what it was told. */
class Connection implements AdmissionEvents {
  readonly told: string[] = [];
  readonly admission: Admission | AccessRefusal;
  /** Also done when this connection is told something. */
  onTold: () => void = () => {};

  constructor(door: PromptDoorkeeper, key: string | undefined) {
    this.admission = door.admit(key, this, nowMs);
  }

  get isIn(): boolean {
    return typeof this.admission !== "string";
  }

  release(): void {
    if (typeof this.admission !== "string") this.admission.release();
  }

  revoked(): void {
    this.told.push("revoked");
    this.onTold();
  }

  evicted(): void {
    this.told.push("evicted");
    this.onTold();
  }
}

/** The grant, where one is expected. */
function granted(result: Grant | AccessRefusal): Grant {
  if (typeof result === "string") throw new Error(`refused: ${result}`);
  return result;
}

describe("the connections of a workspace", () => {
  it("are refused beyond three, however many ask at once and with whichever key", () => {
    const door = doorkeeper();
    const keys = [newKey("desk").key, newKey("desk").key];

    const connections = Array.from({ length: 10 }, (_, n) => new Connection(door, keys[n % 2]));

    expect(connections.map((connection) => connection.isIn)).toEqual([
      ...[true, true, true],
      ...new Array(7).fill(false),
    ]);
    expect(connections[9]?.admission).toBe("too-many-connections");
    expect(connections.flatMap((connection) => connection.told)).toEqual([]);
  });

  it("do not count for another workspace, nor do REST calls count as connections", () => {
    const door = doorkeeper();
    const { key } = newKey("desk");
    for (let n = 0; n < 3; n += 1) new Connection(door, key);

    expect(new Connection(door, newKey("other").key).isIn).toBe(true);
    granted(door.authenticate(key, nowMs));
  });

  it("make room when one is released, and only once for each", () => {
    const door = doorkeeper();
    const { key } = newKey("desk");
    const [first] = Array.from({ length: 3 }, () => new Connection(door, key));

    first?.release();
    first?.release();

    expect(new Connection(door, key).isIn).toBe(true);
    expect(new Connection(door, key).isIn).toBe(false);
    first?.release();
    expect(new Connection(door, key).isIn).toBe(false);
  });

  it.each([
    ["fewer", 1],
    ["more", 7],
    ["none", 0],
  ])("are as many as the workspace says when it says %s", (_, connectionsMax) => {
    const { key } = newKey("desk");
    store.setLimits("desk", { connectionsMax });

    for (const policy of ["refuse", "evict-oldest"] as const) {
      const door = doorkeeper(policy);
      const all = Array.from({ length: 10 }, () => new Connection(door, key));
      const open = all.filter((connection) => connection.isIn && connection.told.length === 0);

      expect(open).toHaveLength(connectionsMax);
    }
  });

  it("have an end over all workspaces, even without limits", () => {
    const { key, record } = newKey("desk");
    // The same record under two names, answered from memory so that 100,000 admissions are quick.
    let workspace = "desk";
    const quick = withMethods(store, {
      keyByHash: () => ({ ...record, workspace }),
      workspace: () => undefined,
    });
    const door = createDoorkeeper({ store: quick, secrets, defaults: {}, onLimit: "refuse" });
    const nobody: AdmissionEvents = { revoked: () => {}, evicted: () => {} };

    for (let n = 1; n < admissionsMax; n += 1) door.admit(key, nobody, nowMs);
    workspace = "other";
    const last = new Connection(door, key);

    expect(last.isIn).toBe(true);
    expect(new Connection(door, key).admission).toBe("too-many-connections");
    last.release();
    expect(new Connection(door, key).isIn).toBe(true);
  });

  it("keep their grant when the limits change, and new ones get the new limits", () => {
    const door = doorkeeper();
    const { key } = newKey("desk");
    const early = Array.from({ length: 3 }, () => new Connection(door, key));

    store.setLimits("desk", { connectionsMax: 1, tickersMax: 5 });
    door.refresh(nowMs);

    expect(early.flatMap((connection) => connection.told)).toEqual([]);
    expect(new Connection(door, key).isIn).toBe(false);
    for (const connection of early) connection.release();
    const late = new Connection(door, key).admission;
    expect(late).toMatchObject({ grant: { limits: { connectionsMax: 1, tickersMax: 5 } } });
    expect(early[0]?.admission).toMatchObject({ grant: { limits: { tickersMax: undefined } } });
  });
});

describe("evicting the oldest connection", () => {
  it("takes the place of the oldest at once and tells it", () => {
    const door = doorkeeper("evict-oldest");
    const { key } = newKey("desk");

    const connections = Array.from({ length: 5 }, () => new Connection(door, key));

    expect(connections.every((connection) => connection.isIn)).toBe(true);
    expect(connections.map((connection) => connection.told)).toEqual([
      ["evicted"],
      ["evicted"],
      [],
      [],
      [],
    ]);
  });

  it("gives no second place when an evicted connection is released, then or later", () => {
    const door = doorkeeper("evict-oldest");
    const { key } = newKey("desk");
    const [first, second] = Array.from({ length: 3 }, () => new Connection(door, key));
    if (first !== undefined) first.onTold = () => first.release();

    new Connection(door, key);
    first?.release();
    expect(second?.told).toEqual([]);
    new Connection(door, key);

    expect(second?.told).toEqual(["evicted"]);
  });

  it("counts right when another connection is released in the middle of it", () => {
    const door = doorkeeper("evict-oldest");
    const { key } = newKey("desk");
    const [first, second, third] = Array.from({ length: 3 }, () => new Connection(door, key));
    if (first !== undefined) first.onTold = () => third?.release();

    const fourth = new Connection(door, key);
    const fifth = new Connection(door, key);

    expect(first?.told).toEqual(["evicted"]);
    expect([second, third, fourth, fifth].flatMap((connection) => connection?.told)).toEqual([]);
    new Connection(door, key);
    expect(second?.told).toEqual(["evicted"]);
  });

  it("counts right when the evicted connection comes back in the middle of it", () => {
    const door = doorkeeper("evict-oldest");
    const { key } = newKey("desk");
    const all = Array.from({ length: 3 }, () => new Connection(door, key));
    const [first] = all;
    if (first !== undefined) {
      first.onTold = () => {
        first.onTold = () => {};
        all.push(new Connection(door, key));
      };
    }

    all.push(new Connection(door, key));

    expect(all.filter((connection) => connection.told.length === 0)).toHaveLength(3);
    expect(all.every((connection) => connection.told.length <= 1)).toBe(true);
  });

  it("evicts as many as it takes after the limit was lowered", () => {
    const door = doorkeeper("evict-oldest");
    const { key } = newKey("desk");
    const early = Array.from({ length: 3 }, () => new Connection(door, key));
    store.setLimits("desk", { connectionsMax: 2 });

    expect(new Connection(door, key).isIn).toBe(true);

    expect(early.map((connection) => connection.told.length)).toEqual([1, 1, 0]);
  });
});

describe("a key that is revoked while connected", () => {
  it("is told at the next refresh, once, and gives back its places", () => {
    const door = doorkeeper();
    const [bad, good] = [newKey("desk"), newKey("desk")];
    const badOnes = [new Connection(door, bad.key), new Connection(door, bad.key)];
    const goodOne = new Connection(door, good.key);

    revokeKey(store, { id: bad.record.id, nowMs });
    expect(badOnes.flatMap((connection) => connection.told)).toEqual([]);
    door.refresh(nowMs);
    door.refresh(nowMs);

    expect(badOnes.map((connection) => connection.told)).toEqual([["revoked"], ["revoked"]]);
    expect(goodOne.told).toEqual([]);
    const next = Array.from({ length: 3 }, () => new Connection(door, good.key).isIn);
    expect(next).toEqual([true, true, false]);
  });

  it("is not told when it had gone before", () => {
    const door = doorkeeper();
    const { key, record } = newKey("desk");
    const connection = new Connection(door, key);

    connection.release();
    revokeKey(store, { id: record.id, nowMs });
    door.refresh(nowMs);

    expect(connection.told).toEqual([]);
  });

  it("may be released, and release others, while it is told", () => {
    const door = doorkeeper();
    const { key, record } = newKey("desk");
    const connections = Array.from({ length: 3 }, () => new Connection(door, key));
    for (const connection of connections) {
      connection.onTold = () => {
        for (const other of connections) other.release();
      };
    }

    revokeKey(store, { id: record.id, nowMs });
    door.refresh(nowMs);

    expect(connections.map((connection) => connection.told)).toEqual(
      new Array(3).fill(["revoked"]),
    );
  });

  it("is looked for again when the store could not be read", () => {
    const { key, record } = newKey("desk");
    const state = { isBroken: false };
    const flaky = withMethods(store, {
      keyByHash: (hash) => {
        if (state.isBroken) throw new Error("disk");
        return store.keyByHash(hash);
      },
    });
    const door = createDoorkeeper({
      store: flaky,
      secrets,
      defaults: defaultLimits,
      onLimit: "refuse",
    });
    const connection = new Connection(door, key);
    revokeKey(store, { id: record.id, nowMs });

    state.isBroken = true;
    expect(() => door.refresh(nowMs)).toThrow("disk");
    state.isBroken = false;
    door.refresh(nowMs);

    expect(connection.told).toEqual(["revoked"]);
  });
});

describe("keys changed by another process", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "openbourse-doorkeeper-"));
    file = join(folder, "keys.db");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs statements in another process that has the store open as `store`. */
  function inAnotherProcess(statements: string): void {
    const storeModule = new URL("../adapters/sqlite/stores/key-store.ts", import.meta.url).href;
    const script = `import { openKeyStore } from ${JSON.stringify(storeModule)};
      const store = openKeyStore(${JSON.stringify(file)}); ${statements}; store.close();`;
    execFileSync(process.execPath, ["--input-type=module", "-e", script]);
  }

  it("are noticed: a revoked one is told and refused, a new one is let in, a missing one is told", () => {
    store.close();
    store = openKeyStore(file);
    const door = doorkeeper();
    const [revoked, deleted] = [newKey("desk"), newKey("desk")];
    const connections = [revoked, deleted].map(({ key }) => new Connection(door, key));
    const laterKey = secrets.randomHex(17);
    const laterHash = secrets.sha256Hex(laterKey);
    const later = { ...revoked.record, id: laterHash.slice(0, 8), hash: laterHash };

    inAnotherProcess(`store.revokeKey("${revoked.record.id}", ${nowMs});
      store.addKey(${JSON.stringify(later)})`);
    const restored = new DatabaseSync(file);
    restored.exec(`DELETE FROM api_key WHERE id = '${deleted.record.id}'`);
    restored.close();
    door.refresh(nowMs);

    expect(connections.map((connection) => connection.told)).toEqual([["revoked"], ["revoked"]]);
    expect(door.authenticate(revoked.key, nowMs)).toBe("revoked-key");
    expect(door.authenticate(deleted.key, nowMs)).toBe("unknown-key");
    expect(granted(door.authenticate(laterKey, nowMs)).keyId).toBe(later.id);
  });
});
