/**
 * API keys: making, listing and revoking them, shared by the server and the command line. The text
 * of a key is handed out once and never stored; only its hash is.
 */
import { assert } from "../core/assert.ts";
import type { KeyRecord, KeyStore } from "../ports/key-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import { validLabel } from "./label.ts";

/** Most workspaces of one store. */
export const workspacesMax = 10_000;

/** Most keys of one workspace; revoked keys count too, because they stay on record. */
export const keysPerWorkspaceMax = 10_000;

/** Most datasets that one key may push to. */
export const ingestDatasetsMax = 100;

/** Name of the workspace, and label of the key, that a new data folder starts with. */
export const demoName = "demo";

/** Hex digits of a key's hash that make its public id. */
const idLength = 8;

/**
 * Random bytes of a key: 34 hex digits, which is the shape that clients know (32 hex digits and two
 * more lower-case letters or digits, docs/protocols/finazon) with all of its 136 bits random.
 */
const keyBytes = 17;

/** How often a key is drawn again when its id is taken; one draw in 400,000 at the most meets that. */
const drawsMax = 5;

const workspacePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Why no key was made. */
export type KeyRefusal =
  /** Not 1 to 63 of `a-z 0-9 . _ -`, beginning with a letter or digit. */
  | "invalid-workspace"
  /** Longer than a label may be, or not all printable. */
  | "invalid-label"
  /** A dataset to push to is no code of one, or there are more than {@link ingestDatasetsMax}. */
  | "invalid-ingest"
  /** The store holds {@link workspacesMax} workspaces. */
  | "too-many-workspaces"
  /** The workspace holds {@link keysPerWorkspaceMax} keys. */
  | "too-many-keys";

/** A key that was just made. */
export interface NewKey {
  /** The secret itself. It cannot be shown again later. */
  readonly key: string;
  readonly record: KeyRecord;
}

/** What to make a key with. */
export interface KeyOrder {
  /** The workspace is made when it is new. */
  readonly workspace: string;
  readonly label: string;
  /** Datasets that the key may push to, and then it opens nothing else; by default it reads. */
  readonly ingest?: readonly string[] | undefined;
  readonly nowMs: number;
}

/** A key as it may be shown to an operator. */
export type KeySummary = Omit<KeyRecord, "hash">;

/**
 * Hash under which a key is stored. A plain SHA-256 is enough: a key is 136 random bits, so there is
 * nothing to guess that a slow, salted function would make dearer.
 */
export function hashKey(secrets: Secrets, key: string): string {
  return secrets.sha256Hex(key);
}

/** Makes a key for a workspace. */
export function createKey(store: KeyStore, secrets: Secrets, order: KeyOrder): NewKey | KeyRefusal {
  const refusal = refuseOrder(store, order);
  if (refusal !== undefined) return refusal;

  store.ensureWorkspace(order.workspace, order.nowMs);
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const key = secrets.randomHex(keyBytes);
    const record = recordOf(hashKey(secrets, key), order);
    if (store.addKey(record)) return { key, record };
  }
  assert(false, "a random key id is free");
}

/** All keys, newest first, without their hashes; of one workspace when named. */
export function listKeys(
  store: KeyStore,
  workspace?: string,
): readonly KeySummary[] | "unknown-workspace" {
  if (workspace !== undefined && store.workspace(workspace) === undefined) {
    return "unknown-workspace";
  }
  return store.keys(workspace).map(summarise);
}

/** Revokes the key with this public id; connections that use it are closed at the next refresh. */
export function revokeKey(
  store: KeyStore,
  order: { readonly id: string; readonly nowMs: number },
): KeySummary | "unknown-key" | "already-revoked" {
  const revokedNow = store.revokeKey(order.id, order.nowMs);
  const record = store.keys().find((candidate) => candidate.id === order.id);
  if (record === undefined) return "unknown-key";
  return revokedNow ? summarise(record) : "already-revoked";
}

/** The demo key of a data folder, and whether it was made just now. */
export interface DemoKey {
  readonly key: string;
  readonly isNew: boolean;
}

/**
 * The demo key of a data folder. `remembered` is its text as the caller kept it, undefined at the
 * first start; when that is no longer a good key of the demo workspace a new one is made.
 */
export function ensureDemoKey(
  store: KeyStore,
  secrets: Secrets,
  order: { readonly remembered: string | undefined; readonly nowMs: number },
): DemoKey | KeyRefusal {
  const { remembered, nowMs } = order;
  if (remembered !== undefined && isGoodDemoKey(store, secrets, remembered)) {
    return { key: remembered, isNew: false };
  }
  const made = createKey(store, secrets, { workspace: demoName, label: demoName, nowMs });
  return typeof made === "string" ? made : { key: made.key, isNew: true };
}

/** Public id of the demo key with this text while it is good; undefined when it is not. */
export function goodDemoKeyId(store: KeyStore, secrets: Secrets, key: string): string | undefined {
  return isGoodDemoKey(store, secrets, key) ? hashKey(secrets, key).slice(0, idLength) : undefined;
}

function isGoodDemoKey(store: KeyStore, secrets: Secrets, key: string): boolean {
  const record = store.keyByHash(hashKey(secrets, key));
  return record?.workspace === demoName && record.revokedAtMs === undefined;
}

/** Whether a text may name a workspace: 1 to 63 of `a-z 0-9 . _ -`, beginning with a letter or digit. */
export function validWorkspaceName(name: string): boolean {
  return workspacePattern.test(name);
}

function refuseOrder(store: KeyStore, order: KeyOrder): KeyRefusal | undefined {
  if (!validWorkspaceName(order.workspace)) return "invalid-workspace";
  if (!validLabel(order.label)) return "invalid-label";
  if (!validIngest(order.ingest ?? ["any"])) return "invalid-ingest";
  if (store.workspace(order.workspace) === undefined) {
    return store.workspaces().length >= workspacesMax ? "too-many-workspaces" : undefined;
  }
  return store.keys(order.workspace).length >= keysPerWorkspaceMax ? "too-many-keys" : undefined;
}

function validIngest(datasets: readonly string[]): boolean {
  const areFew = datasets.length >= 1 && datasets.length <= ingestDatasetsMax;
  return areFew && datasets.every((code) => workspacePattern.test(code));
}

function recordOf(hash: string, order: KeyOrder): KeyRecord {
  return {
    id: hash.slice(0, idLength),
    hash,
    workspace: order.workspace,
    label: order.label,
    createdAtMs: order.nowMs,
    ...(order.ingest === undefined ? {} : { ingest: order.ingest }),
    revokedAtMs: undefined,
  };
}

function summarise(record: KeyRecord): KeySummary {
  const { hash: _, ...summary } = record;
  return summary;
}
