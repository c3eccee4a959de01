/**
 * NATS servers that know their users by signed credentials, as `nsc` makes them, without it: an operator who vouches for one
 * account, and the account for its users.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";

type Pair = ReturnType<typeof nkeys.createUser>;

/** What a user may do; everything when left out. */
export interface UserPermissions {
  readonly pub?: { readonly allow: readonly string[] };
  readonly sub?: { readonly allow: readonly string[] };
}

const unlimited = {
  ...{ subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1 },
  ...{ wildcards: true, mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
};

/** Who signs. */
export class NatsOperator {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();
  readonly #system = nkeys.createAccount();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A configuration of a server that lets in whom this operator's account has signed; its path. */
  configuration(): string {
    const operator = this.#operator;
    const account = (name: string, of: Pair, limits: object) =>
      signed(operator, { name, sub: of.getPublicKey(), nats: { type: "account", limits } });
    const system = this.#system.getPublicKey();
    const own = signed(operator, {
      ...{ name: "operator", sub: operator.getPublicKey() },
      nats: { type: "operator", system_account: system },
    });
    const accounts = [
      `${this.#account.getPublicKey()}: ${account("OPENBOURSE", this.#account, unlimited)}`,
      `${system}: ${account("SYS", this.#system, { ...unlimited, disk_storage: 0, mem_storage: 0 })}`,
    ];
    const path = join(this.#folder, "operator.conf");
    writeFileSync(
      path,
      [
        `operator: ${own}`,
        `system_account: ${system}`,
        "resolver: MEMORY",
        `resolver_preload: {\n${accounts.join("\n")}\n}`,
        "",
      ].join("\n"),
    );
    return path;
  }

  /** A credentials file of a user; its path and the secret in it. `by` is who vouches: the account, or a stranger. */
  credentials(
    name: string,
    { permissions = {}, by = "account" as "account" | "stranger", expiresS = 0 } = {},
  ): { readonly path: string; readonly seed: string } {
    const user = nkeys.createUser();
    const signer = by === "account" ? this.#account : nkeys.createAccount();
    const jwt = signed(signer, {
      ...{ name, sub: user.getPublicKey() },
      ...(expiresS === 0 ? {} : { exp: expiresS }),
      nats: { type: "user", ...permissions, subs: -1, data: -1, payload: -1 },
    });
    const seed = new TextDecoder().decode(user.getSeed());
    const path = join(this.#folder, `${name}.creds`);
    const section = (kind: string, text: string) =>
      `-----BEGIN ${kind}-----\n${text}\n------END ${kind}------\n`;
    writeFileSync(path, `${section("NATS USER JWT", jwt)}\n${section("USER NKEY SEED", seed)}`, {
      mode: 0o600,
    });
    return { path, seed };
  }
}

/** Claims as NATS signs them. */
function signed(
  by: Pair,
  { nats, ...claims }: { readonly nats: object; readonly [name: string]: unknown },
): string {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = base64({ typ: "JWT", alg: "ed25519-nkey" });
  const issued = { jti: randomUUID(), iat: Math.floor(Date.now() / 1_000), iss: by.getPublicKey() };
  const text = `${header}.${base64({ ...issued, ...claims, nats: { ...nats, version: 2 } })}`;
  return `${text}.${Buffer.from(by.sign(new TextEncoder().encode(text))).toString("base64url")}`;
}
