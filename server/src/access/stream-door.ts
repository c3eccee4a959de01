/**
 * Lets stream connections in with one-time tokens (docs/protocols/cryptomus, The stream, D-C21, D-C22), and counts the
 * connections of each user. A token is used up only when its connection is open; two connections
 * never share one. Every check reads the store, so nobody who was disabled gets in.
 */
import type { AdmissionCounts } from "../ports/admission-counts.ts";
import { type Awaitable, whenThere } from "../ports/awaitable.ts";
import type { ConnectionCounts, ConnectionLease, NoPlace } from "../ports/connection-counts.ts";
import type { Quota } from "../ports/quota.ts";
import type { ClaimedToken, IssuedToken, StreamTokens } from "../ports/stream-tokens.ts";
import type { UserStore } from "../ports/user-store.ts";
import type {
  Identity,
  StreamAdmission,
  StreamDoor,
  StreamEvents,
  TokenRefusal,
} from "./identity.ts";
import { identityOf } from "./users.ts";

/** Open connections of one user when nobody said otherwise. */
export const defaultConnectionsPerUserMax = 1_000;

/** New connections of one user in a minute when nobody said otherwise (D-C52). */
export const defaultNewConnectionsPerMinuteMax = 1_000;

/** Most stream connections at once, of all users and of nobody, whatever the options say. */
export const streamsMax = 100_000;

/** Most stream connections without a token at once, so that they leave places for users. */
export const anonymousStreamsMax = 50_000;

/** What a stream door works with. */
export interface StreamDoorOptions {
  readonly store: UserStore;
  readonly tokens: StreamTokens;
  readonly counts: AdmissionCounts;
  /** Connections of one user at once; 1,000 when left out, infinite for no limit. */
  readonly connectionsPerUserMax?: number | undefined;
  /** New connections of one user in a minute of wall time; 1,000 when left out, infinite for no limit. */
  readonly newConnectionsPerMinuteMax?: number | undefined;
  /** Whether a connection without a token is let in, to see public channels only; not when left out. */
  readonly allowAnonymous?: boolean | undefined;
}

/** One connection that was let in: first with its token set aside, then open, in the end gone. */
interface Seat {
  /** Undefined for a connection without a token. */
  readonly claimed: ClaimedToken | undefined;
  readonly lease: ConnectionLease;
  readonly events: StreamEvents;
  isOpen: boolean;
}

/** One who asks to be let in with a token. */
interface Attempt {
  readonly claimed: ClaimedToken;
  readonly events: StreamEvents;
  readonly nowMs: number;
  /** Whether something had to be waited for, so that the user may be another than was read. */
  readonly hasWaited: boolean;
}

/** Lets stream connections in; see above. */
export class TokenStreamDoor implements StreamDoor {
  readonly #store: UserStore;
  readonly #connectionsPerUserMax: number;
  readonly #newConnectionsPerMinuteMax: number;
  readonly #allowAnonymous: boolean;
  readonly #tokens: StreamTokens;
  readonly #connections: ConnectionCounts;
  readonly #newConnections: Quota;
  /** Seats by user, those of nobody in particular under the empty name. */
  readonly #seats = new Map<string, Set<Seat>>();
  #sweptVersion: number;

  constructor({ store, tokens, counts, ...options }: StreamDoorOptions) {
    this.#store = store;
    this.#connectionsPerUserMax = options.connectionsPerUserMax ?? defaultConnectionsPerUserMax;
    this.#newConnectionsPerMinuteMax =
      options.newConnectionsPerMinuteMax ?? defaultNewConnectionsPerMinuteMax;
    this.#allowAnonymous = options.allowAnonymous ?? false;
    this.#tokens = tokens;
    this.#connections = counts.connections("streams", streamsMax);
    this.#newConnections = counts.quota("new-streams");
    this.#sweptVersion = store.version();
  }

