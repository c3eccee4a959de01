/**
 * One-time tokens that were issued and not used up (protocol 3.3). Only the hash of a token is kept,
 * so nothing that is in memory here opens a connection.
 */
import type { Secrets } from "../ports/secrets.ts";

/** How long a token is good after it was issued, in milliseconds (protocol 3.3). */
export const tokenLifeMs = 300_000;

/** Most unused tokens of one user that are good at once. */
export const tokensPerUserMax = 100;

/** Most unused tokens of all users together. */
export const tokensMax = 100_000;

/** Random bytes of a token, which is written as 64 hex digits. */
const tokenBytes = 32;
const tokenPattern = /^[0-9a-f]{64}$/;

/** A token that was issued, without its text. */
export interface Ticket {
  readonly hash: string;
  readonly userId: string;
  /** The first millisecond at which the token is not good any more. */
  readonly expiresAtMs: number;
  /** Whether a connection is being opened with it, so that no other can be. */
  isSetAside: boolean;
}

/** Unused tokens of all users. */
export class OneTimeTokens {
  readonly #secrets: Secrets;
  /** Oldest first, so what has expired stands at the front. */
  readonly #tickets = new Map<string, Ticket>();
  /** The same tickets by user; a user without tickets has no entry. */
  readonly #ticketsByUser = new Map<string, Set<Ticket>>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Makes a token; its text is handed out this once. */
  issue(userId: string, nowMs: number): { readonly token: string } | "too-many-tokens" {
    this.sweep(nowMs);
    if (this.#isFullFor(userId, nowMs)) return "too-many-tokens";
    const token = this.#secrets.randomHex(tokenBytes);
    const hash = this.#secrets.sha256Hex(token);
    this.#add({ hash, userId, expiresAtMs: nowMs + tokenLifeMs, isSetAside: false });
    return { token };
  }

  /** The ticket of a token that was issued and neither used up nor forgotten; it may have expired. */
  find(token: string): Ticket | undefined {
    return tokenPattern.test(token) ? this.#tickets.get(this.#secrets.sha256Hex(token)) : undefined;
  }

  /** Forgets a token; does nothing when it was forgotten before. */
  remove(ticket: Ticket): void {
    this.#tickets.delete(ticket.hash);
    const ofUser = this.#ticketsByUser.get(ticket.userId);
    if (ofUser === undefined) return;
    ofUser.delete(ticket);
    if (ofUser.size === 0) this.#ticketsByUser.delete(ticket.userId);
  }

  /** Forgets the tokens that have expired; costs as much as there is to forget. */
  sweep(nowMs: number): void {
    for (const ticket of this.#tickets.values()) {
      if (nowMs < ticket.expiresAtMs) return;
      this.remove(ticket);
    }
  }

  #add(ticket: Ticket): void {
    this.#tickets.set(ticket.hash, ticket);
    const ofUser = this.#ticketsByUser.get(ticket.userId);
    if (ofUser === undefined) this.#ticketsByUser.set(ticket.userId, new Set([ticket]));
    else ofUser.add(ticket);
  }

  #isFullFor(userId: string, nowMs: number): boolean {
    if (this.#tickets.size >= tokensMax) return true;
    const ofUser = this.#ticketsByUser.get(userId);
    if (ofUser === undefined || ofUser.size < tokensPerUserMax) return false;
    // A clock that was set back leaves younger tickets that expire sooner behind older ones.
    for (const ticket of [...ofUser]) if (nowMs >= ticket.expiresAtMs) this.remove(ticket);
    return ofUser.size >= tokensPerUserMax;
  }
}
