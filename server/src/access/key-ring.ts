/**
 * The API keys of users who were seen of late, opened once from the vault. It keeps no key of a record
 * that does not open, and tells the operator about such a record without showing anything of it.
 */
import { RecentMap } from "../core/recent-map.ts";
import type { UserRecord } from "../ports/user-store.ts";
import type { Vault } from "../ports/vault.ts";
import { apiKeyOf } from "./users.ts";

/** Most users whose keys are kept open; the one that was opened first is forgotten beyond that. */
const openKeysMax = 10_000;

/** What a key ring works with. */
export interface KeyRingOptions {
  readonly vault: Vault;
  /** Told once for each user whose key does not open, and again after {@link KeyRing.clear}. */
  readonly onUnreadableKey: (userId: string) => void;
}

/** An opened record; without a key when it did not open. */
interface Opened {
  readonly key: string | undefined;
}

/** Opened keys, by the sealed text that they came from: a changed record is opened anew. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  #opened = new RecentMap<Opened>(openKeysMax);

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** A user's key; undefined when it does not open under this vault's master key. */
  keyOf(record: UserRecord): string | undefined {
    const known = this.#opened.get(record.sealedKey);
    if (known !== undefined) return known.key;
    const key = apiKeyOf(record, this.#options.vault);
    this.#opened.set(record.sealedKey, { key });
    if (key === undefined) this.#options.onUnreadableKey(record.id);
    return key;
  }

  /** Forgets every key. */
  clear(): void {
    this.#opened = new RecentMap<Opened>(openKeysMax);
  }
}
