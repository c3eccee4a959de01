import fc from "fast-check";
import { expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../adapters/sqlite/stores/key-store.ts";
import type { KeyStore } from "../ports/key-store.ts";
import type { LimitPolicy } from "./doorkeeper.ts";
import { createDoorkeeper, type PromptDoorkeeper } from "./doors.fixture.ts";
import { createKey, type NewKey, revokeKey } from "./keys.ts";

const secrets = systemSecrets();
const connectionsMax = 3;
/** Workspace of each key. */
const workspaces = ["one", "one", "two", "two"];

type Step =
  | { readonly kind: "admit"; readonly key: number }
  | { readonly kind: "release"; readonly connection: number }
  | { readonly kind: "revoke"; readonly key: number }
  | { readonly kind: "refresh" };

const key = fc.nat({ max: workspaces.length - 1 });
const admit = fc.record({ kind: fc.constant("admit" as const), key });
const release = fc.record({ kind: fc.constant("release" as const), connection: fc.nat(30) });
const revoke = fc.record({ kind: fc.constant("revoke" as const), key });
const refresh = fc.constant({ kind: "refresh" as const });
const scripts: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: admit },
    { weight: 5, arbitrary: release },
    { weight: 1, arbitrary: revoke },
    { weight: 1, arbitrary: refresh },
  ),
  { maxLength: 60 },
);

/** A connection in the plain list. */
interface Listed {
  readonly key: number;
  readonly told: string[];
  readonly release: () => void;
  isOpen: boolean;
}

/** The doorkeeper beside a plain list of connections that says what it has to answer. */
class Twins {
  readonly #store: KeyStore;
  readonly #door: PromptDoorkeeper;
  readonly #policy: LimitPolicy;
  readonly #keys: readonly NewKey[];
  readonly #revoked = new Set<number>();
  readonly #list: Listed[] = [];

  constructor(store: KeyStore, policy: LimitPolicy) {
    this.#store = store;
    this.#policy = policy;
    this.#keys = workspaces.map((workspace) => {
      const made = createKey(store, secrets, { workspace, label: "", nowMs: 0 });
      if (typeof made === "string") throw new Error(made);
      return made;
    });
    const defaults = { connectionsMax };
    this.#door = createDoorkeeper({ store, secrets, defaults, onLimit: policy });
  }

  take(step: Step): void {
    switch (step.kind) {
      case "admit":
        this.#admit(step.key);
        break;
      case "release":
        this.#release(this.#list[step.connection % Math.max(1, this.#list.length)]);
        break;
      case "revoke":
        this.#revoked.add(step.key);
        revokeKey(this.#store, { id: this.#keys[step.key]?.record.id ?? "", nowMs: 1 });
        break;
      case "refresh":
        this.#refresh();
        break;
    }
  }

  /** Nobody open has been told anything, and nobody was told twice. */
  check(): void {
    for (const { isOpen, told } of this.#list) {
      expect(told.length).toBeLessThanOrEqual(isOpen ? 0 : 1);
    }
  }

  #admit(key: number): void {
    const told: string[] = [];
    const events = { revoked: () => told.push("revoked"), evicted: () => told.push("evicted") };
    const result = this.#door.admit(this.#keys[key]?.key, events, 0);

    const expected = this.#expectedRefusal(key);
    if (expected !== undefined || typeof result === "string") {
      expect(result).toBe(expected);
      return;
    }
    const open = this.#openBeside(key);
    if (open.length === connectionsMax) {
      expect(open[0]?.told).toEqual(["evicted"]);
      if (open[0] !== undefined) open[0].isOpen = false;
    }
    this.#list.push({ key, told, release: () => result.release(), isOpen: true });
  }

  #expectedRefusal(key: number): string | undefined {
    if (this.#revoked.has(key)) return "revoked-key";
    const isFull = this.#openBeside(key).length === connectionsMax;
    return isFull && this.#policy === "refuse" ? "too-many-connections" : undefined;
  }

  #openBeside(key: number): readonly Listed[] {
    return this.#list.filter((one) => one.isOpen && workspaces[one.key] === workspaces[key]);
  }

  #release(connection: Listed | undefined): void {
    if (connection === undefined) return;
    connection.release();
    connection.isOpen = false;
  }

  #refresh(): void {
    this.#door.refresh(0);
    for (const connection of this.#list) {
      if (!connection.isOpen || !this.#revoked.has(connection.key)) continue;
      expect(connection.told).toEqual(["revoked"]);
      connection.isOpen = false;
    }
  }
}

it.each(["refuse", "evict-oldest"] as const)(
  "a doorkeeper that has to %s answers exactly as a plain list of connections would",
  (policy) => {
    fc.assert(
      fc.property(scripts, (script) => {
        const store = openKeyStore(inMemory);
        try {
          const twins = new Twins(store, policy);
          for (const step of script) {
            twins.take(step);
            twins.check();
          }
        } finally {
          store.close();
        }
      }),
      { numRuns: rounds(60, 150) },
    );
  },
);
