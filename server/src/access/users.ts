/**
 * Users of the exchange: making, listing and disabling them, shared by the server and the command
 * line. A user's API key is kept sealed, because signatures are checked with its text; it is never
 * part of a listing.
 */
import { assert } from "../core/assert.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { UserRecord, UserStore } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import type { Identity } from "./identity.ts";
import { validLabel } from "./label.ts";

/** Most users of one store; disabled users count too, because they stay on record. */
export const usersMax = 1_000_000;

/** Newest users of a demo label among which one that can be used is looked for. */
const demoCandidatesMax = 100;

/** Labels of the users that a new demo starts with; nobody else gets one of them. */
export const demoLabels: readonly string[] = ["demo-1", "demo-2"];

/** Characters of an API key, as long and as mixed as those that clients know. */
const apiKeyLength = 64;

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Bytes below this are as often one character as another; the rest is thrown away. */
const fairBytes = 256 - (256 % alphanumerics.length);

/** Random bytes drawn at once: twice as many as a key needs, and 97 % of them can be used. */
const bytesPerDraw = 2 * apiKeyLength;

/** Most attempts to draw something random that can be used; the first one nearly always can. */
const drawsMax = 5;

/** Why no user was made. */
export type UserRefusal =
  /** Longer than a label may be, or not all printable. */
  | "invalid-label"
  /** The store holds {@link usersMax} users. */
  | "too-many-users";

/** Where users are kept, and what making them and reading their keys takes. */
export interface UserRegistry {
  readonly store: UserStore;
  readonly vault: Vault;
  readonly secrets: Secrets;
}

/** A user that was just made. */
export interface NewUser {
  readonly userId: string;
  /** The secret that requests are signed with. */
  readonly apiKey: string;
  readonly record: UserRecord;
}

/** A user as shown to an operator. */
export type UserSummary = Omit<UserRecord, "sealedKey">;

/** A user that a data folder starts with. */
export interface DemoUser {
  readonly userId: string;
  readonly label: string;
  readonly apiKey: string;
  /** Whether the user was made just now. */
  readonly isNew: boolean;
}

/** Makes a user with a key of their own. */
export function createUser(
  registry: UserRegistry,
  order: {
    readonly label: string;
    readonly nowMs: number;
    readonly refusedWays?: readonly string[];
  },
): NewUser | UserRefusal {
  const { store, vault, secrets } = registry;
  if (!validLabel(order.label)) return "invalid-label";
  if (store.count() >= usersMax) return "too-many-users";

  const apiKey = drawApiKey(secrets);
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const id = secrets.randomUuid();
    const record: UserRecord = {
      id,
      sealedKey: vault.seal(apiKey, id),
      label: order.label,
      createdAtMs: order.nowMs,
      disabledAtMs: undefined,
      refusedWays: order.refusedWays ?? [],
    };
    if (store.add(record)) return { userId: id, apiKey, record };
  }
  assert(false, "a random user id is free");
}

/** All users, newest first, without their keys. */
export function listUsers(store: UserStore): readonly UserSummary[] {
  return store.users().map(summarise);
}

/** Disables a user: they are refused from now on, and their streams are closed at the next refresh. */
export function disableUser(
  store: UserStore,
  order: { readonly id: string; readonly nowMs: number },
): UserSummary | "unknown-user" | "already-disabled" {
  const disabledNow = store.disable(order.id, order.nowMs);
  const record = store.user(order.id);
  if (record === undefined) return "unknown-user";
  return disabledNow ? summarise(record) : "already-disabled";
}

/** Says whether requests signed in a way are taken from a user, from the next refresh on. */
export function setWay(
  store: UserStore,
  order: { readonly id: string; readonly way: string; readonly isTaken: boolean },
): UserSummary | "unknown-user" | "unchanged" {
  const isChanged = store.setWay(order.id, order.way, order.isTaken);
  const record = store.user(order.id);
  if (record === undefined) return "unknown-user";
  return isChanged ? summarise(record) : "unchanged";
}

/** Enables a disabled user again: requests are taken and streams are opened as before. */
export function enableUser(
  store: UserStore,
  id: string,
): UserSummary | "unknown-user" | "not-disabled" {
  const enabledNow = store.enable(id);
  const record = store.user(id);
  if (record === undefined) return "unknown-user";
  return enabledNow ? summarise(record) : "not-disabled";
}

/** Ids of the demo users that are served, whether their keys can be opened or not. */
export function servedDemoUsers(store: UserStore): readonly string[] {
  return demoLabels.flatMap((label) =>
    store
      .users({ label })
      .filter(({ disabledAtMs }) => disabledAtMs === undefined)
      .map(({ id }) => id),
  );
}

/** A user's API key; undefined when it was sealed under another master key or the record was changed. */
export function apiKeyOf(record: UserRecord, vault: Vault): string | undefined {
  return vault.open(record.sealedKey, record.id);
}

/** Who a user is, for those who serve them. */
export function identityOf(record: UserRecord): Identity {
  return { userId: record.id, createdAtMs: record.createdAtMs };
}

/**
 * The users labelled {@link demoLabels} with their keys, in that order. One that is missing, is
 * disabled, or whose key does not open is made again.
 */
export function ensureDemoUsers(
  registry: UserRegistry,
  nowMs: number,
): readonly DemoUser[] | UserRefusal {
  const users: DemoUser[] = [];
  for (const label of demoLabels) {
    const user = findDemoUser(registry, label) ?? makeDemoUser(registry, label, nowMs);
    if (typeof user === "string") return user;
    users.push(user);
  }
  return users;
}

function findDemoUser({ store, vault }: UserRegistry, label: string): DemoUser | undefined {
  for (const record of store.users({ label, limit: demoCandidatesMax })) {
    if (record.disabledAtMs !== undefined) continue;
    const apiKey = apiKeyOf(record, vault);
    if (apiKey !== undefined) return { userId: record.id, label, apiKey, isNew: false };
  }
  return undefined;
}

function makeDemoUser(
  registry: UserRegistry,
  label: string,
  nowMs: number,
): DemoUser | UserRefusal {
  const made = createUser(registry, { label, nowMs });
  if (typeof made === "string") return made;
  return { userId: made.userId, label, apiKey: made.apiKey, isNew: true };
}

/** A random key in which every character is as likely as any other, about 381 bits of chance. */
function drawApiKey(secrets: Secrets): string {
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const key = fairCharacters(secrets.randomHex(bytesPerDraw));
    if (key.length >= apiKeyLength) return key.slice(0, apiKeyLength);
  }
  assert(false, "half of the random bytes of a draw can be used");
}

/** The characters that the bytes stand for, without those bytes that would make some more likely. */
function fairCharacters(hex: string): string {
  let characters = "";
  for (let at = 0; at < hex.length; at += 2) {
    const byte = Number.parseInt(hex.slice(at, at + 2), 16);
    if (byte < fairBytes) characters += alphanumerics.charAt(byte % alphanumerics.length);
  }
  return characters;
}

function summarise(record: UserRecord): UserSummary {
  const { sealedKey: _, ...summary } = record;
  return summary;
}