  issueToken(identity: Identity, nowMs: number): Awaitable<IssuedToken> {
    return this.#tokens.issue(identity.userId, nowMs);
  }

  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
  ): Awaitable<StreamAdmission | TokenRefusal> {
    if (token === undefined || token === "") return this.#admitAnonymous(events);
    const claiming = this.#tokens.claim(token, nowMs);
    const hasWaited = claiming instanceof Promise;
    return whenThere(claiming, (claimed) =>
      typeof claimed === "string"
        ? claimed
        : this.#admitUser({ claimed, events, nowMs, hasWaited }),
    );
  }

  /**
   * Tells the connections of users who were disabled, by any process, since the last call, and gives
   * back their places; forgets tokens that have expired. Meant to be called about every second; costs
   * one cheap read when nothing changed.
   */
  refresh(nowMs: number): void {
    this.#tokens.sweep(nowMs);
    this.#newConnections.refresh(nowMs);
    const version = this.#store.version();
    if (version === this.#sweptVersion) return;
    const revoked = this.#seatsOfDisabledUsers();
    this.#sweptVersion = version;
    for (const seat of revoked) this.#vacate(seat);
    // Told only now, when the count is right again, because being told may release or admit.
    for (const seat of revoked) seat.events.revoked();
  }

  #admitAnonymous(events: StreamEvents): Awaitable<StreamAdmission | TokenRefusal> {
    if (!this.#allowAnonymous) return "missing-token";
    return whenThere(this.#connections.take(nobody, anonymousStreamsMax), (lease) =>
      typeof lease === "string"
        ? noPlace(lease)
        : this.#occupy({ claimed: undefined, lease, events, isOpen: false }, undefined),
    );
  }

  /** Takes a place and counts a new connection; what was taken is given back where one is refused. */
  #admitUser(attempt: Attempt): Awaitable<StreamAdmission | TokenRefusal> {
    const { claimed, events, nowMs } = attempt;
    const { userId } = claimed;
    const refuse = (refusal: TokenRefusal, lease?: ConnectionLease) => {
      lease?.release();
      claimed.giveBack();
      return refusal;
    };
    const first = this.#goodUser(userId);
    if (typeof first === "string") return refuse(first);
    const taking = this.#connections.take(userId, this.#connectionsPerUserMax);
    return whenThere(taking, (lease) => {
      if (typeof lease === "string") return refuse(noPlace(lease));
      const counting = this.#newConnections.take(userId, this.#newConnectionsPerMinuteMax, nowMs);
      const hasWaited =
        attempt.hasWaited || taking instanceof Promise || counting instanceof Promise;
      return whenThere(counting, (isCounted) => {
        if (!isCounted) return refuse("too-many-new-connections", lease);
        // Who was disabled meanwhile was not told, as nothing of theirs was here yet.
        const identity = hasWaited ? this.#goodUser(userId) : first;
        if (typeof identity === "string") return refuse(identity, lease);
        return this.#occupy({ claimed, lease, events, isOpen: false }, identity);
      });
    });
  }

  #goodUser(userId: string): Identity | TokenRefusal {
    const user = this.#store.user(userId);
    if (user === undefined) return "unknown-token";
    return user.disabledAtMs === undefined ? identityOf(user) : "disabled-user";
  }

  #occupy(seat: Seat, identity: Identity | undefined): StreamAdmission {
    const owner = ownerOf(seat);
    const seats = this.#seats.get(owner);
    if (seats === undefined) this.#seats.set(owner, new Set([seat]));
    else seats.add(seat);
    return {
      identity,
      confirm: () => this.#confirm(seat),
      release: () => this.#vacate(seat),
    };
  }

  /** Uses up the token of a seat; does nothing when the seat was given back before. */
  #confirm(seat: Seat): void {
    if (seat.isOpen || this.#seats.get(ownerOf(seat))?.has(seat) !== true) return;
    seat.isOpen = true;
    seat.claimed?.useUp();
  }

  /** Gives back a seat, and its token when it was not used up; does nothing the second time. */
  #vacate(seat: Seat): void {
    const owner = ownerOf(seat);
    const seats = this.#seats.get(owner);
    if (seats === undefined || !seats.delete(seat)) return;
    seat.lease.release();
    if (seats.size === 0) this.#seats.delete(owner);
    if (!seat.isOpen) seat.claimed?.giveBack();
  }

  #seatsOfDisabledUsers(): readonly Seat[] {
    return this.#store.disabledIds().flatMap((id) => [...(this.#seats.get(id) ?? [])]);
  }
}

function noPlace(why: NoPlace): TokenRefusal {
  return why === "unavailable" ? why : "too-many-connections";
}

/** Owner of the connections without a token. */
const nobody = "";

function ownerOf(seat: Seat): string {
  return seat.claimed?.userId ?? nobody;
}
