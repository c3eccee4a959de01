/**
 * One-time tokens that were issued and not used up, held by one process. Only the hash of a token is kept,
 * in memory and for the next process, so nothing that is kept opens a connection.
 */
import { assert } from "../core/assert.ts";
import type { AdmissionStore } from "../ports/admission-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { ClaimedToken, StreamTokens, TokenFault } from "../ports/stream-tokens.ts";

/** How long a token is good after it was issued, in milliseconds. */
export const tokenLifeMs = 300_000;

/** Most unused tokens of one user; the oldest goes for one more. */
export const tokensPerUserMax = 100;

/** Most unused tokens of all users; for one more the oldest goes of a user who has most. */
export const tokensMax = 100_000;

/** Random bytes of a token, which is written as 64 hex digits. */
const tokenBytes = 32;
const tokenPattern = /^[0-9a-f]{64}$/;

/** A token that was issued, without its text. */
interface Ticket {
  readonly hash: string;
  readonly userId: string;
  /** The first millisecond at which the token is not good any more. */
  readonly expiresAtMs: number;
  /** Whether a connection is being opened with it, so that no other can be. */
  isSetAside: boolean;
}

/** Where unused tokens are kept for the next process. */
export type TokenKeeper = Pick<AdmissionStore, "tokens" | "addToken" | "removeToken">;

/** Unused tokens of all users. */
export class OneTimeTokens implements StreamTokens {
  readonly #secrets: Secrets;
  /** Oldest first, so what has expired stands at the front. */
  readonly #tickets = new Map<string, Ticket>();
  /** The same tickets by user; a user without tickets has no entry. */
  readonly #ticketsByUser = new Map<string, Set<Ticket>>();
  /** The users who have so many tickets, by how many. */
  readonly #usersByCount: Set<string>[] = Array.from(
    { length: tokensPerUserMax + 1 },
    () => new Set<string>(),
  );

  readonly #kept: TokenKeeper | undefined;

  /** Begins with the tokens that are kept. */
  constructor(secrets: Secrets, kept?: TokenKeeper) {
    this.#secrets = secrets;
    for (const token of kept?.tokens() ?? []) this.#add({ ...token, isSetAside: false });
    this.#kept = kept;
  }

  /** Makes a token, and room for it; its text is handed out this once. */
  issue(userId: string, nowMs: number): { readonly token: string } {
    this.sweep(nowMs);
    const crowded = this.#crowdedUser(userId);
    if (crowded !== undefined) this.#removeOldest(crowded);
    const token = this.#secrets.randomHex(tokenBytes);
    const hash = this.#secrets.sha256Hex(token);
    this.#add({ hash, userId, expiresAtMs: nowMs + tokenLifeMs, isSetAside: false });
    return { token };
  }

  claim(token: string, nowMs: number): ClaimedToken | TokenFault {
    const ticket = this.#find(token);
    if (ticket === undefined || ticket.isSetAside) return "unknown-token";
    if (nowMs >= ticket.expiresAtMs) return "expired-token";
    ticket.isSetAside = true;
    return {
      userId: ticket.userId,
      useUp: () => this.#remove(ticket),
      giveBack: () => {
        ticket.isSetAside = false;
      },
    };
  }

  /** The ticket of a token that was issued and neither used up nor forgotten; it may have expired. */
  #find(token: string): Ticket | undefined {
    return tokenPattern.test(token) ? this.#tickets.get(this.#secrets.sha256Hex(token)) : undefined;
  }

  /** Forgets a token; does nothing when it was forgotten before. */
  #remove(ticket: Ticket): void {
    if (!this.#tickets.delete(ticket.hash)) return;
    this.#kept?.removeToken(ticket.hash);
    const ofUser = this.#ticketsByUser.get(ticket.userId);
    assert(ofUser?.delete(ticket) === true, "a ticket that is known is its user's");
    this.#recount(ticket.userId, ofUser.size + 1);
    if (ofUser.size === 0) this.#ticketsByUser.delete(ticket.userId);
  }

  /** Forgets the tokens that have expired; costs as much as there is to forget. */
  sweep(nowMs: number): void {
    for (const ticket of this.#tickets.values()) {
      if (nowMs < ticket.expiresAtMs) return;
      this.#remove(ticket);
    }
  }

  #add(ticket: Ticket): void {
    const { hash, userId, expiresAtMs } = ticket;
    this.#kept?.addToken({ hash, userId, expiresAtMs });
    this.#tickets.set(hash, ticket);
    const ofUser = this.#ticketsByUser.get(userId) ?? new Set();
    this.#ticketsByUser.set(userId, ofUser.add(ticket));
    this.#recount(userId, ofUser.size - 1);
  }

  /** Moves a user to those who have as many tickets as they have now. */
  #recount(userId: string, countBefore: number): void {
    this.#usersByCount[countBefore]?.delete(userId);
    const count = this.#ticketsByUser.get(userId)?.size ?? 0;
    if (count > 0) this.#usersByCount[count]?.add(userId);
  }

  /** Who has to give up a ticket for one more of `userId`; undefined where there is room. */
  #crowdedUser(userId: string): string | undefined {
    const own = this.#ticketsByUser.get(userId)?.size ?? 0;
    if (own >= tokensPerUserMax) return userId;
    if (this.#tickets.size < tokensMax) return undefined;
    const [crowded] = this.#usersByCount.findLast((users) => users.size > 0) ?? [];
    return crowded;
  }

  #removeOldest(userId: string): void {
    const [oldest] = this.#ticketsByUser.get(userId) ?? [];
    if (oldest !== undefined) this.#remove(oldest);
  }
}
