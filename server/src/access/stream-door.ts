/**
 * Lets stream connections in with one-time tokens (docs/protocols/cryptomus, The stream, D-C21, D-C22), and counts the
 * connections of each user. A token is used up only when its connection is open; two connections
 * never share one. Every check reads the store, so nobody who was disabled gets in.
 */
import type { Secrets } from "../ports/secrets.ts";
import type { UserStore } from "../ports/user-store.ts";
import type {
  Identity,
  StreamAdmission,
  StreamDoor,
  StreamEvents,
  TokenRefusal,
} from "./identity.ts";
import { MinuteQuota } from "./minute-quota.ts";
import { OneTimeTokens, type Ticket, type TokenKeeper } from "./one-time-tokens.ts";
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
  readonly secrets: Secrets;
  /** Where unused tokens are kept for the next process; nowhere when left out. */
  readonly kept?: TokenKeeper | undefined;
  /** Connections of one user at once; 1,000 when left out, infinite for no limit. */
  readonly connectionsPerUserMax?: number | undefined;
  /** New connections of one user in a minute of wall time; 1,000 when left out, infinite for no limit. */
  readonly newConnectionsPerMinuteMax?: number | undefined;
  /** Whether a connection without a token is let in, to see public channels only; not when left out. */
  readonly allowAnonymous?: boolean | undefined;
}

/** A stream door that notices disabled users when it is asked to look. */
export interface UserStreamDoor extends StreamDoor {
  /**
   * Tells the connections of users who were disabled, by any process, since the last call, and gives
   * back their places; forgets tokens that have expired. Meant to be called about every second; costs
   * one cheap read when nothing changed.
   */
  refresh(nowMs: number): void;
}

/** Makes a stream door. */
export function createStreamDoor(options: StreamDoorOptions): UserStreamDoor {
  return new TokenStreamDoor(options);
}

/** One connection that was let in: first with its token set aside, then open, in the end gone. */
interface Seat {
  /** Undefined for a connection without a token. */
  readonly ticket: Ticket | undefined;
  readonly events: StreamEvents;
  isOpen: boolean;
}

class TokenStreamDoor implements UserStreamDoor {
  readonly #store: UserStore;
  readonly #connectionsPerUserMax: number;
  readonly #newConnectionsPerMinuteMax: number;
  readonly #allowAnonymous: boolean;
  readonly #tokens: OneTimeTokens;
  readonly #newConnections = new MinuteQuota();
  /** Seats by user, those of nobody in particular under the empty name. */
  readonly #seats = new Map<string, Set<Seat>>();
  #seatCount = 0;
  #sweptVersion: number;

  constructor(options: StreamDoorOptions) {
    this.#store = options.store;
    this.#connectionsPerUserMax = options.connectionsPerUserMax ?? defaultConnectionsPerUserMax;
    this.#newConnectionsPerMinuteMax =
      options.newConnectionsPerMinuteMax ?? defaultNewConnectionsPerMinuteMax;
    this.#allowAnonymous = options.allowAnonymous ?? false;
    this.#tokens = new OneTimeTokens(options.secrets, options.kept);
    this.#sweptVersion = options.store.version();
  }

  issueToken(identity: Identity, nowMs: number): { readonly token: string } {
    return this.#tokens.issue(identity.userId, nowMs);
  }

  admit(
    token: string | undefined,
    events: StreamEvents,
    nowMs: number,
  ): StreamAdmission | TokenRefusal {
    if (token === undefined || token === "") return this.#admitAnonymous(events);
    const ticket = this.#goodTicket(token, nowMs);
    if (typeof ticket === "string") return ticket;
    const user = this.#store.user(ticket.userId);
    if (user === undefined) return "unknown-token";
    if (user.disabledAtMs !== undefined) return "disabled-user";
    const refusal = this.#refuseConnection(user.id, nowMs);
    if (refusal !== undefined) return refusal;

    ticket.isSetAside = true;
    return this.#occupy({ ticket, events, isOpen: false }, identityOf(user));
  }

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

  #admitAnonymous(events: StreamEvents): StreamAdmission | TokenRefusal {
    if (!this.#allowAnonymous) return "missing-token";
    const open = this.#seats.get(nobody)?.size ?? 0;
    if (open >= anonymousStreamsMax || this.#seatCount >= streamsMax) return "too-many-connections";
    return this.#occupy({ ticket: undefined, events, isOpen: false }, undefined);
  }

  /** The ticket of a token that may open a connection now. */
  #goodTicket(token: string, nowMs: number): Ticket | TokenRefusal {
    const ticket = this.#tokens.find(token);
    if (ticket === undefined || ticket.isSetAside) return "unknown-token";
    return nowMs < ticket.expiresAtMs ? ticket : "expired-token";
  }

  /** Why a user may not open one more connection; counts it when he may. */
  #refuseConnection(userId: string, nowMs: number): TokenRefusal | undefined {
    const open = this.#seats.get(userId)?.size ?? 0;
    if (open >= this.#connectionsPerUserMax || this.#seatCount >= streamsMax) {
      return "too-many-connections";
    }
    const isCounted = this.#newConnections.take(userId, this.#newConnectionsPerMinuteMax, nowMs);
    return isCounted ? undefined : "too-many-new-connections";
  }

  #occupy(seat: Seat, identity: Identity | undefined): StreamAdmission {
    const owner = ownerOf(seat);
    const seats = this.#seats.get(owner);
    if (seats === undefined) this.#seats.set(owner, new Set([seat]));
    else seats.add(seat);
    this.#seatCount += 1;
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
    if (seat.ticket !== undefined) this.#tokens.remove(seat.ticket);
  }

  /** Gives back a seat, and its token when it was not used up; does nothing the second time. */
  #vacate(seat: Seat): void {
    const owner = ownerOf(seat);
    const seats = this.#seats.get(owner);
    if (seats === undefined || !seats.delete(seat)) return;
    this.#seatCount -= 1;
    if (seats.size === 0) this.#seats.delete(owner);
    if (!seat.isOpen && seat.ticket !== undefined) seat.ticket.isSetAside = false;
  }

  #seatsOfDisabledUsers(): readonly Seat[] {
    return this.#store.disabledIds().flatMap((id) => [...(this.#seats.get(id) ?? [])]);
  }
}

/** Owner of the connections without a token. */
const nobody = "";

function ownerOf(seat: Seat): string {
  return seat.ticket?.userId ?? nobody;
}
