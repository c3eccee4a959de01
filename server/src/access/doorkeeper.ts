/**
 * Lets callers in: checks keys against the store, and counts the connections and REST calls of each
 * workspace. Every check asks whether the store has changed, so nothing that was revoked gets in again;
 * it never keeps a key, only hashes.
 */
import { RecentMap } from "../core/recent-map.ts";
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { ConnectionCounts, ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import type { KeyRecord, KeyStore, WorkspaceLimits } from "../ports/key-store.ts";
import type { Quota } from "../ports/quota.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { AccessRefusal, Admission, AdmissionEvents, Doorkeeper, Grant } from "./grant.ts";
import { hashKey } from "./keys.ts";
import { fillLimits } from "./limits.ts";

/** Longest text that is looked at as a key; our own are 34 characters. */
export const keyLengthMax = 256;

/** Most connections admitted at once, over all workspaces, whatever their limits say. */
export const admissionsMax = 100_000;

/** Most good keys that are kept; the one that was read first is forgotten beyond that. */
const knownKeysMax = 10_000;

/** What happens to a connection beyond the limit: it is refused, or the oldest one has to go. */
export type LimitPolicy = "refuse" | "evict-oldest";

/** What a doorkeeper works with. */
export interface DoorkeeperOptions {
  readonly store: KeyStore;
  readonly secrets: Secrets;
  /** Limits of a workspace that has none of its own. */
  readonly defaults: WorkspaceLimits;
  readonly onLimit: LimitPolicy;
  readonly counts: AdmissionCounts;
}

/** A key that opens the door, as the store had it; its grant is shared by all who show it. */
interface GoodKey {
  readonly hash: string;
  readonly grant: Grant;
}

/** One who asks to be let in. */
interface Attempt {
  readonly key: GoodKey;
  readonly events: AdmissionEvents;
  /** Who has to go for this one, as far as that is decided. */
  readonly leaving: Seat[];
}

/** One admitted connection. */
class Seat implements Admission {
  readonly key: GoodKey;
  readonly events: AdmissionEvents;
  readonly lease: ConnectionLease;
  readonly #vacate: (seat: Seat) => void;

  constructor({ key, events }: Attempt, lease: ConnectionLease, vacate: (seat: Seat) => void) {
    this.key = key;
    this.events = events;
    this.lease = lease;
    this.#vacate = vacate;
  }

  get grant(): Grant {
    return this.key.grant;
  }

  release(): void {
    this.#vacate(this);
  }
}

/**
 * Lets callers in; see above. Limits are read when a connection is admitted or a call is made: a change of
 * a workspace's limits holds for new connections and calls, and open connections keep their grant.
 */
export class KeyDoorkeeper implements Doorkeeper {
  readonly #store: KeyStore;
  readonly #secrets: Secrets;
  readonly #defaults: WorkspaceLimits;
  readonly #onLimit: LimitPolicy;
  readonly #calls: Quota;
  readonly #connections: ConnectionCounts;
  /** Seats by workspace, each set oldest first; a workspace without seats has no entry. */
  readonly #seats = new Map<string, Set<Seat>>();
  readonly #vacateSeat = (seat: Seat) => this.#vacate(seat);
  /** Good keys by hash, as they were at {@link #knownVersion} of the store. */
  #known = new RecentMap<GoodKey>(knownKeysMax);
  #knownVersion: number;
  #sweptVersion: number;

  constructor(options: DoorkeeperOptions) {
    this.#store = options.store;
    this.#secrets = options.secrets;
    this.#defaults = options.defaults;
    this.#onLimit = options.onLimit;
    this.#calls = options.counts.quota("calls");
    this.#connections = options.counts.connections("workspaces", admissionsMax);
    this.#sweptVersion = options.store.version();
    this.#knownVersion = this.#sweptVersion;
  }

  authenticate(key: string | undefined, nowMs: number): Awaitable<Grant | AccessRefusal> {
    const good = this.#goodKey(key);
    if (typeof good === "string") return good;
    const { workspace, limits } = good.grant;
    const counting = this.#calls.take(workspace, limits.restCallsPerMinuteMax, nowMs);
    return whenThere(counting, (isWithin) => (isWithin ? good.grant : "too-many-calls"));
  }

  admit(key: string | undefined, events: AdmissionEvents): Awaitable<Admission | AccessRefusal> {
    const good = this.#goodKey(key);
    if (typeof good === "string") return good;
    return this.#takePlace({ key: good, events, leaving: [] });
  }

  /**
   * Tells admitted connections whose key was revoked, by any process, since the last call, and gives
   * back their places. Meant to be called about every second; costs one cheap read when nothing changed.
   */
  refresh(nowMs: number): void {
    this.#calls.refresh(nowMs);
    const version = this.#store.version();
    if (version === this.#sweptVersion) return;
    const revoked = this.#revokedSeats();
    this.#sweptVersion = version;
    for (const seat of revoked) this.#vacate(seat);
    for (const seat of revoked) seat.events.revoked();
  }

  /** What is known of a key that opens the door now. */
  #goodKey(key: string | undefined): GoodKey | AccessRefusal {
    if (key === undefined || key === "") return "missing-key";
    if (key.length > keyLengthMax) return "unknown-key";
    const hash = hashKey(this.#secrets, key);
    const version = this.#store.version();
    if (version !== this.#knownVersion) this.#known = new RecentMap(knownKeysMax);
    this.#knownVersion = version;
    return this.#known.get(hash) ?? this.#read(hash);
  }

  #read(hash: string): GoodKey | AccessRefusal {
    const record = this.#store.keyByHash(hash);
    // The store's index finds by hash, whose digits a caller cannot steer; what is found is compared
    // again in constant time, so that trust in the answer does not depend on the store.
    if (record === undefined || !this.#secrets.equal(record.hash, hash)) return "unknown-key";
    // A producer's key opens nothing but the dataset that it pushes to.
    if (record.ingest !== undefined) return "unknown-key";
    if (record.revokedAtMs !== undefined) return "revoked-key";
    const good = { hash, grant: this.#grantOf(record) };
    this.#known.set(hash, good);
    return good;
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

  /** Takes a place; where the policy says so, the oldest connections go until there is one. */
  #takePlace(attempt: Attempt): Awaitable<Admission | AccessRefusal> {
    const { key, leaving } = attempt;
    const { workspace, limits } = key.grant;
    const max = limits.connectionsMax ?? admissionsMax;
    const taking = this.#connections.take(workspace, max);
    return whenThere(taking, (lease) => {
      if (lease === "owner-has-all" && this.#onLimit === "evict-oldest" && max > 0) {
        const [oldest] = this.#seats.get(workspace) ?? [];
        if (oldest !== undefined) {
          this.#vacate(oldest);
          leaving.push(oldest);
          return this.#takePlace(attempt);
        }
      }
      const admission = this.#seat(attempt, lease, taking instanceof Promise);
      // Told only now, when the count is right again, because being told may release or admit.
      for (const evicted of leaving) evicted.events.evicted();
      return admission;
    });
  }

  #seat(
    attempt: Attempt,
    lease: ConnectionLease | NoPlace,
    hasWaited: boolean,
  ): Admission | AccessRefusal {
    if (lease === "unavailable") return lease;
    if (typeof lease === "string") return "too-many-connections";
    // Whose key was revoked meanwhile was not told, as nothing of theirs was here yet.
    if (hasWaited && !this.#isStillGood(attempt.key.hash)) {
      lease.release();
      return "revoked-key";
    }
    const seat = new Seat(attempt, lease, this.#vacateSeat);
    this.#occupy(seat);
    return seat;
  }

  #occupy(seat: Seat): void {
    const { workspace } = seat.grant;
    const seats = this.#seats.get(workspace);
    if (seats === undefined) this.#seats.set(workspace, new Set([seat]));
    else seats.add(seat);
  }

  /** Gives a seat back; does nothing when it was given back before. */
  #vacate(seat: Seat): void {
    const { workspace } = seat.grant;
    const seats = this.#seats.get(workspace);
    if (seats === undefined || !seats.delete(seat)) return;
    seat.lease.release();
    if (seats.size === 0) this.#seats.delete(workspace);
  }

  #revokedSeats(): readonly Seat[] {
    /** Whether a key is still good, by hash: a key with many connections is looked up once. */
    const goodByHash = new Map<string, boolean>();
    const revoked: Seat[] = [];
    for (const seats of this.#seats.values()) {
      for (const seat of seats) {
        const { hash } = seat.key;
        const good = goodByHash.get(hash) ?? this.#isStillGood(hash);
        goodByHash.set(hash, good);
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
