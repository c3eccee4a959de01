/**
 * The users who were seen of late with their API keys, read and opened once. It knows nothing of what
 * changes in the store until it is cleared, keeps no key of a record that does not open, and tells the
 * operator about such a record without showing anything of it.
 */
import { RecentMap } from "../core/recent-map.ts";
import type { UserRecord, UserStore } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import { apiKeyOf } from "./users.ts";

/** Most users who are kept; the one who was read first is forgotten beyond that. */
const knownUsersMax = 10_000;

/** What a key ring works with. */
export interface KeyRingOptions {
  readonly store: UserStore;
  readonly vault: Vault;
  /** Told once for each user whose key does not open, and again after {@link KeyRing.clear}. */
  readonly onUnreadableKey: (userId: string) => void;
}

/** A user as they were when they were read. */
export interface KnownUser {
  readonly record: UserRecord;
  /** His key; undefined when it does not open under this vault's master key. */
  readonly key: string | undefined;
}

/** Users and their opened keys, by id. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  #known = new RecentMap<KnownUser>(knownUsersMax);

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** A user of the store; those who are not there are looked for again each time. */
  find(id: string): KnownUser | undefined {
    return this.#known.get(id) ?? this.#read(id);
  }

  /** Forgets everybody. */
  clear(): void {
    this.#known = new RecentMap<KnownUser>(knownUsersMax);
  }

  #read(id: string): KnownUser | undefined {
    const { store, vault, onUnreadableKey } = this.#options;
    const record = store.user(id);
    if (record === undefined) return undefined;
    const known = { record, key: apiKeyOf(record, vault) };
    this.#known.set(id, known);
    if (known.key === undefined) onUnreadableKey(id);
    return known;
  }
}
