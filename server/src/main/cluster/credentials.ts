/** Who a node is for the NATS servers, as it is configured. */
import { accessSync, constants } from "node:fs";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import { wordsOf } from "../../core/words-of.ts";
import { StartError } from "../../ports/start-error.ts";

/** One way to be let in. */
export type Credentials =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string };

/** The one way to be let in that is configured; undefined where there is none. A `StartError` says what does not fit. */
export function credentialsOf(config: ClusterConfig): Credentials | undefined {
  const { user, password, token, credentialsFile } = config;
  const given = Object.entries({ user, token, credentialsFile }).filter(([, text]) => text);
  if (given.length > 1) {
    const names = given.map(([name]) => `cluster.${name}`).join(" and ");
    throw new StartError(`${names} exclude each other: give one of them`);
  }
  if (credentialsFile !== undefined) return { kind: "file", path: credentialsFile } as const;
  if (token !== undefined) return { kind: "token", token } as const;
  if (user === undefined) {
    if (password !== undefined) throw new StartError("cluster.password needs cluster.user");
    return undefined;
  }
  if (password === undefined) throw new StartError("cluster.user needs cluster.password");
  return { kind: "password", user, password } as const;
}

/** Refuses files that the configuration names and that cannot be read. */
export function refuseUnreadable({ credentialsFile, tls }: ClusterConfig): void {
  const files = { credentialsFile, "tls.ca": tls?.ca, "tls.cert": tls?.cert, "tls.key": tls?.key };
  for (const [name, path] of Object.entries(files)) {
    if (path === undefined) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      throw new StartError(`cluster.${name} cannot be read: ${wordsOf(error)}`);
    }
  }
}
