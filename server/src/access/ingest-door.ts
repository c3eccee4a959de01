/**
 * Lets producers push: a key is good for the datasets that it was made for, and an ingest key opens nothing
 * else. It asks the store each time, so a key that was revoked is refused at once.
 */
import type { IngestDoor, IngestRefusal } from "../ports/ingest-door.ts";
import type { KeyStore } from "../ports/key-store.ts";
import type { WatchLogins } from "../ports/refused-login.ts";
import type { Secrets } from "../ports/secrets.ts";
import { keyLengthMax } from "./doorkeeper.ts";
import { hashKey } from "./keys.ts";

/** What the door works with. */
export interface KeyIngestDoorOptions {
  readonly store: KeyStore;
  readonly secrets: Secrets;
  readonly watch: WatchLogins;
}

/** A door that ingest keys open. */
export class KeyIngestDoor implements IngestDoor {
  readonly #options: KeyIngestDoorOptions;

  constructor(options: KeyIngestDoorOptions) {
    this.#options = options;
  }

  admit(
    key: string | undefined,
    dataset: string,
    _nowMs: number,
    address?: string,
  ): IngestRefusal | undefined {
    const refusal = this.#look(key, dataset);
    if (refusal !== undefined) this.#options.watch({ door: "ingest", reason: refusal, address });
    return refusal;
  }

  #look(key: string | undefined, dataset: string): IngestRefusal | undefined {
    const { store, secrets } = this.#options;
    if (key === undefined || key === "") return "missing-key";
    if (key.length > keyLengthMax) return "unknown-key";
    const hash = hashKey(secrets, key);
    const record = store.keyByHash(hash);
    // Found by the hash, whose digits nobody can steer, and compared again in constant time.
    if (record === undefined || !secrets.equal(record.hash, hash)) return "unknown-key";
    if (record.revokedAtMs !== undefined) return "revoked-key";
    return record.ingest?.includes(dataset) === true ? undefined : "wrong-scope";
  }
}
