/**
 * Lets callers in: checks keys against the store, and counts the connections and REST calls of each
 * workspace. Every check reads the store, so nothing that was revoked gets in again; it never keeps a
 * key, only hashes.
 */
import type { KeyRecord, KeyStore, WorkspaceLimits } from "../ports/key-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { AccessRefusal, Admission, AdmissionEvents, Doorkeeper, Grant } from "./grant.ts";
import { hashKey } from "./keys.ts";
import { fillLimits } from "./limits.ts";
import { MinuteQuota } from "./minute-quota.ts";

/** Longest text that is looked at as a key; our own are 34 characters. */
export const keyLengthMax = 256;

/** Most connections admitted at once, over all workspaces, whatever their limits say. */
export const admissionsMax = 100_000;

/** What happens to a connection beyond the limit: it is refused, or the oldest one has to go. */
export type LimitPolicy = "refuse" | "evict-oldest";

/** What a doorkeeper works with. */
export interface DoorkeeperOptions {
  readonly store: KeyStore;
  readonly secrets: Secrets;
  /** Limits of a workspace that has none of its own. */
  readonly defaults: WorkspaceLimits;
  readonly onLimit: LimitPolicy;
}

/** A doorkeeper that notices revoked keys when it is asked to look. */
export interface KeyDoorkeeper extends Doorkeeper {
  /**
   * Tells admitted connections whose key was revoked, by any process, since the last call, and gives
   * back their places. Meant to be called about every second; costs one cheap read when nothing changed.
   */
  refresh(nowMs: number): void;
}

/**
 * Makes a doorkeeper. Limits are read when a connection is admitted or a call is made: a change of a
 * workspace's limits holds for new connections and calls, and open connections keep their grant.
 */
export function createDoorkeeper(options: DoorkeeperOptions): KeyDoorkeeper {
  return new StoreDoorkeeper(options);
}

/** One admitted connection. */
interface Seat {
  readonly keyHash: string;
  readonly workspace: string;
  readonly events: AdmissionEvents;
}

class StoreDoorkeeper implements KeyDoorkeeper {
  readonly #store: KeyStore;
  readonly #secrets: Secrets;
  readonly #defaults: WorkspaceLimits;
  readonly #onLimit: LimitPolicy;
  readonly #restQuota = new MinuteQuota();
  /** Seats by workspace, each set oldest first; a workspace without seats has no entry. */
  readonly #seats = new Map<string, Set<Seat>>();
  #seatCount = 0;
  #sweptVersion: number;

  constructor(options: DoorkeeperOptions) {
    this.#store = options.store;
    this.#secrets = options.secrets;
    this.#defaults = options.defaults;
    this.#onLimit = options.onLimit;
    this.#sweptVersion = options.store.version();
  }

  authenticate(key: string | undefined, nowMs: number): Grant | AccessRefusal {
    const record = this.#goodKey(key);
    if (typeof record === "string") return record;
    const grant = this.#grantOf(record);
    const max = grant.limits.restCallsPerMinuteMax;
    return this.#restQuota.take(record.workspace, max, nowMs) ? grant : "too-many-calls";
  }

  admit(key: string | undefined, events: AdmissionEvents): Admission | AccessRefusal {
    const record = this.#goodKey(key);
    if (typeof record === "string") return record;
    const grant = this.#grantOf(record);
    const leaving = this.#makeRoom(record.workspace, grant.limits.connectionsMax);
    if (leaving === "too-many-connections") return leaving;

    const seat = { keyHash: record.hash, workspace: record.workspace, events };
    this.#occupy(seat);
    // Told only now, when the count is right again, because being told may release or admit.
    for (const evicted of leaving) evicted.events.evicted();
    return { grant, release: () => this.#vacate(seat) };
  }

  refresh(nowMs: number): void {
    this.#restQuota.refresh(nowMs);
    const version = this.#store.version();
    if (version === this.#sweptVersion) return;
    const revoked = this.#revokedSeats();
    this.#sweptVersion = version;
    for (const seat of revoked) this.#vacate(seat);
    for (const seat of revoked) seat.events.revoked();
  }

  /** The record of a key that opens the door now. */
  #goodKey(key: string | undefined): KeyRecord | AccessRefusal {
    if (key === undefined || key === "") return "missing-key";
    if (key.length > keyLengthMax) return "unknown-key";
    const hash = hashKey(this.#secrets, key);
    const record = this.#store.keyByHash(hash);
    // The store's index finds by hash, whose digits a caller cannot steer; what is found is compared
    // again in constant time, so that trust in the answer does not depend on the store.
    if (record === undefined || !this.#secrets.equal(record.hash, hash)) return "unknown-key";
    return record.revokedAtMs === undefined ? record : "revoked-key";
  }

  #grantOf(record: KeyRecord): Grant {
    const overrides = this.#store.workspace(record.workspace)?.limits ?? {};
    const limits = fillLimits(overrides, this.#defaults);
    return {
      workspace: record.workspace,
      keyId: record.id,
      limits,
      mayUse: (datasetCode) => limits.datasets?.includes(datasetCode) ?? true,
    };
  }

  /** Takes away the seats that have to go for one more, oldest first; or says that there is no room. */
  #makeRoom(
    workspace: string,
    connectionsMax: number | undefined,
  ): readonly Seat[] | "too-many-connections" {
    const seats = this.#seats.get(workspace);
    const surplus = (seats?.size ?? 0) + 1 - (connectionsMax ?? admissionsMax);
    if (surplus > 0 && (this.#onLimit === "refuse" || connectionsMax === 0)) {
      return "too-many-connections";
    }
    const leaving = surplus > 0 && seats !== undefined ? [...seats].slice(0, surplus) : [];
    if (this.#seatCount - leaving.length >= admissionsMax) return "too-many-connections";
    for (const seat of leaving) this.#vacate(seat);
    return leaving;
  }

  #occupy(seat: Seat): void {
    const seats = this.#seats.get(seat.workspace);
    if (seats === undefined) this.#seats.set(seat.workspace, new Set([seat]));
    else seats.add(seat);
    this.#seatCount += 1;
  }

  /** Gives a seat back; does nothing when it was given back before. */
  #vacate(seat: Seat): void {
    const seats = this.#seats.get(seat.workspace);
    if (seats === undefined || !seats.delete(seat)) return;
    this.#seatCount -= 1;
    if (seats.size === 0) this.#seats.delete(seat.workspace);
  }

  #revokedSeats(): readonly Seat[] {
    /** Whether a key is still good, by hash: a key with many connections is looked up once. */
    const goodByHash = new Map<string, boolean>();
    const revoked: Seat[] = [];
    for (const seats of this.#seats.values()) {
      for (const seat of seats) {
        const good = goodByHash.get(seat.keyHash) ?? this.#isStillGood(seat.keyHash);
        goodByHash.set(seat.keyHash, good);
        if (!good) revoked.push(seat);
      }
    }
    return revoked;
  }

  #isStillGood(keyHash: string): boolean {
    const record = this.#store.keyByHash(keyHash);
    return record !== undefined && record.revokedAtMs === undefined;
  }
}
