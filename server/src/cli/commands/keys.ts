/** `keys create|list|revoke`: they work on the data folder, whether a server runs on it or not. */
import { createKey, type KeyRefusal, listKeys, revokeKey } from "../../access/keys.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import { print, refuse, withKeyStore } from "./key-store.ts";

const refusals: Readonly<Record<KeyRefusal, string>> = {
  "invalid-workspace":
    "a workspace name is 1 to 63 of a-z, 0-9, dot, dash and underscore, and begins with a letter or digit",
  "invalid-ingest": "a dataset to push to is named by its code, at most a hundred of them",
  "invalid-label": "a label has at most 64 printable characters",
  "too-many-workspaces": "this data folder holds as many workspaces as it can",
  "too-many-keys": "this workspace holds as many keys as it can",
};

/** Makes a key and prints it, this once. */
export function createKeyCommand(
  input: ConfigInput,
  options: {
    readonly workspace: string;
    readonly label: string;
    /** Codes of datasets, with commas between them. */
    readonly ingest?: string;
    readonly json?: true;
  },
): Promise<number> {
  const { workspace, label } = options;
  const ingest = options.ingest?.split(",").map((code) => code.trim());
  const task = (store: KeyStore) => {
    const made = createKey(store, systemSecrets(), { workspace, label, ingest, nowMs: Date.now() });
    if (typeof made === "string") return refuse(refusals[made]);
    const { id } = made.record;
    print(
      options.json === true
        ? JSON.stringify({ key: made.key, id, workspace, label, ingest })
        : `${made.key}\nThis is key ${id} of workspace ${workspace}. It is not stored: keep it now.`,
    );
    return { action: "create-key", fields: { key: id, workspace, label } };
  };
  return withKeyStore(input, task, { mayBegin: true });
}

/** Lists keys, newest first. */
export function listKeysCommand(
  input: ConfigInput,
  options: { readonly workspace?: string; readonly json?: true },
): Promise<number> {
  return withKeyStore(input, (store) => {
    const keys = listKeys(store, options.workspace);
    if (keys === "unknown-workspace") return refuse(`there is no workspace ${options.workspace}`);
    if (options.json === true) {
      print(JSON.stringify(keys));
      return 0;
    }
    for (const key of keys) {
      const created = new Date(key.createdAtMs).toISOString();
      const state = key.revokedAtMs === undefined ? "good" : "revoked";
      const scope = key.ingest === undefined ? "" : `pushes to ${key.ingest.join(", ")}`;
      const cells = [key.id, state.padEnd(7), created, key.workspace, key.label, scope];
      print(cells.join("  ").trimEnd());
    }
    return 0;
  });
}

/** Revokes one key. */
export function revokeKeyCommand(
  input: ConfigInput,
  options: { readonly id: string; readonly json?: true | undefined },
): Promise<number> {
  return withKeyStore(input, (store) => {
    const revoked = revokeKey(store, { id: options.id, nowMs: Date.now() });
    if (revoked === "unknown-key") return refuse(`there is no key ${options.id}: see keys list`);
    if (revoked === "already-revoked") return refuse(`key ${options.id} was revoked before`);
    print(options.json === true ? JSON.stringify(revoked) : `key ${options.id} is revoked`);
    return { action: "revoke-key", fields: { key: options.id, workspace: revoked.workspace } };
  });
}
