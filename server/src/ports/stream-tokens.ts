/**
 * One-time tokens that open connections. Where several processes let connections in, all of them
 * together hold the tokens, and answers have to be waited for.
 */
import type { Awaitable } from "./awaitable.ts";

/** Tokens that were issued and not used up. */
export interface StreamTokens {
  /**
   * A new token of a user, as text: handed out this once. Where there are too many, an older one goes.
   * `unavailable` where it cannot be made known to all who let connections in.
   */
  issue(userId: string, nowMs: number): Awaitable<IssuedToken>;
  /**
   * Sets a token aside for one connection. Of two that ask at once one gets it: for the other it is as
   * unknown as one that was used up.
   */
  claim(token: string, nowMs: number): Awaitable<ClaimedToken | TokenFault>;
  /** Forgets the tokens that have expired. Meant to be called about every second. */
  sweep(nowMs: number): void;
}

/** A new token, or that there cannot be one at present. */
export type IssuedToken = { readonly token: string } | "unavailable";

/** Why a token opens nothing; `unavailable` where nobody can be asked whether it does. */
export type TokenFault = "unknown-token" | "expired-token" | "unavailable";

/** A token that is set aside for one connection. */
export interface ClaimedToken {
  readonly userId: string;
  /** The connection is open: the token is forgotten. */
  useUp(): void;
  /** The connection never came to be: the token is good again until it expires. */
  giveBack(): void;
}
