/**
 * What was let in, as far as the next process has to know it: the one-time tokens that nobody has used,
 * and up to which time stamp signed requests were taken. Nothing in it lets anybody in.
 */

/** A one-time token that was issued and not used. */
export interface StoredToken {
  /** Lower-case hex SHA-256 of the token. */
  readonly hash: string;
  readonly userId: string;
  /** The first millisecond at which it is not good any more. */
  readonly expiresAtMs: number;
}

/**
 * Storage of one server. What it was told survives the end of the process, however that came. A
 * machine that stopped may have lost the last of it: then it has forgotten all tokens and the time
 * stamp too, and never the use of a token alone.
 */
export interface AdmissionStore {
  /** Unused tokens, oldest first. */
  tokens(): readonly StoredToken[];
  addToken(token: StoredToken): void;
  /** Forgets a token; does nothing when there is none. */
  removeToken(hash: string): void;
  /** The highest time stamp that was noted, in milliseconds since 1970; undefined when that is not known. */
  stampMs(): number | undefined;
  /** Notes a time stamp; a lower one than was noted changes nothing. */
  noteStamp(stampMs: number): void;
  /** Forgets all tokens and the time stamp. */
  clear(): void;
  close(): void;
}
