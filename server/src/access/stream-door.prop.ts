import fc from "fast-check";
import { expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory } from "../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import type { UserStore } from "../ports/user-store.ts";
import { createStreamDoor, type PromptStreamDoor } from "./doors.fixture.ts";
import type { StreamAdmission } from "./identity.ts";
import { tokenLifeMs } from "./one-time-tokens.ts";
import { disableUser, identityOf } from "./users.ts";

const secrets = systemSecrets();
const connectionsPerUserMax = 3;
const newConnectionsPerMinuteMax = 6;
const minuteMs = 60_000;
const users = [userRecord("1"), userRecord("2")];

type Step =
  | { readonly kind: "issue"; readonly user: number }
  | { readonly kind: "admit"; readonly token: number }
  | { readonly kind: "confirm" | "release"; readonly connection: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "disable"; readonly user: number }
  | { readonly kind: "refresh" };

const user = fc.nat({ max: users.length - 1 });
const pick = fc.nat(40);
const waits = fc.constantFrom(1, 1_000, minuteMs, tokenLifeMs - 1, tokenLifeMs);
const scripts: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("issue" as const), user }) },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant("admit" as const), token: pick }) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constantFrom("confirm" as const, "release" as const),
        connection: pick,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: waits }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("disable" as const), user }) },
    { weight: 2, arbitrary: fc.constant({ kind: "refresh" as const }) },
  ),
  { maxLength: 80 },
);

interface Token {
  readonly text: string;
  readonly user: number;
  readonly issuedAtMs: number;
  state: "unused" | "set-aside" | "used";
}

interface Connection {
  readonly token: Token;
  readonly admission: StreamAdmission;
  state: "opening" | "open" | "gone";
  told: number;
}

/** The door beside plain lists of tokens and connections that say what it has to answer. */
class Twins {
  readonly #store: UserStore;
  readonly #door: PromptStreamDoor;
  readonly #tokens: Token[] = [];
  readonly #connections: Connection[] = [];
  readonly #admittedAt: { readonly user: number; readonly minute: number }[] = [];
  readonly #disabled = new Set<number>();
  #nowMs = 1_700_000_000_000;

  constructor(store: UserStore) {
    this.#store = store;
    for (const record of users) store.add(record);
    const options = { connectionsPerUserMax, newConnectionsPerMinuteMax };
    this.#door = createStreamDoor({ store, secrets, ...options });
  }

  take(step: Step): void {
    switch (step.kind) {
      case "issue":
        this.#issue(step.user);
        break;
      case "admit":
        this.#admit(this.#tokens[step.token % Math.max(1, this.#tokens.length)]);
        break;
      case "confirm":
      case "release":
        this.#end(
          step.kind,
          this.#connections[step.connection % Math.max(1, this.#connections.length)],
        );
        break;
      case "wait":
        this.#nowMs += step.ms;
        break;
      case "disable":
        this.#disabled.add(step.user);
        disableUser(this.#store, { id: users[step.user]?.id ?? "", nowMs: this.#nowMs });
        break;
      case "refresh":
        this.#refresh();
        break;
    }
  }

  #issue(user: number): void {
    const record = users[user];
    if (record === undefined) return;
    const { token } = this.#door.issueToken(identityOf(record), this.#nowMs);
    this.#tokens.push({ text: token, user, issuedAtMs: this.#nowMs, state: "unused" });
  }

  #admit(token: Token | undefined): void {
    if (token === undefined) return;
    const events = {
      revoked: () => {
        connection.told += 1;
      },
    };
    const result = this.#door.admit(token.text, events, this.#nowMs);
    const expected = this.#expectedRefusals(token);
    if (typeof result === "string" || expected.length > 0) {
      expect(expected).toContain(result);
      return;
    }
    expect(result.identity?.userId).toBe(users[token.user]?.id);
    token.state = "set-aside";
    this.#admittedAt.push({ user: token.user, minute: this.#minute() });
    const connection: Connection = { token, admission: result, state: "opening", told: 0 };
    this.#connections.push(connection);
  }

  /** What may be answered; an expired token may be forgotten or not yet. */
  #expectedRefusals({ state, issuedAtMs, user }: Token): readonly string[] {
    if (state !== "unused") return ["unknown-token"];
    if (this.#nowMs >= issuedAtMs + tokenLifeMs) return ["expired-token", "unknown-token"];
    if (this.#disabled.has(user)) return ["disabled-user"];
    const open = this.#connections.filter((one) => one.token.user === user && one.state !== "gone");
    if (open.length >= connectionsPerUserMax) return ["too-many-connections"];
    const minute = this.#minute();
    const recent = this.#admittedAt.filter((one) => one.user === user && one.minute === minute);
    return recent.length >= newConnectionsPerMinuteMax ? ["too-many-new-connections"] : [];
  }

  #minute(): number {
    return Math.floor(this.#nowMs / minuteMs);
  }

  #end(kind: "confirm" | "release", connection: Connection | undefined): void {
    if (connection === undefined) return;
    connection.admission[kind]();
    if (kind === "release") this.#gone(connection);
    else if (connection.state === "opening") {
      connection.state = "open";
      connection.token.state = "used";
    }
  }

  #gone(connection: Connection): void {
    if (connection.state === "opening") connection.token.state = "unused";
    connection.state = "gone";
  }

  #refresh(): void {
    const before = this.#connections.map(({ told }) => told);
    this.#door.refresh(this.#nowMs);
    this.#connections.forEach((connection, index) => {
      const isTold = connection.state !== "gone" && this.#disabled.has(connection.token.user);
      expect(connection.told - (before[index] ?? 0)).toBe(isTold ? 1 : 0);
      if (isTold) this.#gone(connection);
    });
  }
}

it("a stream door answers exactly as plain lists of tokens and connections would", () => {
  fc.assert(
    fc.property(scripts, (script) => {
      const store = openUserStore(inMemory);
      try {
        const twins = new Twins(store);
        for (const step of script) twins.take(step);
      } finally {
        store.close();
      }
    }),
    { numRuns: rounds(200, 1_000) },
  );
});
