/** API keys and workspaces, as nodes of a cluster share them: a key's hash, never the key. */
import type { KeyRecord, KeyStore, Workspace, WorkspaceLimits } from "../ports/key-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import { mergeBan, mergeValue } from "./merge.ts";
import type { MirroredKind, Shared } from "./mirror.ts";
import { isWhole } from "./record-fields.ts";

const hashPattern = /^[0-9a-f]{64}$/;

/** Longest name of a workspace. */
const nameLengthMax = 63;

/** Digits of the hash of a workspace's name that its key in the bucket has. */
const nameDigits = 40;

/** The keys of a store. Their workspaces are made where they are not there yet. */
export function mirroredKeys(store: KeyStore): MirroredKind<KeyRecord> {
  return {
    name: "keys",
    version: () => store.version(),
    behind: (id, max) => store.keysBehind(id, max).map(inOrder),
    read(id) {
      const key = store.key(id);
      return key && inOrder(key);
    },
    idOf: ({ id }) => id,
    keyOf: (id) => id,
    parse: parseKey,
    merge: mergeKey,
    store: (record) => storeKey(store, record),
  };
}

/** The workspaces of a store. */
export function mirroredWorkspaces(store: KeyStore, secrets: Secrets): MirroredKind<Workspace> {
  return {
    name: "workspaces",
    version: () => store.version(),
    behind: (name, max) =>
      store
        .workspaces()
        .filter((workspace) => workspace.name > name)
        .sort((left, right) => (left.name < right.name ? -1 : 1))
        .slice(0, max)
        .map(workspaceInOrder),
    read(name) {
      const workspace = store.workspace(name);
      return workspace && workspaceInOrder(workspace);
    },
    idOf: ({ name }) => name,
    keyOf: (name) => `w-${secrets.sha256Hex(name).slice(0, nameDigits)}`,
    parse: parseWorkspace,
    merge: mergeWorkspace,
    store: (record) => {
      store.ensureWorkspace(record.name, record.createdAtMs);
      store.setLimits(record.name, record.limits);
      return true;
    },
  };
}

function inOrder(key: KeyRecord): KeyRecord {
  const { id, hash, workspace, label, createdAtMs, ingest, revokedAtMs } = key;
  const known = { id, hash, workspace, label, createdAtMs };
  return ingest === undefined ? { ...known, revokedAtMs } : { ...known, ingest, revokedAtMs };
}

function mergeKey(
  base: KeyRecord | undefined,
  mine: KeyRecord,
  { record, lifted }: Shared<KeyRecord>,
): Shared<KeyRecord> {
  const banned = mergeBan(
    {
      base: base && { value: base.revokedAtMs },
      mine: mine.revokedAtMs,
      theirs: record.revokedAtMs,
    },
    lifted,
  );
  return { record: inOrder({ ...record, revokedAtMs: banned.ban }), lifted: banned.lifted };
}

function storeKey(store: KeyStore, record: KeyRecord): boolean {
  const { id, hash, workspace, createdAtMs, revokedAtMs } = record;
  const mine = store.key(id);
  if (mine === undefined) {
    store.ensureWorkspace(workspace, createdAtMs);
    return store.addKey(record);
  }
  // Two keys whose hashes begin alike: the other one stays unknown here.
  if (mine.hash !== hash) return false;
  if (mine.revokedAtMs === revokedAtMs) return true;
  store.reinstateKey(id);
  if (revokedAtMs !== undefined) store.revokeKey(id, revokedAtMs);
  return true;
}

function parseKey(value: unknown): KeyRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const key: Partial<Record<keyof KeyRecord, unknown>> = value;
  const { hash, workspace, label, createdAtMs, ingest, revokedAtMs } = key;
  if (typeof hash !== "string" || !hashPattern.test(hash)) return undefined;
  if (!isName(workspace) || typeof label !== "string") return undefined;
  if (!isWhole(createdAtMs) || !(revokedAtMs === undefined || isWhole(revokedAtMs)))
    return undefined;
  const known = { id: hash.slice(0, 8), hash, workspace, label, createdAtMs, revokedAtMs };
  if (ingest === undefined) return inOrder(known);
  return isTexts(ingest) ? inOrder({ ...known, ingest }) : undefined;
}

const limitNames = [
  ...["connectionsMax", "messagesPerMinuteMax", "messageBytesMax", "tickersMax"],
  "restCallsPerMinuteMax",
] as const;

function workspaceInOrder({ name, createdAtMs, limits }: Workspace): Workspace {
  return { name, createdAtMs, limits: limitsOf(limits) };
}

/** Without what is not limited, in one order. */
function limitsOf(limits: Readonly<Record<string, unknown>> | WorkspaceLimits): WorkspaceLimits {
  const given = new Map(Object.entries(limits));
  const numbers = limitNames.filter((name) => isWhole(given.get(name)));
  const datasets = given.get("datasets");
  const known = Object.fromEntries(numbers.map((name) => [name, given.get(name)]));
  return isTexts(datasets) ? { ...known, datasets } : known;
}

function mergeWorkspace(
  base: Workspace | undefined,
  mine: Workspace,
  { record, lifted }: Shared<Workspace>,
): Shared<Workspace> {
  const limits = mergeValue(
    { base: base && { value: base.limits }, mine: mine.limits, theirs: record.limits },
    (left, right) => JSON.stringify(left) === JSON.stringify(right),
  );
  return { record: { ...record, limits }, lifted };
}

function parseWorkspace(value: unknown): Workspace | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const workspace: Partial<Record<keyof Workspace, unknown>> = value;
  const { name, createdAtMs, limits } = workspace;
  if (!isName(name) || !isWhole(createdAtMs)) return undefined;
  if (typeof limits !== "object" || limits === null) return undefined;
  return { name, createdAtMs, limits: limitsOf({ ...limits }) };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= nameLengthMax;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
